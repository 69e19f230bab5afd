"""A pool as one file, and deleted for good: the copy is offered first, the very name is the confirmation."""

from __future__ import annotations

import json

import streamlit as st

from core import pools
from core.moments import local
from core.project import export
from core.records import Pool, WinnowError
from core.words import number_of
from pages.shared import downloads, session
from pages.shared.plain import sendable


def draw(pool: Pool) -> None:
    """Draw the project's download, the way to delete the pool, and the tombstones of those that were."""
    database, reader = session.database(), session.reviewer()
    downloads.button(
        "This project as one file",
        lambda: json.dumps(export.project(database, pool, reader), indent=2, ensure_ascii=False),
        f"{pool.name}.winnow.json",
        "application/json",
        key="project-file",
        help="Settings, models, decisions, audits, releases, hashes of seeds and replies; no text. `winnow reproduce` "
        "checks it.",
    )
    with st.expander("Delete this pool for good"):
        at = pools.funnel(database, pool.id)
        st.text(
            f"{number_of(at.candidates.arrived, 'candidate')}, {number_of(at.instances, 'instance')} and all that "
            f"people said of "
            f"{at.reviewed:,} of them would be gone. {pools.STAYS}"
        )
        st.caption("To keep a copy first: a backup on the page Backups, a release, or the project's file above.")
        st.text_input("Why, for the tombstone", key=f"delete-why-{pool.id}", max_chars=200)
        st.text(sendable(f"To confirm, its very name: {pool.name}"))
        st.text_input("Its very name, to confirm", key=f"delete-name-{pool.id}", max_chars=80)
        named = st.session_state.get(f"delete-name-{pool.id}") == pool.name
        st.button("Delete it for good", key="delete-pool", disabled=not named, on_click=_delete, args=(pool, reader))
    stones = pools.tombstones(database)
    if stones:
        st.subheader("Deleted for good", anchor=False)
        for stone in stones[:20]:
            why = f": {stone.reason}" if stone.reason else ""
            st.text(f"{stone.name}, {local(stone.at)}, by {stone.actor}{why}")


def _delete(pool: Pool, actor: str) -> None:
    name = st.session_state[f"delete-name-{pool.id}"]
    try:
        pools.delete(session.database(), pool.id, name, actor, st.session_state[f"delete-why-{pool.id}"])
        st.session_state["pool-told"] = f"{name} is gone for good."
    except WinnowError as error:
        st.session_state["pool-refusal"] = str(error)
