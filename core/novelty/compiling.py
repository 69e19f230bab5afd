"""Compiling: functions as machine code by numba, kept on disk for the next start.

Importing this module loads numba; import it inside the function that needs it.
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar

import numba
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

UNREADABLE = (AttributeError, ImportError, EOFError, LookupError, TypeError, ValueError, UnpicklingError)


def compiled(function: Function) -> Function:
    """Return `function` compiled; kept on disk for the next start wherever numba finds a folder it may write to."""
    try:
        built: Function = numba.njit(cache=True, nogil=True)(function)
        _forget_unreadable(built)
    except RuntimeError:  # numba's word for: neither the package's folder nor the user's cache can be written
        built = numba.njit(nogil=True)(function)
    return built


def _forget_unreadable(built: Any) -> None:
    """Remove compiled code on disk that cannot be read: an earlier version's may name types that are gone by now."""
    kept = built._cache._cache_file
    try:
        kept._load_index()
    except OSError:
        raise RuntimeError("the compiled code on disk cannot be reached") from None
    except UNREADABLE:
        Path(kept._index_path).unlink(missing_ok=True)


@intrinsic  # type: ignore[untyped-decorator]
def ones(_typing: Any, word: Any) -> Any:
    """Return how many bits of a word are set."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return numba.types.uint64(numba.types.uint64), emit
