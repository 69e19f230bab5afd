"""The settings of the next map: by words or by a model's embeddings, what those will cost, and the most they may."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.maps import embedding, job
from core.maps.embedding import EmbeddingsAhead
from core.maps.recipe import MapRecipe, recipe_of
from core.maps.view import PoolMap
from core.records import Budget, Pool, WinnowError
from pages.shared import running, session, settings_form


@dataclass(frozen=True, slots=True)
class MapPlan:
    """The next map as the form says it; `told` is what a person must know of it before, and why it may not begin."""

    recipe: MapRecipe
    budget: Budget
    anew: bool = False
    told: str = ""
    may_begin: bool = True


@st.cache_data(show_spinner=False, max_entries=8)
def _ahead(pool_id: int, moment: tuple[int, ...], recipe: MapRecipe, anew: bool, runs: int) -> EmbeddingsAhead:
    return job.embeddings_ahead(session.database(), pool_id, recipe, anew=anew)


def next_map(pool: Pool, shown: PoolMap | None, moment: tuple[int, ...]) -> MapPlan:
    """Draw the settings, as those of the map that is shown but for what the form says."""
    now = shown.recipe if shown else MapRecipe()
    with st.popover("Settings", icon=":material/tune:"):
        changed = settings_form.draw(now, f"map-{pool.id}", columns=2)
        anew, usd = False, None
        if {**now.as_mapping(), **changed}["embeddings"]:
            usd = st.number_input(
                "Dollars at most", 0.0, value=None, step=0.01, placeholder="no limit", key=f"map-usd-{pool.id}"
            )
            anew = st.checkbox(
                "Ask for all embeddings anew",
                key=f"map-anew-{pool.id}",
                help="Embeddings that came are kept, and only new texts are asked for. Where the server has another "
                "model under the same name, all are to be asked and paid for again.",
            )
    recipe, budget = recipe_of(now.as_mapping() | changed), Budget(usd=usd or None)
    if not recipe.embeddings:
        return MapPlan(job.whole(session.database(), recipe), Budget())
    try:
        recipe = job.whole(session.database(), recipe)
        run = job.latest(session.database(), pool.id)
        ahead = _ahead(pool.id, moment, recipe, anew, 0 if run is None else hash((run.id, run.state)))
        target = embedding.target_for(session.database(), recipe)
    except WinnowError as error:
        return MapPlan(recipe, budget, told=str(error), may_begin=False)
    may = not ahead.requests or running.may_spend(target, budget, f"map-without-{pool.id}")
    return MapPlan(recipe, budget, anew, f"Embeddings of {recipe.embeddings}: {ahead.sentence}", may)
