"""A real server on a free port of this machine, for as long as a `with` lasts."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.servers.install import HERE, python_of

MINUTES = 10  # until it answers; vLLM loads for a minute where nothing else works
PROVIDERS = {"vllm": "vllm", "llama.cpp": "llama.cpp", "transformers": "custom"}
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "OMP_NUM_THREADS": "1",
    "VLLM_TARGET_DEVICE": "cpu",
    "VLLM_CPU_KVCACHE_SPACE": "1",
}


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers: which one, at which base URL, by which name the model is asked for."""

    server: str
    url: str
    model: str

    @property
    def options(self) -> list[str]:
        """The connection as every verb takes it."""
        return ["--provider", PROVIDERS[self.server], "--base-url", self.url, "--model", self.model]


@contextmanager
def serving(server: str, model: Path, logs: Path) -> Iterator[Serving]:
    """Serve the model of the folder; what the server says goes into a file under `logs`.

    RuntimeError, with its last words, where it ends before it answers.
    """
    port = free_port()
    log = logs / f"{server}.log"
    home = logs / f"{server}-home"
    (home / "hub").mkdir(parents=True)  # without it `transformers serve` answers its model list with status 500
    its = {**os.environ, **QUIET, "HF_HOME": str(home)}
    with log.open("wb") as told:
        process = subprocess.Popen(_command(server, model, port), stdout=told, stderr=told, env=its)
        try:
            _await_answer(process, f"http://127.0.0.1:{port}", log)
            name = str(model) if server == "transformers" else "reciter"
            yield Serving(server, f"http://127.0.0.1:{port}/v1", name)
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(server: str, model: Path, port: int) -> list[str]:
    python = str(python_of(server))
    at = ["--host", "127.0.0.1", "--port", str(port)]
    if server == "vllm":
        more = ["--served-model-name", "reciter", "--enforce-eager", "--dtype", "float32", "--max-model-len", "2048"]
        return [str(python_of(server).with_name("vllm")), "serve", str(model), *at, *more]
    if server == "transformers":
        return [str(python_of(server).with_name("transformers")), "serve", str(model), "--device", "cpu", *at]
    file = model / "reciter.gguf"
    if not file.is_file():
        subprocess.run([python, str(HERE / "to_gguf.py"), str(model), str(file)], check=True)
    named = ["--model", str(file), "--model_alias", "reciter", "--n_ctx", "2048", "--n_threads", "1"]
    return [python, "-m", "llama_cpp.server", *named, *at]


def _await_answer(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + MINUTES * 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended before it answered: {_last_words(log)}")
        try:
            with urllib.request.urlopen(f"{address}/v1/models", timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"The server did not answer within {MINUTES} minutes: {_last_words(log)}")


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2_000:]


def environment(data: Path, root: Path) -> Mapping[str, str]:
    """What a process of Winnow runs in: a data folder of its own, no key, no other server."""
    kept = {name: its for name, its in os.environ.items() if not name.startswith(("OPENAI_", "WINNOW_"))}
    return {**kept, "WINNOW_DATA_DIR": str(data), "PYTHONPATH": str(root), "HF_HUB_OFFLINE": "1"}
