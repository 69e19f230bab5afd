"""Review: the desk at which a reviewer sits, the table for bulk acts, differences, and queues."""

from __future__ import annotations

import streamlit as st

from core.review import queues
from pages.review import desk
from pages.review import differences as desk_differences
from pages.review import files as desk_files
from pages.review import mine as desk_mine
from pages.review import queues as desk_queues
from pages.review import reviewers as desk_reviewers
from pages.review import state as desk_state
from pages.review import table as desk_table
from pages.shared import links, session, whose
from pages.shared.plain import sendable

VIEWS = {
    "desk": "Desk",
    "mine": "My ratings",
    "table": "Table",
    "differences": "Differences",
    "queues": "Queues",
    "reviewers": "Reviewers",
    "files": "Files",
}

pool = session.pool()
with st.container(key="unseen-title"):  # the desk needs the height; who hears the page needs the heading
    st.title("Review", anchor=False)
whose.must_be_known()
reviewer = session.reviewer()
desk.style()

every = queues.names(session.database(), pool.id, reviewer)

asked = st.session_state.pop("queue-asked", None) or st.query_params.get("queue", "")
links.say_absent("queue", str(asked), every)
if st.session_state.get("queue") not in every or links.number(asked) in every:
    st.session_state["queue"] = links.number(asked) if links.number(asked) in every else next(iter(every))
item_asked = st.session_state.pop("item-asked", None)
view_asked = "desk" if item_asked is not None else st.session_state.pop("view-asked", None)
if view_asked is not None or "view" not in st.session_state:  # set here, so that the widget has no default beside it
    named = st.query_params.get("view", "")
    st.session_state["view"] = view_asked or (named if named in VIEWS else "desk")

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="desk-head"):
    queue_id = st.selectbox(
        "Queue",
        list(every),
        format_func=lambda each: every.get(each, ""),
        key="queue",
        label_visibility="collapsed",
        width=260,
        on_change=lambda: st.query_params.update(queue=str(st.session_state["queue"])),
    )
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        key="view",
        label_visibility="collapsed",
        required=True,
    )
    with st.container(key="judging-as", width="content"):
        st.text(sendable(f"judging as {reviewer}"))
    # Its name is for who hears the page; who sees it has the sign and, under the pointer, the help.
    link = st.container(key="queue-link", width="content")
    with link.popover("A link to this queue", icon=":material/link:", help="A link to this queue", type="tertiary"):
        st.caption("Whoever opens it is asked for their own name.")
        st.code(links.to_queue(queue_id), language=None, wrap_lines=True)
st.query_params["queue"] = str(queue_id)
if view is None or view == "desk":
    st.query_params.pop("view", None)
else:  # a reload stays where one is
    st.query_params["view"] = view

match view:
    case "mine":
        desk_mine.draw(pool)
    case "table":
        desk_table.draw(pool)
    case "differences":
        desk_differences.draw(pool)
    case "reviewers":
        desk_reviewers.draw(pool)
    case "files":
        desk_files.draw(pool)
    case "queues":
        desk_queues.draw(pool, queue_id)
    case _:
        desk_state.at(pool, queue_id, reviewer, item_asked)
        desk.draw()
