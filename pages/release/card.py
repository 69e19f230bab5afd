"""The dataset's card before it is written: what a person says in it, and the whole of it as it would be."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.records import Pool, WinnowError
from core.release import past
from core.release import preview as core_preview
from core.release.making import card_ahead
from core.release.order import ReleaseOrder
from core.release.preview import ReleasePreview
from core.release.since import since_last
from core.words import brief
from pages.shared import session, tables
from pages.shared.counting import counted, until_counted

SHOWN = 100  # texts of what came, went or changed


def edited(pool: Pool, order: ReleaseOrder) -> ReleaseOrder:
    """The order with what is said of it in the fields, which the card and the manifest carry."""
    last = past.order_of_newest(session.database(), pool.id)
    with st.expander("The card: name, licence, language, description", icon=":material/article:"):
        if last is not None:
            st.caption("As the last release said it; the version is for this one to say.")
        one, two = st.columns([3, 2], gap="small")
        title = one.text_input(
            "Name", last.title if last else "", key=f"card-title-{pool.id}", placeholder=pool.name, max_chars=120
        )
        version = two.text_input(
            "Version",
            key=f"card-version-{pool.id}",
            placeholder=f"the last was {last.version}" if last and last.version else None,
            max_chars=20,
        )
        hint = "as the Hub names it: cc-by-4.0"
        licence = one.text_input(
            "Licence", last.license if last else "", key=f"card-license-{pool.id}", placeholder=hint, max_chars=40
        )
        spoken = two.text_input(
            "Languages",
            ", ".join(last.languages) if last else "",
            key=f"card-languages-{pool.id}",
            placeholder="en, de",
            max_chars=60,
        )
        said = st.text_area(
            "Description",
            last.description if last else "",
            key=f"card-description-{pool.id}",
            height=100,
            max_chars=4000,
        )
        asked = replace(
            order,
            title=title,
            version=version,
            license=licence,
            languages=tuple(part.strip() for part in spoken.replace(",", " ").split()),
            description=said,
        )
        if st.toggle("Show the whole card as it would be written", key=f"card-shown-{pool.id}"):
            try:
                with st.spinner("Counting what goes out…"):
                    st.code(
                        card_ahead(session.database(), pool, asked, session.reviewer()), language="markdown", height=420
                    )
            except WinnowError as error:
                st.text(brief(str(error)))
    return asked


def against_last(pool: Pool, shown: ReleasePreview) -> None:
    """What would come, go and change since the release before; nothing where there is none."""
    subject = "release-since", pool.id, shown.selection.predicate.text
    admitted = shown.selection.admitted
    database = session.database()
    counting = counted(subject, past.state(database, pool.id), lambda: since_last(database, pool.id, admitted))
    if not counting.is_fresh:
        until_counted(subject, "Comparing with the last release.")
    found = counting.value
    if found is None:
        return
    if found.unknown:
        st.caption(found.unknown)
        return
    counts = {"came": found.came, "changed": found.changed, "went": found.went}
    told = " · ".join(f"{len(some):,} {what}" for what, some in counts.items())
    with st.expander(f"Against release {found.before.release_id}: {told}", icon=":material/difference:"):
        if not any(counts.values()):
            st.text("The same rows with the same texts.")
            return
        which = st.segmented_control("Which", [what for what, some in counts.items() if some], key="since-which")
        if which:
            _texts(counts[which])


def _texts(some: tuple[int, ...]) -> None:
    rows = core_preview.left_behind(session.database(), some[:SHOWN])
    tables.read(rows, "since-rows", at_most=260)
    if len(some) > SHOWN:
        st.caption(f"The first {SHOWN:,} of {len(some):,}.")
