"""Winnow without a screen: grow, look at, judge and release instruction-tuning data.

In a notebook: `core.open_pool("name")` (see `core.notebook`). Nothing is loaded before it is asked for.
"""

from typing import Any

__all__ = ["Notebook", "Predicate", "open_pool"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from core import notebook

    return getattr(notebook, name)
