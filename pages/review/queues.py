"""Queues on screen: how far each and everybody is, and a form for a new one."""

from __future__ import annotations

import random
from itertools import count

import streamlit as st

from core.importing.kept import columns_kept
from core.pool import search
from core.pool.filter_words import in_words
from core.pool.filters import Filter
from core.records import Grade, Origin, Pool, WinnowError
from core.review import progress, queues
from core.review.progress import Share
from core.review.queues import Queue, QueueOrder, Workload
from core.words import brief, number_of
from pages.shared import release_choice, session, tables
from pages.shared.plain import sendable
from pages.shared.running import minutes

ORDERS: list[QueueOrder] = list(QueueOrder)
RATED = {"": "any", "unrated": "not rated", "rated": "rated", "stale": "rated, then edited", "skipped": "skipped"}
ORIGINS = {"": "any", Origin.SELF_INSTRUCT: "Self-Instruct", Origin.REINSTRUCT: "REInstruct", Origin.IMPORT: "import"}
FIELDS = ["", "instruction", "input", "output"]
YES_NO = {None: "any", True: "yes", False: "no"}


def draw(pool: Pool, chosen: int) -> None:
    """Progress of queues and reviewers, then a new queue."""
    report = queues.report(session.database(), pool.id, chosen)
    tables.show(
        [_queue_row(queue, report.given.get(queue.id, 0)) for queue in report.queues],
        height="content",
        at_right=("ratings",),
        column_config={"done": st.column_config.ProgressColumn("done", format="percent", min_value=0.0, max_value=1.0)},
    )
    st.caption("Reviewers. Agreement is the share of the same grade (or the same valid or not), with n.")
    tables.show(
        [_person_row(one) for one in report.reviewers], height="content", at_right=("an hour", "time left alone")
    )
    with st.expander("New queue", key="new-queue"):
        taken = {queue.name for queue in report.queues}
        free = next(name for n in count(len(taken) + 1) if (name := f"Queue {n}") not in taken)
        _new(pool, report.known_answers, free)
    with st.container(horizontal=True):
        st.button("Look for new items", on_click=_refresh, args=(chosen,))
        if len(report.queues) > 1:
            st.button("Put this queue away", on_click=_archive, args=(chosen,))


def filter_form(prefix: str, pool: Pool) -> Filter:
    """A filter as widgets say it."""
    flags = queues.open_flags(session.database(), pool.id)
    one, two, three, four = st.columns(4, gap="small")
    asked = one.text_input("Search", key=f"{prefix}-search", max_chars=200, help=search.HELP)
    within = two.selectbox("In", FIELDS, format_func=lambda name: name or "any field", key=f"{prefix}-in")
    rated = three.selectbox("Rated", list(RATED), format_func=RATED.__getitem__, key=f"{prefix}-rated")
    flag = four.selectbox("Flag", ["", *flags], format_func=lambda name: name or "any", key=f"{prefix}-flag")
    # Who comes from a picture with a grade chosen, or from a release, sees that it is.
    narrowing = ("grades", "release", "release-asked")
    is_narrowed = any(st.session_state.get(f"{prefix}-{name}") for name in narrowing)
    with st.expander("More criteria", expanded=is_narrowed, key=f"{prefix}-more"):
        one, two, three, four = st.columns(4, gap="small")
        origin = one.selectbox("Origin", list(ORIGINS), format_func=ORIGINS.__getitem__, key=f"{prefix}-origin")
        run = two.number_input("Run", value=None, min_value=1, step=1, key=f"{prefix}-run")
        grades = three.multiselect("Grade", [grade.value for grade in Grade], key=f"{prefix}-grades")
        kind = four.selectbox("Classification", list(YES_NO), format_func=YES_NO.__getitem__, key=f"{prefix}-kind")
        seed = one.slider("ROUGE-L to a seed", 0.0, 1.0, (0.0, 1.0), 0.05, key=f"{prefix}-seed")
        near = two.slider("ROUGE-L to a task", 0.0, 1.0, (0.0, 1.0), 0.05, key=f"{prefix}-near")
        low = three.number_input("Characters from", value=None, min_value=0, step=10, key=f"{prefix}-low")
        high = four.number_input("Characters to", value=None, min_value=0, step=10, key=f"{prefix}-high")
        verb = one.text_input(
            "Root verb", key=f"{prefix}-verb", max_chars=40, help="Of instructions parsed on Diversity"
        )
        differ = two.checkbox("Reviewers differ", key=f"{prefix}-differ")
        columns = columns_kept(session.database(), pool.id)
        column = three.selectbox(
            "Column of its row",
            ["", *columns],
            format_func=lambda name: sendable(name) or "any",
            key=f"{prefix}-column",
            disabled=not columns,
            help="What files brought beside the texts",
        )
        value = four.text_input("That says exactly", key=f"{prefix}-value", max_chars=200, disabled=not column)
        held = release_choice.select(pool, one, f"{prefix}-release", "Release")
    return Filter(
        origin=str(origin),
        verb=verb.strip(),
        run_id=run,
        seed_from=seed[0] or None,
        seed_to=seed[1] if seed[1] < 1 else None,
        nearest_from=near[0] or None,
        nearest_to=near[1] if near[1] < 1 else None,
        length_from=low,
        length_to=high,
        grades=tuple(grades),
        disagreement=differ,
        flag=flag,
        search=asked.strip(),
        within=within if asked.strip() else "",
        is_classification=kind,
        rated=rated,
        column=column,
        value=value if column else "",
        in_release=held.inside,
        not_in_release=held.outside,
    )


def _label(order: QueueOrder) -> str:
    return order.label


@st.fragment(key="queue-form")
def _new(pool: Pool, known: int, free: str) -> None:
    wanted_items = filter_form("queue-where", pool)
    one, two, three, four = st.columns(4, gap="small", vertical_alignment="bottom")
    name = one.text_input("Name", key="queue-name", max_chars=80, placeholder=free).strip() or free
    order = two.selectbox("Order", ORDERS, format_func=_label, key="queue-order")
    seed = three.number_input("Seed", value=7, min_value=0, max_value=2**31 - 1, step=1, key="queue-seed")
    wanted = four.number_input("Ratings an item", value=1, min_value=1, max_value=20, step=1, key="queue-wanted")
    one, two, three, four = st.columns(4, gap="small", vertical_alignment="bottom")
    repeats = one.slider(
        "Hidden repeats, %", 0, 50, 0, key="queue-repeats", help="The same reviewer sees an item twice."
    )
    gold = two.slider(
        "Gold items, %",
        0,
        50,
        0,
        key="queue-gold",
        disabled=not known,
        help=f"{number_of(known, 'text')} of this pool have a known answer; the desk gives them, under More.",
    )
    overlap = three.checkbox(
        "Several at once", key="queue-overlap", disabled=wanted < 2, help="On one item, where it wants several ratings."
    )
    work = queues.workload(session.database(), pool.id, wanted_items, int(wanted), repeats / 100)
    four.metric("instances fit", f"{work.items:,}")
    st.text(_arithmetic(work))
    if not st.button("Make the queue", type="primary", key="queue-make"):
        return
    try:
        made = queues.make(
            session.database(),
            pool.id,
            name,
            wanted_items,
            order=order,
            seed=int(seed or random.SystemRandom().randrange(2**31)),
            wanted=int(wanted),
            overlap=bool(overlap),
            repeat_share=repeats / 100,
            gold_share=gold / 100,
            actor=session.reviewer(),
        )
    except WinnowError as error:
        st.text(brief(str(error)))
        return
    st.session_state["queue-asked"], st.session_state["view-asked"] = made.id, "desk"
    st.toast(f"The queue is made: {_ratings(work)}. Its first item is before you.")
    st.rerun()


def _arithmetic(work: Workload) -> str:
    """What a queue asks, as a sum."""
    said = f"{work.wanted} × {work.items:,} = {_ratings(work)}" if work.wanted > 1 else _ratings(work)
    said += f" + about {work.extra:,} hidden repeats" if work.extra else ""
    pace = f"{'a guess of ' if work.is_guess else ''}{work.per_hour:,.0f} an hour"
    return f"{said}, about {minutes(work.seconds)} of one person's time at {pace}" if work.items else said


def _ratings(work: Workload) -> str:
    return f"{work.ratings:,} rating{'s' * (work.ratings != 1)}"


def _queue_row(queue: Queue, given: int) -> dict[str, object]:
    extra = [f"{queue.repeat_share:.0%} repeats"] if queue.repeat_share else []
    extra += [f"{queue.gold_share:.0%} gold"] if queue.gold_share else []
    return {
        "queue": queue.name,
        "done": queue.done / queue.total if queue.total else 0.0,
        "items": queue.total,
        "waiting": queue.waiting,
        "ratings": f"{given:,} of {queue.total * queue.wanted:,}",
        "wanted an item": queue.wanted,
        "order": queue.order.label + (f" {queue.seed}" if queue.order is QueueOrder.RANDOM else ""),
        "filter": in_words(queue.filter),
        "mixed in": ", ".join(extra),
    }


def _person_row(one: progress.ReviewerProgress) -> dict[str, object]:
    left = progress.seconds_left(one.left, one.per_hour) if one.left is not None else None
    return {
        "reviewer": one.reviewer,
        "rated": one.rated,
        "in this queue": one.in_queue,
        "an hour": f"{one.per_hour:,.0f}" if one.per_hour else "",
        "time left alone": minutes(left) if left is not None else "",
        "grades": "  ".join(f"{name} {n}" for name, n in one.grades.items()),
        "as others": _share(one.with_others),
        "as gold": _share(one.with_gold),
        "as before": _share(one.with_self),
    }


def _share(found: Share) -> str:
    return "" if found.share is None else f"{found.share:.0%} of {found.n}"


def _refresh(queue_id: int) -> None:
    st.toast(f"{number_of(queues.refresh(session.database(), queue_id), 'new item')}.")


def _archive(queue_id: int) -> None:
    queues.archive(session.database(), queue_id)
