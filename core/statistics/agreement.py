"""How far reviewers agree: each figure with its n, its interval, the paper's figure and what it means in plain words.

Self-Instruct (section 4.3 and appendix) reports Cohen's kappa on the four grades and on A, B against C, D, and
Spearman's correlation, for two raters. Krippendorff's alpha on the ordered grades leads here: it takes any number of
reviewers and does not mind who skipped what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.records import Grade, Rating
from core.statistics import wording
from core.statistics.figure import Figure

_SEED = 20221220


@dataclass(frozen=True, slots=True)
class Agreement:
    """All figures for one set of ratings. `n`: items graded by two or more of `reviewers`."""

    n: int
    reviewers: tuple[str, ...]
    raw: Figure
    krippendorff_alpha: Figure
    weighted_kappa: Figure
    cohen_kappa: Figure
    cohen_kappa_valid: Figure
    spearman: Figure

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure in the order in which a page shows them."""
        return (
            self.raw,
            self.krippendorff_alpha,
            self.weighted_kappa,
            self.cohen_kappa,
            self.cohen_kappa_valid,
            self.spearman,
        )

    def as_json(self) -> dict[str, Any]:
        """Return {n, raw, ...: value or null} with `intervals`, `counts` and `undefined` (the reasons) by
        figure, and how many pairs of ratings the raw agreement is a mean over."""
        return {
            "n": self.n,
            **{figure.key: figure.value for figure in self.figures},
            "intervals": {f.key: None if f.low is None else [f.low, f.high] for f in self.figures},
            "counts": {figure.key: figure.n for figure in self.figures},
            "pairs_of_ratings": self.raw.compared,
            "undefined": {f.key: f.undefined_because for f in self.figures if f.undefined_because},
        }


def agreement(ratings: Iterable[Rating], seed: int = _SEED) -> Agreement:
    """Return the agreement of all reviewers on the texts that two or more of them graded.

    Only ratings of the very same text are compared, and a reviewer's latest one of a text counts. A rating without a
    grade still counts for A, B against C, D where it says valid or invalid. `seed` is the bootstrap's.
    """
    graded: dict[tuple[int, str], dict[str, Grade]] = {}
    judged: dict[tuple[int, str], dict[str, bool]] = {}
    for rating in latest(ratings):
        text = (rating.instance_id, rating.text_hash)
        if rating.grade is not None:
            graded.setdefault(text, {})[rating.reviewer] = rating.grade
        valid = validity(rating)
        if valid is not None:
            judged.setdefault(text, {})[rating.reviewer] = valid
    return agreement_on(graded.values(), judged.values(), seed)


def agreement_on(
    graded: Iterable[Mapping[str, Grade]], judged: Iterable[Mapping[str, bool]] | None = None, seed: int = _SEED
) -> Agreement:
    """Return the agreement on items given as mappings from reviewer to grade, and to valid or not.

    Without `judged`, A and B count as valid.
    """
    items = list(graded)
    valid = list(judged) if judged is not None else [{who: g.is_valid for who, g in item.items()} for item in items]
    if all(len(item) < 2 for item in (*items, *valid)):
        return _of_nothing_shared()
    from core.statistics.figures import figures  # arrays and tests take longer to load than a queue to look at

    return Agreement(*figures(items, valid, seed))


def latest(ratings: Iterable[Rating]) -> list[Rating]:
    """Return each reviewer's last rating of each text, in order of time."""
    last: dict[tuple[int, str, str], Rating] = {}
    for rating in sorted(ratings, key=lambda each: (each.at, each.id)):
        last[(rating.instance_id, rating.text_hash, rating.reviewer)] = rating
    return sorted(last.values(), key=lambda each: (each.at, each.id))


def validity(rating: Rating) -> bool | None:
    """Return whether a rating calls its text valid: by its grade, else by its yes or no, else None."""
    return rating.grade.is_valid if rating.grade is not None else rating.valid


def _of_nothing_shared() -> Agreement:
    """What `figures` says where no text has two answers: there is nothing to work out."""
    why = wording.too_few(0)
    empty = (
        Figure(key, name, 0, None, undefined_because=why, paper=wording.PAPER.get(key, ()), meaning=f"Undefined: {why}")
        for key, name in wording.FIGURES.items()
    )
    return Agreement(0, (), *empty)
