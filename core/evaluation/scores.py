"""Reference scores as SuperNI computes them: rouge-score's ROUGE-L with its stemmer, and exact match.

Tokens come from rouge-score's own tokeniser, each distinct word stemmed once; the longest common subsequence, a whole
number, from rapidfuzz; precision, recall and F in rouge-score's order of operations. A test holds every bit of it to
`RougeScorer(["rougeL"], use_stemmer=True)` in a plain loop. The novelty gate's ROUGE-L has no stemmer.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.evaluation.resampling import Interval, mean
from core.evaluation.words import NO_TEXT

_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Scorable:
    """A response and what it is measured by. `cluster`: the task that its instances share; `category`: the set's.

    `why_empty`: why it holds no answer, "" where it holds one; what holds none scores nothing, whatever it says.
    """

    text: str
    references: tuple[str, ...]
    cluster: str
    category: str = ""
    why_empty: str = ""

    @property
    def without(self) -> str:
        """Why there is no answer, also where nobody said; "" where there is one."""
        return self.why_empty or ("" if self.text.strip() else NO_TEXT)


@dataclass(frozen=True, slots=True)
class Score:
    """One response's ROUGE-L (0 to 100, the best over its references) and whether it equals one of them."""

    rouge_l: float
    exact: bool


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A mean over `n` responses of one part of a set. `rouge_l` with its interval over `tasks` tasks; percentages."""

    name: str
    n: int
    tasks: int
    rouge_l: Interval
    exact_match: float | None
    empty: int


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's reference scores: over all, by task and by category (the lowest first). `unscored`: no reference.

    `why_empty`: how many of those that count hold no answer, by their reason.
    """

    overall: ScoreRow
    by_task: tuple[ScoreRow, ...]
    by_category: tuple[ScoreRow, ...]
    unscored: int = 0
    why_empty: Mapping[str, int] = field(default_factory=dict)


def scored(answers: Sequence[Scorable]) -> Scores:
    """Return the scores of one model's responses; those whose task has no reference are counted and left out."""
    measured = [answer for answer in answers if answer.references]
    scores = score_all(measured)
    both = list(zip(measured, scores, strict=True))
    return Scores(
        _row("all", both),
        _parts(both, lambda answer: answer.cluster),
        _parts(both, lambda answer: answer.category),
        len(answers) - len(measured),
        dict(sorted(Counter(answer.without for answer in measured if answer.without).items())),
    )


def score_all(answers: Iterable[Scorable]) -> list[Score]:
    """Return each response's score in order; 11,900 responses take a few seconds."""
    from rapidfuzz.distance import LCSseq

    tokens = Tokens()
    found = []
    for answer in answers:
        mine = tokens.of(answer.text)
        best = 0.0
        for reference in answer.references:
            theirs = tokens.of(reference)
            best = max(best, _f_measure(LCSseq.similarity(theirs, mine), len(theirs), len(mine)))
        found.append(Score(100 * best, exact_match(answer.text, answer.references)))
    return found


def exact_match(text: str, references: Iterable[str]) -> bool:
    """Whether a text equals a reference once both are lower-cased, without punctuation and with white space folded."""
    folded = _folded(text)
    return any(folded == _folded(reference) for reference in references)


class Tokens:
    """rouge-score's tokens with stemming, as numbers; the references of a task are cut once for all models."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer
        from rouge_score.tokenizers import DefaultTokenizer

        self._tokenizer = DefaultTokenizer(use_stemmer=True)
        self._tokenizer._stemmer = _Remembering(PorterStemmer().stem)
        self._numbers: dict[str, int] = {}
        self._known: dict[str, list[int]] = {}

    def of(self, text: str) -> list[int]:
        """Return the text's stemmed tokens, each distinct one a number."""
        known = self._known.get(text)
        if known is None:
            words = self._tokenizer.tokenize(text)
            known = self._known[text] = [self._numbers.setdefault(word, len(self._numbers)) for word in words]
        return known


class _Remembering:
    """A stemmer that works out each word once."""

    def __init__(self, stem: Callable[[str], str]) -> None:
        self._stem, self._stems = stem, dict[str, str]()

    def stem(self, word: str) -> str:
        found = self._stems.get(word)
        if found is None:
            found = self._stems[word] = self._stem(word)
        return found


def _f_measure(shared: int, reference: int, response: int) -> float:
    if not reference or not response:
        return 0.0
    precision, recall = shared / response, shared / reference
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _folded(text: str) -> str:
    return " ".join(text.lower().translate(_PUNCTUATION).split())


def _parts(both: list[tuple[Scorable, Score]], part: Callable[[Scorable], str]) -> tuple[ScoreRow, ...]:
    groups: dict[str, list[tuple[Scorable, Score]]] = {}
    for answer, score in both:
        groups.setdefault(part(answer), []).append((answer, score))
    rows = [_row(name, group) for name, group in groups.items() if name]
    return tuple(sorted(rows, key=lambda row: (row.rouge_l.value or 0.0, row.name)))


def _row(name: str, both: list[tuple[Scorable, Score]]) -> ScoreRow:
    clusters = [answer.cluster for answer, _ in both]
    exact = 100 * sum(score.exact for _, score in both) / len(both) if both else None
    return ScoreRow(
        name,
        len(both),
        len(set(clusters)),
        mean([score.rouge_l for _, score in both], clusters),
        exact,
        sum(bool(answer.without) for answer, _ in both),
    )
