"""Which tasks a prompt may show: the paper draws from all that were accepted; named settings steer gently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

import sqlalchemy as sa

from core.diversity import verbs as read
from core.diversity.parser import LEXICON, Parser, parser_named
from core.diversity.parsing import parse_texts
from core.pool import tasks
from core.records import Origin, Task
from core.runs.runner import Job
from core.selfinstruct import prompts
from core.selfinstruct.settings import MACHINE_MADE, SelfInstructSettings


def seed_examples(seeds: Sequence[Task], settings: SelfInstructSettings) -> list[int]:
    """The seeds to draw from, in order: all, or the classification ones where only such tasks are wanted."""
    labelled = [seed.id for seed in seeds if seed.is_classification]
    return labelled if settings.classification_only and labelled else [seed.id for seed in seeds]


def machine_examples(
    c: sa.Connection, pool_id: int, settings: SelfInstructSettings, approved: Set[int] | None = None
) -> list[int]:
    """The machine-made tasks to draw from, in order of arrival.

    Of the `example_origins` alone. With `approved_examples_only` those with an instance rated A or B; with
    `rare_verb_examples` those whose root verb is among the rarer half of the pool's verbs, as far as `read_verbs` has
    read them. A replay says which were `approved` then, instead of the ratings of now.
    """
    approved_only = settings.approved_examples_only
    made = tasks.machine_made(
        c, pool_id, approved_only=approved_only and approved is None, origins=settings.example_origins
    )
    if approved_only and approved is not None:
        made = [task_id for task_id in made if task_id in approved]
    if not settings.rare_verb_examples:
        return made
    verbs = read.machine_verbs(c, pool_id, _reader().key)
    rare = rarer_half(verbs)
    chosen = [task_id for task_id in made if verbs.get(task_id) in rare]
    return chosen if len(chosen) >= settings.generated_per_prompt else made


def drawn(
    c: sa.Connection,
    pool_id: int,
    settings: SelfInstructSettings,
    batch: int,
    seeds: Sequence[Task],
    approved: Set[int] | None = None,
) -> list[list[int]]:
    """The task ids that each prompt of a batch shows: as `prompts.draw` draws them of `machine_examples`.

    Where nothing steers, places are drawn by how many there are, and only what stands there is read.
    """
    human = seed_examples(seeds, settings)
    if settings.approved_examples_only or settings.rare_verb_examples:
        return prompts.draw(settings, batch, human, machine_examples(c, pool_id, settings, approved))
    there = tasks.machine_made_count(c, pool_id, settings.example_origins)
    shown = prompts.draw(settings, batch, human, range(-1, -there - 1, -1))  # below 0 no id is
    wanted = {-1 - one for each in shown for one in each if one < 0}
    at = tasks.machine_made_at(c, pool_id, wanted, settings.example_origins)
    return [[at[-1 - one] if one < 0 else one for one in each] for each in shown]


def shown_by_origin(c: sa.Connection, drawn: Sequence[Sequence[int]]) -> dict[str, int]:
    """How many of the examples that prompts show are seeds, were generated, or were imported."""
    origins = tasks.origins_of(c, {task_id for shown in drawn for task_id in shown})
    return dict(Counter(origins[task_id].value for shown in drawn for task_id in shown if task_id in origins))


def in_words(shown: Mapping[str, int], settings: SelfInstructSettings) -> str:
    """A run's examples by origin in a sentence, and why none is machine-made where that was asked for."""
    if not shown:
        return ""
    names = {Origin.SEED.value: "of seeds", Origin.IMPORT.value: "of imported tasks"}
    first = sorted(shown, key=lambda origin: (origin != Origin.SEED.value, origin))
    parts = [f"{shown[origin]:,} {names.get(origin, f'made by {origin}')}" for origin in first]
    told = f"Examples shown in prompts: {', '.join(parts)}."
    if set(shown) == {Origin.SEED.value} and settings.generated_per_prompt:
        if settings.approved_examples_only:
            told += " Seeds only, as no machine-made task is rated A or B yet."
        elif settings.example_origins != MACHINE_MADE:
            wanted = ", ".join(settings.example_origins) or "no origin at all"
            told += f" Seeds only, as machine-made examples may come from {wanted}."
    return told


def read_verbs(job: Job, pool_id: int, settings: SelfInstructSettings) -> None:
    """Read the root verbs of what is new, where the settings ask for them, before a batch is drawn.

    By the word list, whatever better parser is installed: the draw is then the same on every machine.
    """
    if not settings.rare_verb_examples:
        return
    reader = _reader()
    with job.database.read() as c:
        waiting = read.waiting(c, pool_id, reader.key)
    for chunk in parse_texts([text for _, text in waiting], reader):
        hashes = [text_hash for text_hash, _ in waiting[chunk.start : chunk.done]]
        with job.write() as c:
            read.keep(c, reader.key, hashes, [(pair.verb, pair.noun) for pair in chunk.pairs])


def rarer_half(verbs: Mapping[int, str]) -> frozenset[str]:
    """The rarer half of the different verbs of these tasks; among verbs that are as frequent, the alphabet decides."""
    counts = Counter(verbs.values())
    by_rarity = sorted(counts, key=lambda verb: (counts[verb], verb))
    return frozenset(by_rarity[: (len(by_rarity) + 1) // 2])


def _reader() -> Parser:
    return parser_named(LEXICON)
