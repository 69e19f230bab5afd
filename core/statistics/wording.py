"""The statistics of judging in plain sentences: what a figure means, and why one is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.records import Grade
from core.statistics.figure import Figure
from core.words import number_of

if TYPE_CHECKING:
    from core.statistics.panel import Panel

FIGURES = {
    "raw": "Raw agreement",
    "krippendorff_alpha": "Krippendorff's alpha, ordinal",
    "weighted_kappa": "Cohen's kappa, quadratic weights",
    "cohen_kappa": "Cohen's kappa, four grades",
    "cohen_kappa_valid": "Cohen's kappa, A or B against C or D",
    "spearman": "Spearman's rank correlation",
}

PAPER = {"cohen_kappa": (0.57, 0.58), "cohen_kappa_valid": (0.75,), "spearman": (0.81,)}

_WHAT = {
    "krippendorff_alpha": "On the ordered grades, where a near miss costs little and A against D costs much",
    "weighted_kappa": "Counting a near miss as little and A against D as much",
    "cohen_kappa": "Counting every difference of grade as a full disagreement",
    "cohen_kappa_valid": "On valid (A or B) or not",
}

_Z_SQUARED = 1.959964**2


def meaning(figure: Figure, reviewers: int) -> str:
    """Return one or two sentences that say what a figure of agreement tells a person."""
    if figure.value is None:
        return f"Undefined: {figure.undefined_because}"
    sentences = [_core(figure, figure.value, reviewers)]
    if figure.key == "krippendorff_alpha":
        sentences.append(_custom(figure.value))
    if figure.paper:
        sentences.append(_beside_the_paper(figure))
    if figure.pairs > 1 and figure.key not in ("raw", "krippendorff_alpha"):
        sentences.append(_pairs(figure))
    if figure.no_interval_because:
        sentences.append(f"No interval: {figure.no_interval_because}")
    return " ".join(sentences)


def too_few(items: int) -> str:
    """Say that fewer than two items have two answers."""
    have = "no item has" if items == 0 else "only one item has"
    return f"{have} answers from two reviewers; at least two items are needed."


def too_few_to_resample(items: int, needed: int) -> str:
    """Say that resampling so few items would promise more than it knows."""
    return f"{number_of(items, 'item', 'are')} too few to resample; {needed} are needed."


def often_undefined(share: float) -> str:
    """Say that the figure rests on so few items that many resamples leave it undefined."""
    return f"the figure rests on very few items; {_percent(share)} of the resamples leave it undefined."


def never_varies(value: float, items: int) -> str:
    """Say that every resample gives the same figure, and how often reviewers may differ all the same (Wilson)."""
    if value < 1:
        return "every resample gives the same figure."
    unseen = _percent(_Z_SQUARED / (items + _Z_SQUARED))
    return f"none of the {number_of(items, 'item')} shows a disagreement, yet up to {unseen} of all items may have one."


def no_variation(key: str, panel: Panel) -> str:
    """Say which lack of variation leaves a figure undefined."""
    used = panel.classes_used
    if len(used) == 1:
        return (
            f"everybody answered {_class(int(used[0]), panel.classes)} throughout, so nothing can be told from chance."
        )
    if key == "spearman":
        return "in each pair of reviewers one gave the same grade throughout, so there is no order to compare."
    return "each pair of reviewers gave one and the same answer throughout, so nothing can be told from chance."


def _core(figure: Figure, value: float, reviewers: int) -> str:
    if figure.key == "raw":
        if reviewers == 2:
            return (
                f"Both reviewers gave the same grade on {round(value * figure.n)} of "
                f"{number_of(figure.n, 'item')} (a mean over "
                "pairs of ratings; here each item has one)."
            )
        return (
            f"A mean over pairs of ratings, not over items: of {number_of(figure.compared, 'pair')} of ratings of "
            f"one item each "
            f"({number_of(figure.n, 'item')}), {_percent(value)} are the same grade; an item with more ratings "
            f"counts for more."
        )
    if figure.key == "spearman":
        return f"Reviewers put the items in {_order(value)} from best to worst (1 is the same order, 0 none in common)."
    if value <= 0:
        return f"{_WHAT[figure.key]}, reviewers agree no better than chance would."
    return f"{_WHAT[figure.key]}, reviewers go {_percent(value)} of the way from chance to full agreement."


def _order(value: float) -> str:
    if value >= 0.8:
        return "nearly the same order"
    if value >= 0.5:
        return "a similar order"
    if value >= 0.2:
        return "a loosely similar order"
    return "no common order" if value > -0.2 else "rather the opposite order"


def _custom(value: float) -> str:
    if value >= 0.8:
        return "By custom 0.80 and above is reliable."
    if value >= 0.667:
        return "By custom 0.67 to 0.80 carries tentative conclusions only."
    return "By custom below 0.67 the grades should not be relied on before the guidelines are made clearer."


def _beside_the_paper(figure: Figure) -> str:
    named = _either(figure.paper)
    if figure.low is None or figure.high is None:
        return f"The paper reports {named}."
    if figure.low > max(figure.paper):
        return f"The whole interval lies above the paper's {named}."
    if figure.high < min(figure.paper):
        return f"The whole interval lies below the paper's {named}."
    return f"The interval holds the paper's {named}, so the two cannot be told apart."


def _pairs(figure: Figure) -> str:
    sentence = (
        f"It is the mean over {number_of(figure.pairs - figure.skipped, 'pair')} of reviewers, each "
        f"weighted by the items they share"
    )
    if figure.skipped:
        return f"{sentence}; {figure.skipped} more of the pairs did not vary and are left out."
    return sentence + "."


def _either(figures: Sequence[float]) -> str:
    return " or ".join(f"{figure:.2f}" for figure in figures)


def _class(place: int, classes: int) -> str:
    return ("valid", "not valid")[place] if classes == 2 else tuple(Grade)[place].value


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
