"""The map's process: a line of texts and recipe in, a line for each piece of their embeddings where a model made some;
a line for each stage and one with the places out.

Started by `job`, never by hand. It ends when whoever started it is gone: the next stage has nobody to be told to.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING

import numpy as np

from core.aside import answer, replies
from core.maps.placing import place
from core.maps.recipe import recipe_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("umap-learn", "pynndescent", "scikit-learn", "numba", "numpy")


def main() -> None:
    """Make one map."""
    from importlib.metadata import version

    out = replies()
    asked = json.loads(sys.stdin.readline())
    embeddings = _embeddings(len(asked["texts"]), asked.get("dimensions", 0))

    def on_stage(stage: str, done: int, of: int) -> None:
        answer(out, {"stage": stage, "done": done, "of": of})

    placed = place(asked["texts"], recipe_of(asked["recipe"]), on_stage, embeddings)
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


def _embeddings(n: int, dimensions: int) -> NDArray[np.float16] | None:
    """The embeddings that follow, in pieces of 16-bit floats; None where none do."""
    if not dimensions:
        return None
    found = np.empty((n, dimensions), "<f2")
    at = 0
    while at < n:
        piece = np.frombuffer(base64.b64decode(json.loads(sys.stdin.readline())["vectors"]), "<f2")
        piece = piece.reshape(-1, dimensions)
        found[at : at + len(piece)] = piece
        at += len(piece)
    return found


if __name__ == "__main__":
    main()
