"""The clients a release is for: each written file is opened as its user will open it, and checked row by row.

`datasets` is loaded in a process of its own: it takes memory and starts threads that an app of many sessions should
not keep. Run as a module it reads one request (a JSON object) on standard input and answers one on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.aside import killed
from core.children import without_secrets
from core.foreign import told, words
from core.release.files import WrittenFile
from core.release.formats import OPENAI_LEAST_ROWS, Format, Record, Shape
from core.release.reading import first_difference, records

# `datasets` holds a JSON array whole, in about fifteen times its size; a longer one is compared by the streaming reader
# alone. JSON lines it reads in pieces, so only their time counts.
ARRAY_BYTES = 8 << 20
LINES_BYTES = 1 << 30
CHUNK_BYTES = 2 << 20  # of a file parsed at a time; the default of 10 MB takes 50 MB more
OPENAI = ("openai-chat", "openai-completion", "openai-dpo")
ROLES = {"system", "user", "assistant"}
WAIT_SECONDS = 0.5
# One arena and the system's allocator keep the other process under 300 MB where the defaults take 350.
_SURROUNDINGS = {
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
}


def difference(form: Format, file: WrittenFile, on_row: Callable[[int], None]) -> str | None:
    """Return a clause saying how a file on disk differs from what was written, or None when every row is the same.

    Reads the file in a stream: CSV by pandas and Parquet by pyarrow, which are their clients, JSON by the standard
    library; for OpenAI's files its rules are checked too.
    """
    try:
        read = records(file.path, form.shape)
        if form.name in OPENAI:
            read = _lawful(read, form.name)
        return first_difference(_counted(read, on_row), file.marks if file.marks is not None else ())
    except ValueError as problem:
        return told(problem)


def opens_with_datasets(form: Format, file: WrittenFile) -> bool:
    """Tell whether a file is one that `datasets` is asked to load: JSON of a size that it can hold."""
    most = {Shape.LINES: LINES_BYTES, Shape.ARRAY: ARRAY_BYTES}.get(form.shape, 0)
    return file.bytes <= most


def datasets_differences(files: Sequence[WrittenFile], on_wait: Callable[[], None]) -> dict[str, str]:
    """Return, for each JSON file that `datasets.load_dataset` reads differently, a clause saying how.

    `on_wait` is called twice a second and may raise to stop.
    """
    with tempfile.TemporaryDirectory(prefix="release-check-") as scratch:
        asked = []
        for number, file in enumerate(files):
            if file.marks is not None:
                # `datasets` takes [ and * in a path for a pattern, and a person's folder may have them.
                plain = Path(scratch, f"{number}{file.path.suffix}")
                plain.symlink_to(file.path.absolute())
                asked.append({"path": str(file.path), "plain": str(plain), "marks": str(file.marks.path)})
        environment = without_secrets(**_SURROUNDINGS, HF_HOME=scratch, PYTHONPATH=_python_path())
        pipe = subprocess.PIPE
        with subprocess.Popen(_command(), stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment) as reader:
            try:
                said, complained = _waited(reader, json.dumps({"files": asked, "scratch": scratch}), on_wait)
            finally:
                reader.kill()
    if reader.returncode:
        last = words((complained.strip().splitlines() or ["it gave no reason"])[-1])
        why = killed(reader.returncode) if reader.returncode < 0 else last
        return {str(file.path): f"the reader of `datasets` ended early ({why})" for file in files}
    answer: dict[str, str] = json.loads(said)
    return answer


def openai_fault(record: Any, name: str) -> str | None:
    """Return a clause saying which of OpenAI's rules for fine-tuning files a row breaks, or None."""
    if name == "openai-dpo":
        return _preference_fault(record)
    if name == "openai-completion":
        if not isinstance(record, dict) or set(record) != {"prompt", "completion"}:
            return "needs exactly a prompt and a completion"
        return None if all(isinstance(text, str) for text in record.values()) else "has a prompt that is not a text"
    messages = record.get("messages") if isinstance(record, dict) else None
    fault = _messages_fault(messages)
    if fault or messages is None:
        return fault
    return None if messages[-1]["role"] == "assistant" else "does not end with the assistant's message"


def _preference_fault(record: Any) -> str | None:
    if not isinstance(record, dict) or set(record) != {"input", "preferred_output", "non_preferred_output"}:
        return "needs exactly an input, a preferred and a non-preferred output"
    asked = record["input"].get("messages") if isinstance(record["input"], dict) else None
    for messages in (asked, record["preferred_output"], record["non_preferred_output"]):
        fault = _messages_fault(messages)
        if fault:
            return fault
    answers = (record["preferred_output"], record["non_preferred_output"])
    alone = all([message["role"] for message in answer] == ["assistant"] for answer in answers)
    return None if alone else "has an output that is not the one message of an assistant"


def _messages_fault(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "needs a list of messages"
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            return "has a message without exactly role and content"
        if message["role"] not in ROLES or not isinstance(message["content"], str):
            return "has a message with an unknown role or a content that is not a text"
    return None


def openai_refusal(rows: int) -> str | None:
    """Return the sentence with which OpenAI's fine-tuning refuses a file of so few rows, or None."""
    if rows >= OPENAI_LEAST_ROWS:
        return None
    return f"OpenAI fine-tuning takes no file of fewer than {OPENAI_LEAST_ROWS} rows, and this one would have {rows}."


def _waited(reader: subprocess.Popen[str], request: str, on_wait: Callable[[], None]) -> tuple[str, str]:
    given: str | None = request
    while True:
        try:
            return reader.communicate(given, timeout=WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            given = None
            on_wait()


def _command() -> list[str]:
    return [sys.executable, "-m", "core.release.clients"]


def _python_path() -> str:
    """Return a search path on which the other process finds this very package, wherever it was started."""
    return os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))


def _lawful(read: Iterator[Record], name: str) -> Iterator[Record]:
    for count, record in enumerate(read, start=1):
        fault = openai_fault(record, name)
        if fault:
            raise ValueError(f"row {count} {fault}")
        yield record


def _counted(read: Iterator[Record], on_row: Callable[[int], None]) -> Iterator[Record]:
    for count, record in enumerate(read, start=1):
        on_row(count)
        yield record


def _answer(request: dict[str, Any]) -> dict[str, str]:
    """Load every file with `datasets` and compare its rows with the marks made when it was written."""
    import datasets

    found = {}
    for asked in request["files"]:
        path, marks = asked["path"], array("Q")
        marks.frombytes(Path(asked["marks"]).read_bytes())
        try:
            fault = first_difference(_loaded_rows(asked["plain"], request["scratch"]), marks)
        except (datasets.exceptions.DatasetsError, ValueError, OSError) as problem:
            fault = f"`datasets` cannot load it as written ({told(problem)})"
        if fault:
            found[path] = fault
    return found


def _loaded_rows(path: str, scratch: str) -> Iterator[Record]:
    import datasets

    loaded = datasets.load_dataset("json", data_files=path, split="train", cache_dir=scratch, chunksize=CHUNK_BYTES)
    for name, feature in loaded.features.items():
        if str(getattr(feature, "dtype", "")).startswith(("timestamp", "date", "time")):
            raise ValueError(f"every text in its column {name} looks like a date and would become one")
    for batch in loaded.with_format("arrow").iter(batch_size=1_000):
        yield from batch.to_pylist()


if __name__ == "__main__":
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)
