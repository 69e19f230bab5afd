"""What came of it: the paper's bars, differences, strengths, agreement, reference scores, win rates, curves."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.evaluation import rating
from core.evaluation.paper import RATERS
from core.evaluation.results import GradeSheet
from core.evaluation.winning import PEOPLE, WinSheet
from core.evaluation.winrates import VARIANT
from core.evaluation.words import StillRating, reasons
from core.records import Grade, WinnowError
from core.words import brief, number_of
from pages.evaluate import apart, charts, curve, judge, onward, sheets
from pages.shared import session, tables
from pages.shared.charts import config, theme_here
from pages.shared.plain import cells, label, sendable

_GRADES, _SCORES, _WINS, _CURVES = "Grades", "Reference scores", sheets.WINS, "Curves"


def draw(set_name: str, reviewer: str) -> None:
    """The result, once the reviewer owes nothing."""
    if not _may_look(set_name, reviewer):
        return
    part = st.segmented_control(
        "Result",
        (_GRADES, _SCORES, _WINS, _CURVES),
        default=None if "evaluate-part" in st.session_state else _GRADES,
        required=True,
        key="evaluate-part",
        label_visibility="collapsed",
    )
    if part == _SCORES:
        _scores(set_name, reviewer)
    elif part == _WINS:
        _wins(set_name, reviewer)
    elif part == _CURVES:
        curve.draw(set_name, reviewer)
    else:
        sheet = sheets.grades(set_name, reviewer)
        if sheet is not None:
            _grades_view(set_name, reviewer, sheet)


def _may_look(set_name: str, reviewer: str) -> bool:
    """Whether nothing can colour the reviewer's judgements any more, or they chose to look."""
    views = rating.of_set(session.database(), set_name, reviewer)
    waiting = [v for v in views if v.round.closed_at is None and not v.round.imported and not v.joined]
    seen: set[tuple[str, str]] = st.session_state.setdefault("evaluate-looked", set())
    if not waiting or (set_name, reviewer) in seen:
        return True
    st.info(
        f"You have not judged {waiting[0].round.name}. Judge it first if you mean to: what you see here would colour "
        "your judgements. If you go on, that is noted, and what you say afterwards is counted apart."
    )
    with st.container(horizontal=True):
        st.button("Rate first", type="primary", shortcut="enter", on_click=sheets.go_rating)
        st.button("Show me the results", on_click=seen.add, args=((set_name, reviewer),))
    return False


def _grades_view(set_name: str, reviewer: str, sheet: GradeSheet) -> None:
    if not sheet.models:
        st.text("Nobody has graded a response of this set. Draw a round under Rate; its result appears here.")
        compared = sheets.won(set_name, reviewer, "", "")
        if not isinstance(compared, StillRating) and compared.models:
            st.text(sendable(f"Two answers side by side were judged by {', '.join(compared.sources)}."))
            st.button("See the win rates", type="primary", key="evaluate-to-wins", on_click=sheets.go_to_wins)
        return
    late = "".join(f" · {n} after looking by {name}" for name, n in sheet.late.items())
    n = max(each.n for each in sheet.models)
    with st.container(horizontal=True, vertical_alignment="center"):
        told = (
            f"{number_of(len(sheet.raters), 'rater')}: {', '.join(sheet.raters)} · up to "
            f"{number_of(n, 'response')} a model{late}"
        )
        st.text(f"{told} · {number_of(sheet.variants, 'model')} ever rated blind here", width="stretch")
        with_paper = st.toggle("Paper's rows", value=True, key="evaluate-paper", help=RATERS)
    figure = charts.stacked(sheet.models, with_paper, theme_here())
    st.plotly_chart(figure, theme=None, config=config("grades-by-model"), key="evaluate-stacked")
    _shares(sheet)
    _differences(sheet)
    _strengths(sheet)
    _agreement(sheet)
    apart.draw(set_name, reviewer, sheet)
    onward.draw(set_name, reviewer, sheet)
    onward.paired(set_name, reviewer)


def _shares(sheet: GradeSheet) -> None:
    tables.show(
        cells(
            {
                "model": each.model,
                **{grade.value: each.counts[grade] for grade in Grade},
                "n": each.n,
                "ratings": each.ratings,
                "A+B %": each.valid.percent,
                "95% interval": _bounds(each.valid.low, each.valid.high),
            }
            for each in sheet.models
        ),
        key="evaluate-shares",
        at_right=("95% interval",),
        column_config={"A+B %": st.column_config.NumberColumn(format="%.1f")},
    )


def _differences(sheet: GradeSheet) -> None:
    if not sheet.differences:
        return
    st.subheader("Differences, on the same tasks", anchor=False)
    tables.show(
        cells(
            {
                "pair": f"{each.a} − {each.b}",
                "tasks": each.n,
                "A+B, points": _signed(each.valid.value, 0),
                "95%": _bounds(each.valid.low, each.valid.high),
                "p": _p(each.valid_p),
                "p, Holm": _p(each.valid_holm),
                "grade steps": _signed(each.grade.value, 2),
                "grade p, Holm": _p(each.grade_holm),
            }
            for each in sheet.differences
        ),
        key="evaluate-differences",
        at_right=("A+B, points", "95%", "p", "p, Holm", "grade steps", "grade p, Holm"),
    )
    st.text(sendable("\n".join(f"{each.a} − {each.b}: {each.meaning}" for each in sheet.differences)))
    st.caption("McNemar's exact test for A+B, Wilcoxon's for grades, Holm over all pairs; intervals resample tasks.")


def _strengths(sheet: GradeSheet) -> None:
    st.subheader("Strength, by all comparisons (Bradley-Terry, a tie half a win)", anchor=False)
    if not sheet.ranking.strengths:
        st.text(sheet.ranking.undefined_because)
    names = [each.model for each in sheet.ranking.strengths] or [each.model for each in sheet.models]
    strength = {each.model: each for each in sheet.ranking.strengths}
    rows: list[dict[str, Any]] = []
    for name in names:
        row: dict[str, Any] = {"model": name}
        if name in strength:
            its = strength[name].percent
            row |= {"beats the average %": its.value, "95% interval": _bounds(its.low, its.high)}
        for other in names:
            tally = sheet.matrix.get((name, other))
            row[f"won–lost–tied with {other}"] = f"{tally.wins}–{tally.losses}–{tally.ties}" if tally else ""
        rows.append(row)
    tables.show(
        cells(rows),
        key="evaluate-strength",
        at_right=("95% interval",),
        column_config={"beats the average %": st.column_config.NumberColumn(format="%.1f")},
    )
    st.caption(
        f"{number_of(sheet.variants, 'model', 'were')} ever rated blind in this database: the best of many is "
        f"better by luck alone, so "
        "judge the winner again on another set."
    )


def _agreement(sheet: GradeSheet) -> None:
    st.subheader("Agreement of the raters", anchor=False)
    if sheet.agreement is None:
        st.text("No response was graded by two raters. A second one shows how far the grades can be trusted.")
    else:
        st.table(
            [
                {
                    "figure": figure.name,
                    "value": "undefined" if figure.value is None else f"{figure.value:.2f}",
                    "95% interval": _bounds(figure.low, figure.high, 2),
                    "n": f"{figure.n:,}",
                    "paper": " or ".join(f"{each:.2f}" for each in figure.paper) or "–",
                    "what it says": figure.meaning,
                }
                for figure in sheet.agreement.figures
            ],
            border="horizontal",
        )
    tables.show(
        cells(
            {
                "rater": each.reviewer,
                "n": each.n,
                "first half": each.first_half,
                "second half": each.second_half,
                "change": _signed(each.change.value, 2),
                "95%": _bounds(each.change.low, each.change.high, 2),
                "stricter or milder than others": _signed(each.against_others.value, 2),
                **({"drift": "drifts" if each.drifts else ""} if any(one.drifts for one in sheet.drift) else {}),
            }
            for each in sheet.drift
        ),
        key="evaluate-drift",
        at_right=("change", "95%", "stricter or milder than others"),
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("first half", "second half")},
    )
    st.caption("Mean grade points, A 4 to D 1, of each rater over time, and against the others on the same responses.")


def _scores(set_name: str, reviewer: str) -> None:
    sheet = sheets.scored(set_name, reviewer)
    if isinstance(sheet, StillRating):
        sheets.withheld(sheet)
        return
    if not sheet.models:
        st.text("No model has answered this set yet.")
        return
    st.plotly_chart(
        charts.reference(sheet.models, theme_here()),
        theme=None,
        config=config("reference-scores"),
        key="evaluate-rouge",
    )
    tables.show(
        cells(
            {
                "model": name,
                "n": each.overall.n,
                "tasks": each.overall.tasks,
                "ROUGE-L": each.overall.rouge_l.value,
                "95% interval": _bounds(each.overall.rouge_l.low, each.overall.rouge_l.high),
                "exact match %": each.overall.exact_match,
                "without an answer": reasons(each.why_empty),
                "without a reference": each.unscored,
            }
            for name, each in sheet.models.items()
        ),
        key="evaluate-scores",
        at_right=("95% interval", "without an answer"),
        column_config={name: st.column_config.NumberColumn(format="%.1f") for name in ("ROUGE-L", "exact match %")},
    )
    st.caption("rouge-score's ROUGE-L with its stemmer, the best over the references; intervals resample tasks.")
    parts: dict[str, dict[str, Any]] = {}
    for name, each in sheet.models.items():
        for row in each.by_category:
            parts.setdefault(row.name, {"category": row.name, "n": row.n})[name] = row.rouge_l.value
    st.subheader("By category", anchor=False)
    tables.show(
        cells(parts.values()),
        key="evaluate-categories",
        at_most=300,
        column_config={name: st.column_config.NumberColumn(format="%.1f") for name in sheet.models},
    )


def _wins(set_name: str, reviewer: str) -> None:
    asked = st.session_state.get("evaluate-by") or ""
    against = st.session_state.get("evaluate-against") or ""
    try:
        sheet = sheets.won(set_name, reviewer, asked, against)
    except WinnowError as error:
        st.text(brief(str(error)))
        for key in ("evaluate-by", "evaluate-against"):
            st.session_state.pop(key, None)
        return
    if isinstance(sheet, StillRating):
        sheets.withheld(sheet)
        return
    _win_choice(sheet)
    if not sheet.models:
        st.text("No comparison yet: rate blind, ask a judge, or import annotations.")
        return
    tables.show(
        cells(
            {
                "model": name,
                "n": each.n,
                "wins": each.wins,
                "losses": each.losses,
                "draws": each.draws,
                "unparsed": each.left_out,
                "win rate %": each.win_rate,
                "95% interval": _bounds(each.interval.low, each.interval.high),
                "standard error": each.standard_error,
                "length-controlled %": each.length_controlled,
                "length": each.length,
                **(
                    {"told apart": "tied" if each.is_tied else ""}
                    if any(m.is_tied for m in sheet.models.values())
                    else {}
                ),
            }
            for name, each in sheet.models.items()
        ),
        key="evaluate-wins",
        at_right=("95% interval",),
        column_config={
            name: st.column_config.NumberColumn(format="%.1f")
            for name in ("win rate %", "standard error", "length-controlled %")
        }
        | {"length": st.column_config.NumberColumn(format="%.0f", help="mean characters of a response")},
    )
    st.caption(f"A draw counts half. Length-controlled: {VARIANT}. Intervals resample tasks.")
    for name, each in sheet.models.items():
        if each.length_controlled_because:
            st.caption(label(f"{name} has no length-controlled rate: {each.length_controlled_because}"))
    if sheet.by != PEOPLE:
        judge.draw(set_name, sheet.by, reviewer)
    if PEOPLE in sheet.sources:  # what people preferred, whoever's judgement is looked at
        onward.paired(set_name, reviewer)


def _win_choice(sheet: WinSheet) -> None:
    sources = list(sheet.sources) or [PEOPLE]
    if st.session_state.get("evaluate-by") not in sources:  # set here, so that the widget has no default beside it
        st.session_state["evaluate-by"] = sheet.by if sheet.by in sources else sources[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Judged by",
            sources,
            format_func=lambda by: f"{by} ({sheet.sources.get(by, 0):,})",
            key="evaluate-by",
            width=280,
        )
        names = list(dict.fromkeys([*sheet.baselines, *sheet.models]))
        st.selectbox(
            "Against",
            names,
            index=names.index(sheet.baseline) if sheet.baseline in names else None,
            placeholder="all others together",
            key="evaluate-against",
            width=280,
        )


def _bounds(low: float | None, high: float | None, digits: int = 1) -> str:
    return "none" if low is None or high is None else f"{low:.{digits}f} – {high:.{digits}f}".replace("-", "−")


def _signed(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", "−")


def _p(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
