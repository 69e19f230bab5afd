"""Winnow without a screen: grow, look at, judge and release instruction-tuning data.

In a notebook:

    import core

    pool = core.open_pool("my-pool")     # a Notebook; `help(pool)` says what it gives
    pool.frame()                         # the approved instances as a pandas DataFrame
    pool.frame(core.Predicate.everything())  # all that were accepted
    pool.rouge().show()                  # the charts of the page Diversity

It reads alone; what changes a pool is a verb: `core.__main__.main(["run", "start", "my-pool"])`. docs/recipes.md holds
five recipes. Nothing is loaded before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.notebook import Notebook as Notebook
    from core.notebook import Predicate as Predicate
    from core.notebook import open_pool as open_pool

__all__ = ["Notebook", "Predicate", "open_pool"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from core import notebook

    return getattr(notebook, name)


def __dir__() -> list[str]:
    """What `help` and completion show, before it is loaded too."""
    return sorted({*globals(), *__all__})
