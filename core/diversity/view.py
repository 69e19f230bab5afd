"""Everything that the diversity page, its report and the command line show of a selection, read in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import sqlalchemy as sa

from core.database import Database
from core.diversity import released
from core.diversity.growth import Step, growth
from core.diversity.lengths import length, unit
from core.diversity.released import ReleasedTexts
from core.diversity.rows import looks
from core.diversity.selection import Looked, TaskSelection
from core.diversity.statistics import (
    ROUGE_BINS,
    TOP_NOUNS,
    TOP_VERBS,
    Histogram,
    VerbNounTable,
    in_bar,
    rouge_histogram,
    verb_noun_table,
)
from core.diversity.table1 import Table1, WordMean, table1_from_counts
from core.diversity.verbnoun import VerbNoun
from core.pool import members
from core.words import number_of

TEXTS = ("instruction", "input", "output")
_UNIT_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class TextLengths:
    """Lengths of a selection's texts: length to how many, of instructions, non-empty inputs and outputs."""

    lengths: Mapping[str, Mapping[int, int]]
    unit: str
    table1: Table1
    unknown_kind: int  # tasks of which nobody said whether they are classification tasks


@dataclass(frozen=True, slots=True)
class DiversityFigures:
    """A selection of a pool as numbers. `pairs` counts (verb, noun) of the tasks that have been parsed.

    `scores`: ROUGE-L F1 with the nearest seed of the tasks where it is known, the least first. `growth`: batch after
    batch, none of a release. `former`: instances of a release that were edited since and are counted with the text
    that went out; `unknown_former`: those of them whose text of then is not in the history, so that today's is counted.
    """

    tasks: int
    waiting: int
    pairs: Mapping[VerbNoun, int]
    scores: tuple[float, ...]
    texts: TextLengths
    growth: tuple[Step, ...]
    former: int = 0
    unknown_former: int = 0

    @property
    def told(self) -> str:
        """What must be said of texts that were edited since a release; "" where none was."""
        said = []
        if self.former:
            said.append(
                f"{number_of(self.former, 'instance', 'were')} edited since, counted with the text that went out."
            )
        if self.unknown_former:
            said.append(f"{self.unknown_former:,} more are counted with today's text: that of then is not known.")
        return " ".join(said)

    @property
    def parsed(self) -> int:
        return self.tasks - self.waiting

    def table(self, verbs: int = TOP_VERBS, nouns: int = TOP_NOUNS) -> VerbNounTable:
        """The sunburst's numbers; its whole is the tasks that have been parsed."""
        return verb_noun_table(self.pairs, verbs, nouns)

    def rouge(self, bins: int = ROUGE_BINS) -> Histogram:
        return rouge_histogram(self.scores, bins)


def look(database: Database, pool_id: int, wanted: TaskSelection, parser: str) -> DiversityFigures:
    """Read a selection whole. `parser` is a parser's key; "" leaves verbs and nouns out.

    Refused in a sentence for a release of which it is not known what it held.
    """
    with database.read() as c:
        if wanted.release_id is not None:
            members.known(c, pool_id, wanted.release_id)
        its = released.texts(c, pool_id, wanted, parser)
        counts, waiting = looks.pair_counts(c, pool_id, wanted, parser)
        if its.today:
            read = looks.read_among(c, parser, [one.task_id for one in its.today])
            counts, waiting = released.pair_counts(counts, waiting, its, read)
        scores = list(_seed_scores(c, pool_id, wanted, {one.task_id: one.seed_score for one in its.then}))
        return DiversityFigures(
            tasks=len(scores),
            waiting=waiting,
            pairs={VerbNoun(verb, noun): n for (verb, noun), n in counts.items()},
            scores=tuple(sorted(score for score in scores if score is not None)),
            texts=_texts(c, pool_id, wanted, its),
            growth=growth(looks.arrivals(c, pool_id, wanted, parser)) if wanted.release_id is None else (),
            former=len(its.texts),
            unknown_former=its.unknown,
        )


def _seed_scores(
    c: sa.Connection, pool_id: int, wanted: TaskSelection, former: Mapping[int, float | None]
) -> Iterator[float | None]:
    """The score of each task, in no order; `former`: of those whose text was another then, by task."""
    if not former:
        for score, n in looks.seed_score_counts(c, pool_id, wanted):
            yield from repeat(score, n)
        return
    for task_id, score in looks.seed_scores(c, pool_id, wanted):
        yield former.get(task_id, score)


def judged_pairs(
    database: Database, pool_id: int, wanted: TaskSelection, parser: str, viewer: str
) -> Mapping[VerbNoun, tuple[int, int]]:
    """By verb and object (rated instances, those of them that are valid), as far as they cannot colour the viewer's."""
    with database.read() as c:
        found = looks.judged_pairs(c, pool_id, wanted, parser, viewer)
    return {VerbNoun(*pair): counts for pair, counts in found.items()}


def moment(database: Database, parser: str, wanted: TaskSelection) -> tuple[int, ...]:
    """Numbers of which one grows whenever a look could change, so that a page may keep what it has."""
    with database.read() as c:
        return looks.moment(c, parser, wanted)


def listed(database: Database, pool_id: int, wanted: TaskSelection, parser: str) -> list[Looked]:
    """A selection's tasks one by one, with verb, noun and nearest seed where known."""
    with database.read() as c:
        its = released.texts(c, pool_id, wanted, parser)
        return its.instead(looks.listed(c, pool_id, wanted, parser), lambda one: True)


def with_pair(
    database: Database, pool_id: int, wanted: TaskSelection, parser: str, verb: str, nouns: Sequence[str]
) -> list[Looked]:
    """A selection's tasks whose root verb is this one, with one of these objects if any are named."""
    with database.read() as c:
        found = looks.with_pair(c, pool_id, wanted, parser, verb, nouns)
        its = released.texts(c, pool_id, wanted, parser)
        return its.instead(
            found, lambda one: one.verb == verb and (one.noun in nouns if nouns else one.noun is not None)
        )


def with_ids(database: Database, pool_id: int, parser: str, task_ids: Sequence[int]) -> list[Looked]:
    """These accepted tasks of a pool, its seeds too, in order of arrival."""
    with database.read() as c:
        return looks.with_ids(c, pool_id, parser, task_ids)


def with_seed_score(
    database: Database, pool_id: int, wanted: TaskSelection, parser: str, low: float, high: float
) -> list[Looked]:
    """A selection's tasks whose ROUGE-L F1 to the nearest seed lies from `low` up to `high`; 1 itself with the last."""
    with database.read() as c:
        found = looks.with_seed_score(c, pool_id, wanted, parser, low, high, high >= 1)
        its = released.texts(c, pool_id, wanted, parser)
        return its.instead(found, lambda one: one.seed_score is not None and in_bar(one.seed_score, low, high))


def with_length(
    database: Database, pool_id: int, wanted: TaskSelection, parser: str, text: str, low: float, high: float
) -> list[Looked]:
    """A selection's tasks of which this text (one of TEXTS) is from `low` up to `high` long; empty inputs are none."""
    with database.read() as c:
        its = released.texts(c, pool_id, wanted, parser)
        then = its.instructions
        place = ("input", "output").index(text) if text != "instruction" else 0
        found = []
        for task_id, instance_id, now in looks.texts_of(c, pool_id, wanted, text):
            one = its.texts[instance_id][place] if instance_id in its.texts else now
            one = then.get(task_id, one) if text == "instruction" else one
            if low <= length(one) < high and (text != "input" or one.strip()):
                found.append(task_id)
        fit = set(found)
        return its.instead(looks.listed_of(c, pool_id, wanted, parser, found), lambda one: one.task_id in fit)


def _texts(c: sa.Connection, pool_id: int, wanted: TaskSelection, its: ReleasedTexts) -> TextLengths:
    labelled: Counter[bool | None] = Counter()
    instructions: Counter[int] = Counter()
    words = {name: WordMean() for name in TEXTS}
    sample: list[str] = []
    then = its.instructions
    for task_id, now, is_classification in looks.instructions(c, pool_id, wanted):
        text = then.get(task_id, now)
        labelled[is_classification] += 1
        instructions[length(text)] += 1
        words["instruction"].add(text)
        if len(sample) < _UNIT_SAMPLE:
            sample.append(text)
    inputs: Counter[int] = Counter()
    outputs: Counter[int] = Counter()
    for instance_id, *both in looks.instance_texts(c, pool_id, wanted):
        given, output = its.texts.get(instance_id, both)
        outputs[length(output)] += 1
        words["output"].add(output)
        if given.strip():
            inputs[length(given)] += 1
            words["input"].add(given)
    table = table1_from_counts(
        instructions.total(),
        labelled[True],
        outputs.total(),
        outputs.total() - inputs.total(),
        *(words[name] for name in TEXTS),
    )
    counted = dict(zip(TEXTS, (instructions, inputs, outputs), strict=True))
    return TextLengths(counted, unit(sample), table, labelled[None])
