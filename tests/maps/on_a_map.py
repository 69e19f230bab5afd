"""A pool with a map that nobody computed: places are known beforehand, so that a test can say who lies where."""

from __future__ import annotations

from typing import Any

from core import pools
from core.database import Database
from core.maps.recipe import METHOD, MapRecipe
from core.maps.rows import maps
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, Pool
from core.runs import control

POEMS = ["Write a poem about rain.", "Write a poem about <img src=x> & salt.", "Write two lines about the sea."]
CODE = ["Sort a list in Python.", "Reverse a list in Python.", "Print a list in Python."]
SEED = "Write a poem about a bridge."


def pool_on_a_map(database: Database) -> Pool:
    """A seed and three poems at the lower left, three tasks of code at the upper right."""
    pool = pools.make(database, "placed", own_seeds=[])
    new = [NewTask(Origin.SEED, SEED, False, (NewInstance("", "…"),), completed=True)]
    new += [NewTask(Origin.IMPORT, text, None, (NewInstance("", "An answer."),)) for text in [*POEMS, *CODE]]
    with database.write() as c:
        arrivals.add(c, pool.id, new)
    run = control.start(database, pool.id, METHOD, MapRecipe().as_mapping())
    with database.write() as c:
        keep(c, pool.id, run.id)
    control.stop(database, run.id)
    return pool


def keep(c: Any, pool_id: int, run_id: int) -> None:
    hashes = [key for key, _ in maps.texts(c, pool_id)]
    low = len(hashes) - len(CODE)
    made: dict[str, Any] = {
        "x": [0.1 + 0.02 * at for at in range(low)] + [0.9 - 0.02 * at for at in range(len(CODE))],
        "y": [0.1] * low + [0.9] * len(CODE),
        "density": [1.0] * low + [0.5] * len(CODE),
        "titles": [(0.13, 0.1, "<b>poem</b> write"), (0.88, 0.9, "list python")],
        "trust": 0.93,
        "trusted": len(hashes),
        "made_with": {"umap-learn": "0.0"},
    }
    map_id = maps.begin(c, pool_id, run_id, MapRecipe().as_mapping(), made, len(hashes), 1.5)
    maps.add(c, map_id, list(zip(hashes, made["x"], made["y"], made["density"], strict=True)))
    maps.settle(c, map_id)
