"""A new file that knows its size and hash before anyone reads it."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path


class HashedFile:
    """A new binary file that knows its size and SHA-256. It refuses a path that exists."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self._hash = sha256()
        self._file = open(path, "xb", buffering=1 << 18)  # noqa: SIM115 (closed by `close`)

    def write(self, chunk: bytes | memoryview) -> int:
        count = self._file.write(chunk)
        self._hash.update(chunk)
        self.bytes += count
        return count

    def close(self) -> str:
        """Force the bytes to disk and return their SHA-256 (hex)."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Close without a promise: after a full disk even the flush of a close fails, and the file goes anyway."""
        try:
            self._file.close()
        except OSError:
            return

    # pyarrow asks these of a file it writes to.
    closed = False

    def flush(self) -> None:
        self._file.flush()

    def tell(self) -> int:
        return self.bytes

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False
