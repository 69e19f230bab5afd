"""A data folder with a pool to review, a server over it, and the reckoning afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.database import open_database
from core.settings import PROJECT
from tests.benchmarks.bench_desk import fill
from tests.ports import free_port
from tests.trust.people import Told


class Place:
    """A data folder; its server is started, killed and started again on one port."""

    def __init__(self, folder: Path, instances: int, url: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.url = url or f"sqlite:///{folder / 'winnow.db'}"
        folder.mkdir(parents=True, exist_ok=True)
        database = open_database(self.url)
        fill(database, instances)
        database.close()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        return self.folder / "winnow.db"

    def environment(self) -> dict[str, str]:
        return {**os.environ, "WINNOW_DATA_DIR": str(self.folder), "WINNOW_DATABASE_URL": self.url}

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        with (self.folder / "server.log").open("ab") as said:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=self.environment(), stdout=said, stderr=subprocess.STDOUT
            )
        for _ in range(1200):
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://{self.address}/_stcore/health", timeout=2),
            ):
                return
            time.sleep(0.1)
        raise RuntimeError("the server did not come up in two minutes")

    def end(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def memory_mb(self) -> float:
        assert self.process is not None
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def last_error(self) -> str:
        """The last line of the log's last traceback."""
        last = (
            (self.folder / "server.log").read_text(errors="replace").rpartition("Traceback (most recent call last)")[2]
        )
        return next((line for line in last.splitlines()[1:] if line and not line.startswith(" ")), "")[:200]

    def tracebacks(self) -> int:
        return (self.folder / "server.log").read_text(errors="replace").count("Traceback (most recent call last)")


@contextlib.contextmanager
def served(folder: Path, instances: int, url: str = "") -> Iterator[Place]:
    place = Place(folder, instances, url)
    place.start()
    try:
        yield place
    finally:
        place.end()


def reckon(place: Place, told: Mapping[str, Told]) -> dict[str, object]:
    """Compare what was acknowledged with what is on disk: lost, doubled, invented; and what the file says of itself."""
    if place.url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(place.file)) as c:
            rows = c.execute("SELECT reviewer, instance_id FROM ratings WHERE kind = 'rate'").fetchall()
            sound = c.execute("PRAGMA integrity_check").fetchone()[0]
    else:
        import sqlalchemy as sa

        database = open_database(place.url)
        with database.read() as c:
            query = sa.text("SELECT reviewer, instance_id FROM ratings WHERE kind = 'rate'")
            rows, sound = [tuple(row) for row in c.execute(query)], "ok"
        database.close()
    lost = invented = 0
    for name, its in told.items():
        stored = sum(who == name for who, _ in rows)
        lost += max(0, its.acknowledged - stored)
        invented += max(0, stored - its.acknowledged - its.unknown)
    return {
        "acknowledged": sum(its.acknowledged for its in told.values()),
        "lost": lost,
        "doubled": len(rows) - len({instance for _, instance in rows}),
        "invented": invented,
        "sound": sound,
        "errors": sorted({error for its in told.values() for error in its.errors})[:3],
    }
