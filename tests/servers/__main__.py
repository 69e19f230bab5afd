"""`python -m tests.servers`: install what is missing, then run the proof; the exit code is the tests'."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.servers import install

if __name__ == "__main__":
    for name in install.SERVERS:
        why = install.install(name)
        sys.stdout.write(f"{name}: {f'skipped, {why}' if why else 'installed'}\n")
        sys.stdout.flush()
    sys.exit(pytest.main([str(Path(__file__).with_name("real_servers.py")), "-rs", "--durations=10", *sys.argv[1:]]))
