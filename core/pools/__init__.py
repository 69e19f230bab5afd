"""Pools as wholes: making one, choosing one, changing its settings, and where it stands from seeds to release."""

from core.gate.sight import BLIND, fitting_tokeniser
from core.pools.changing import archive, change, choose_tokeniser, keep_guidelines, rename
from core.pools.choosing import every, named, with_id
from core.pools.deleting import STAYS, Tombstone, delete, sweep, sweep_beside, tombstones
from core.pools.funnel import Funnel, Spent, funnel, newest_instance, spent
from core.pools.language import blindness
from core.pools.making import get_or_make, make, switch_off_built_in

__all__ = [
    "BLIND",
    "STAYS",
    "Funnel",
    "Spent",
    "Tombstone",
    "archive",
    "blindness",
    "change",
    "choose_tokeniser",
    "delete",
    "every",
    "fitting_tokeniser",
    "funnel",
    "get_or_make",
    "keep_guidelines",
    "make",
    "named",
    "newest_instance",
    "rename",
    "spent",
    "sweep",
    "sweep_beside",
    "switch_off_built_in",
    "tombstones",
    "with_id",
]
