"""How a map is made: what stands for a text's meaning, and the layout's settings. The same recipe, the same map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from core import knobs
from core.knobs import Knob

LEAST_TEXTS = 10  # fewer are read faster than a map of them
METHOD = "map"


@dataclass(frozen=True, slots=True)
class MapRecipe:
    """What a map is made by: words weighed by TF-IDF, or a model's embeddings, reduced by SVD, laid out by UMAP."""

    embeddings: Annotated[
        str, Knob("a model that makes embeddings at the endpoint of the page Models; empty: TF-IDF, without a model")
    ] = ""
    address: Annotated[str, Knob("address of another server for the embeddings; empty: the one of the page Models")] = (
        ""
    )
    prefix: Annotated[str, Knob("what stands before each text, where the model wants it, such as query:")] = ""
    neighbours: Annotated[int, Knob("tasks around each that stay near it (UMAP's n_neighbors)", least=2, most=200)] = 15
    distance: Annotated[
        float, Knob("how tight the most similar may lie (UMAP's min_dist)", least=0, most=1, step=0.05)
    ] = 0.1
    rounds: Annotated[
        int,
        Knob("rounds of the layout (UMAP's n_epochs); 0: as many as UMAP chooses", least=0, most=5_000),
    ] = 0
    seed: Annotated[int, Knob("of the layout's random numbers; the same seed gives the same map", least=0)] = 1

    def as_mapping(self) -> dict[str, Any]:
        """As a run's settings, and a kept map, hold it."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """How it was made, in one sentence."""
        rounds = f", {self.rounds} rounds" if self.rounds else ""
        by = "TF-IDF and SVD"
        if self.embeddings:
            by = f"embeddings of {self.embeddings} ({urlsplit(self.address).hostname or 'the endpoint'})"
        return (
            f"{by}, placed by UMAP with {self.neighbours} neighbours, distance {self.distance:g}{rounds}, "
            f"seed {self.seed}"
        )


def recipe_of(stored: Mapping[str, Any]) -> MapRecipe:
    """The recipe that was stored with a run or a map; Refused where a number is out of bounds."""
    recipe = MapRecipe(**{name: stored[name] for name in MapRecipe.__slots__ if name in stored})
    knobs.check(recipe)
    return recipe
