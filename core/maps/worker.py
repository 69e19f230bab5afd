"""The map's process: one line of texts and recipe in, a line for each stage and one with the places out.

Started by `job`, never by hand. It ends when whoever started it is gone: the next stage has nobody to be told to.
"""

from __future__ import annotations

import json
import sys

from core.maps.placing import place
from core.maps.recipe import recipe_of
from core.runs.aside import answer, replies

PACKAGES = ("umap-learn", "pynndescent", "scikit-learn", "numba", "numpy")


def main() -> None:
    """Make one map."""
    from importlib.metadata import version

    out = replies()
    asked = json.loads(sys.stdin.readline())

    def on_stage(stage: str, done: int, of: int) -> None:
        answer(out, {"stage": stage, "done": done, "of": of})

    placed = place(asked["texts"], recipe_of(asked["recipe"]), on_stage)
    answer(
        out,
        {
            "x": placed.x.tolist(),
            "y": placed.y.tolist(),
            "density": placed.density.tolist(),
            "titles": [(title.x, title.y, title.words) for title in placed.titles],
            "trust": placed.trust,
            "trusted": placed.trusted,
            "made_with": {name: version(name) for name in PACKAGES},
        },
    )


if __name__ == "__main__":
    main()
