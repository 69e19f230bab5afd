"""A large file read ahead by a process of its own: while one part is stored the next ones are read and hashed.

The process stops where nobody takes its parts, so that a few of them are held at a time, and ends when whoever started
it is gone: its next part has nobody to go to. What comes of a file is the same with it and without.
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

from core.children import without_secrets
from core.importing.examples import Example, ImportedInstance, RowReader, examples
from core.importing.report import ImportReport
from core.importing.roles import Role
from core.pool import beside
from core.pool.judgement import Judgement, judgement
from core.pool.tasks import instruction_hash
from core.records import Beside, Fault, Refused, StorageFailed, Turn, WinnowError, text_hash
from core.settings import PROJECT

LARGE = 4 << 20  # bytes of a file that is worth a process
_SIZE = Struct("<Q")

RowKey = tuple[str, str]  # an instance: the hash of its texts, and the digest of what was said before


class ReadingFailed(WinnowError):
    """The process that reads a file could not start or died; what was stored before is there."""


class IncomingRow(NamedTuple):
    """A row on its way in: the line of the file on which it stands, and the hashes of its instruction and instances."""

    line: int
    example: Example
    key: str
    keys: tuple[RowKey, ...]


def portions(path: Path, report: ImportReport, reader: RowReader, n: int) -> Iterator[list[IncomingRow]]:
    """The file's rows that hold an example, `n` together; the others go to the report.

    The reader knows what the columns became when all is read, its format from the first rows on.
    """
    if path.stat().st_size < LARGE:
        found = (_incoming(line, one) for line, one in examples(path, report, reader))
        while rows := list(islice(found, n)):
            yield rows
        return
    for part in _parts(path, reader.chosen, n):
        report.bad = part["bad"]
        report.faults += [Fault(line, reason) for line, reason in part["faults"]]
        reader.format = part["format"]
        if part["rows"]:
            yield [IncomingRow(line, _unpacked(one), key, keys) for line, one, key, keys in part["rows"]]
        else:
            reader.take_over({name: Role(role) for name, role in part["roles"].items()}, part["kept"])


def instructions(path: Path, mapped: Mapping[str, Role] | None, n: int) -> Iterator[list[str]]:
    """The file's instructions alone, `n` together."""
    if path.stat().st_size < LARGE:
        found = (one.instruction for _, one in examples(path, ImportReport(), RowReader(mapped)))
        while texts := list(islice(found, n)):
            yield texts
        return
    for part in _parts(path, mapped or {}, n, texts_alone=True):
        if part["rows"]:
            yield part["rows"]


def _incoming(line: int, one: Example) -> IncomingRow:
    text = one.instruction
    keys = tuple(
        (text_hash(text, its.input, its.output), beside.context(its.beside) if its.beside else "")
        for its in one.instances
    )
    return IncomingRow(line, one, instruction_hash(text), keys)


def _parts(path: Path, mapped: Mapping[str, Role], n: int, *, texts_alone: bool = False) -> Iterator[dict[str, Any]]:
    asked = {"path": str(path), "mapped": {name: role.value for name, role in mapped.items()}, "n": n}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.importing.ahead"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            env=without_secrets(PYTHONPATH=str(PROJECT)),
            start_new_session=True,  # who stops the import at a terminal stops this one, which ends it
        )
    except OSError as error:
        raise ReadingFailed(
            f"The process that reads {path.name} could not start ({error.strerror}); try again."
        ) from error
    assert process.stdin is not None and process.stdout is not None
    try:
        with suppress(BrokenPipeError), process.stdin as asking:
            asking.write(json.dumps({**asked, "texts_alone": texts_alone}).encode())
        while True:
            head = process.stdout.read(_SIZE.size)
            said = process.stdout.read(_SIZE.unpack(head)[0]) if len(head) == _SIZE.size else b""
            if not said:
                raise ReadingFailed(
                    f"The process that reads {path.name} ended (exit status {process.wait()}). What was stored before "
                    "is there; the same file again adds only what is missing."
                )
            part: dict[str, Any] = marshal.loads(said)
            if "refused" in part:
                raise (StorageFailed if part["of_storage"] else Refused)(part["refused"])
            yield part
            if not part["rows"]:
                return
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def main() -> None:
    """Read one file, for `_parts`; never started by hand."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print
    asked = json.loads(sys.stdin.buffer.read())

    def send(part: dict[str, Any]) -> None:
        said = marshal.dumps(part)
        out.write(_SIZE.pack(len(said)) + said)
        out.flush()

    report, told = ImportReport(), 0
    reader = RowReader({name: Role(role) for name, role in asked["mapped"].items()})
    found = examples(Path(asked["path"]), report, reader)
    try:
        while True:
            some = islice(found, asked["n"])
            rows: list[Any]
            if asked["texts_alone"]:
                rows = [one.instruction for _, one in some]
            else:
                rows = [(line, _packed(one), key, keys) for line, one, key, keys in (_incoming(*each) for each in some)]
            faults = [(fault.line, fault.reason) for fault in report.faults[told:]]
            told += len(faults)
            send(
                {
                    "rows": rows,
                    "bad": report.bad,
                    "faults": faults,
                    "format": reader.format,
                    "roles": {} if rows else {name: role.value for name, role in reader.roles.items()},
                    "kept": {} if rows else reader.unused,
                }
            )
            if not rows:
                return
    except BrokenPipeError:
        os._exit(0)  # nobody takes it any more
    except WinnowError as error:
        send({"refused": str(error), "of_storage": isinstance(error, StorageFailed)})


# Plain tuples, as `marshal` writes them: it makes nothing but plain values of what it reads.


def _packed(one: Example) -> tuple[Any, ...]:
    shown = tuple(
        (its.input, its.output, _packed_beside(its.beside), _packed_judgement(its.said)) for its in one.instances
    )
    return one.instruction, shown, one.is_classification, one.name, _packed_beside(one.beside)


def _unpacked(packed: tuple[Any, ...]) -> Example:
    text, shown, is_classification, name, its = packed
    every = tuple(
        ImportedInstance(given, answer, _unpacked_beside(side), None if said is None else judgement(said))
        for given, answer, side, said in shown
    )
    return Example(text, every, is_classification, name, _unpacked_beside(its))


def _packed_judgement(said: Judgement | None) -> dict[str, Any] | None:
    return None if said is None else {**said.as_mapping(), "grade": said.grade and said.grade.value}


def _packed_beside(its: Beside | None) -> dict[str, Any] | None:
    return None if its is None else asdict(its)


def _unpacked_beside(its: dict[str, Any] | None) -> Beside | None:
    return None if its is None else Beside(**{**its, "turns": tuple(Turn(**turn) for turn in its["turns"])})


if __name__ == "__main__":
    main()
