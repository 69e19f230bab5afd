"""What an audit found: Table 2 beside the paper's, grades, agreement, weak spots, and the report to share."""

from __future__ import annotations

import time

import streamlit as st

from core import pools
from core.audit.findings import Findings
from core.audit.frozen import Audit
from core.audit.report_html import html
from core.audit.report_markdown import markdown
from core.audit.results import Result, StillJudging
from core.pool.filter_words import in_words
from core.statistics.estimates import Proportion, ShareEstimate
from core.words import number_of
from pages.audit import charts as audit_charts
from pages.audit import figures as audit_figures
from pages.audit import running as audit_running
from pages.shared import charts, downloads, session, tables
from pages.shared.charts import theme_here
from pages.shared.plain import label


def draw(audit: Audit, reviewer: str) -> None:
    """The result, once the reviewer is done or where they take no part."""
    shown_to = audit_figures.result(audit, reviewer)
    _how(audit, shown_to)
    if isinstance(shown_to, StillJudging):
        audit_figures.closed(shown_to)
        return
    found = shown_to.found
    if not found.judged:
        st.text("Nobody has judged an item yet; the figures appear with the first rating.")
        return
    _lead(audit, found)
    if cost := pools.spent(session.database(), audit.pool_id).sentence:
        st.caption(label(cost))
    theme = theme_here()
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            audit_charts.questions(found, theme),
            theme=None,
            config=charts.config("audit-questions"),
            key="audit-questions",
            alt="; ".join(f"{row.question} {row.share.yes} of {row.share.n}" for row in found.table2),
        )
    with right:
        st.plotly_chart(
            audit_charts.grades(found, theme),
            theme=None,
            config=charts.config("audit-grades"),
            key="audit-grades-chart",
            alt="; ".join(f"{each.grade.value}: {each.share.yes} of {each.share.n}" for each in found.grades),
        )
    audit_running.draw(audit, shown_to)
    _table2(found)
    _agreement(found)
    _parts(found)


def _how(audit: Audit, shown_to: Result | StillJudging) -> None:
    size = audit.drawn
    drawn = time.strftime("%d %b %Y", time.gmtime(audit.created_at))
    who = ", ".join(f"{name} {n} of {size}" for name, n in shown_to.progress.items()) or "nobody yet"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(
            f"{size} of {number_of(sum(audit.tasks.values()), 'task')} · seed {audit.seed} · drawn {drawn} · "
            f"{in_words(audit.filter)} · judged by {who}",
            width="stretch",
        )
        if isinstance(shown_to, Result):
            report, stem = shown_to.report, f"audit-{audit.id}"
            downloads.button("Report, HTML", lambda: html(report), f"{stem}.html", "text/html")
            downloads.button("Markdown", lambda: markdown(report), f"{stem}.md", "text/markdown")
    if isinstance(shown_to, Result) and shown_to.report.after_looking:
        told = ", ".join(f"{n} by {name}" for name, n in shown_to.report.after_looking.items())
        st.text(f"Given or changed after their reviewer had seen what others said: {told}.")


def _lead(audit: Audit, found: Findings) -> None:
    pool = found.pool
    one, two, three, four = st.columns(4)
    with one:
        of = "valid in what matches" if audit.filter.as_saved() else "valid in the pool"
        st.metric(of, _percent(pool.percent), border=True)
        st.caption(f"95% interval {_interval(pool)}, of {number_of(pool.population, 'instance')}")
    with two:
        st.metric("valid in the sample", f"{found.valid.yes} of {found.valid.n}", border=True)
        st.caption("grade A or B; where reviewers differ the stricter counts")
    with three:
        st.metric("judged", f"{found.judged} of {found.size}", border=True)
        st.caption(_to_halve(audit, found))
    with four:
        if found.agreement is None:
            st.metric("agreement", "one reviewer", border=True)
            st.caption("a second reviewer would show how far the grades can be trusted")
        else:
            alpha = found.agreement.krippendorff_alpha
            value = "undefined" if alpha.value is None else f"{alpha.value:.2f}"
            st.metric("Krippendorff's alpha", value, border=True)
            has_interval = alpha.low is not None and alpha.high is not None
            within = f"95% interval {_bounds(alpha.low, alpha.high, 2)}" if has_interval else "no interval"
            st.caption(f"ordinal, n={alpha.n}; {within}")


def _to_halve(audit: Audit, found: Findings) -> str:
    left = sum(audit.tasks.values()) - found.size
    if not left:
        return "every task was drawn"
    return (
        f"{number_of(found.to_halve, 'more item')} would halve the interval"
        if found.to_halve
        else "no interval to halve"
    )


def _table2(found: Findings) -> None:
    rows = [
        {
            "question": row.question,
            "yes": row.share.yes,
            "of": row.share.n,
            "%": row.share.percent,
            "95% interval": _interval(row.share),
            "paper %": row.paper.percent,
            **({"more to halve": row.to_halve} if row.to_halve else {}),
        }
        for row in found.table2
    ]
    number = st.column_config.NumberColumn
    tables.show(
        rows,
        key="audit-table2",
        at_right=("95% interval",),
        alt="Table 2",
        column_config={
            "question": st.column_config.TextColumn(width=500),
            "%": number(format="%.1f"),
            "paper %": number(format="%.0f"),
        },
    )

    for sentence in filter(None, (found.weighting, found.table2[-1].bounds)):
        st.caption(sentence)


def _agreement(found: Findings) -> None:
    st.subheader("Agreement", anchor=False)
    if found.agreement is None:
        st.text("One reviewer has judged this audit. With a second one every figure of agreement appears here.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(
            f"{number_of(len(found.agreement.reviewers), 'reviewer')}, {number_of(found.agreement.n, 'item')} "
            f"graded by two or more."
        )
        if found.open:
            n = len(found.open)
            text = (
                "The item on which reviewers differ"
                if n == 1
                else f"The {number_of(n, 'item')} on which reviewers differ"
            )
            st.button(text, on_click=_open_disputed, key="disputed")
    if found.differences:
        st.text(found.differences)
    lines = []
    for figure in found.agreement.figures:
        value = "undefined" if figure.value is None else f"{figure.value:.2f}"
        paper = " or ".join(f"{each:.2f}" for each in figure.paper) or "–"
        lines.append(
            {
                "figure": figure.name,
                "value": value,
                "95% interval": _bounds(figure.low, figure.high, 2),
                "n": f"{figure.n:,}",
                "paper": paper,
                "what it says": figure.meaning,
            }
        )
    st.table(lines, border="horizontal")


def _parts(found: Findings) -> None:
    st.subheader("What the worst items have in common", anchor=False)
    st.text(found.weak_spots.sentence)
    for spot in found.weak_spots.found:
        st.text(spot.sentence)
    st.subheader("Valid items by part", anchor=False)
    several = [part for part in found.breakdowns if len(part.rows) > 1]
    alike = [part.attribute for part in found.breakdowns if len(part.rows) == 1]
    if alike:
        st.caption(f"All items have the same {' and '.join(alike)}.")
    columns = st.columns(2, gap="large")
    for place, part in enumerate(several):
        with columns[place % 2]:
            st.caption(f"by {part.attribute}")
            tables.show(
                [
                    {
                        part.attribute: value,
                        "valid": share.yes,
                        "of": share.n,
                        "%": share.percent,
                        "95% interval": _interval(share),
                    }
                    for value, share in part.rows
                ],
                at_most=215,
                key=f"audit-part-{place}",
                at_right=("95% interval",),
                column_config={
                    "%": st.column_config.ProgressColumn(format="%.0f", min_value=0, max_value=100, width=110)
                },
            )


def _open_disputed() -> None:
    st.session_state["audit-view"] = "Items"
    st.session_state["audit-shown"] = "reviewers differ"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0f}%"


def _interval(share: Proportion | ShareEstimate) -> str:
    return _bounds(share.low, share.high, 1)


def _bounds(low: float | None, high: float | None, digits: int) -> str:
    return "none" if low is None or high is None else f"{low:.{digits}f} – {high:.{digits}f}"
