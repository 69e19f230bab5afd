"""A random sample that anybody can draw again to the item, now or in ten years.

Every task is given a place by the SHA-256 of seed and id, and the first n places are the sample: as random as a
shuffle, drawn without replacement, and the same whatever the order of the rows, the Python version or the machine.
Python's own generator promises that for `random()` alone; the draws of `sample` and `shuffle` may change between
versions. And a simple sample of 400 begins with the 200 of the same seed, so an audit can be extended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise

from core.records import Refused

EVERYTHING = ""


class Allocation(StrEnum):
    """How a stratified sample is shared out among the strata."""

    PROPORTIONAL = "proportional"  # by their sizes, at least one each where the sample allows
    EQUAL = "equal"  # as many from each, to compare them


@dataclass(frozen=True, slots=True)
class Member:
    """A task of the population: its instances as (id, text hash), and the stratum it belongs to."""

    task_id: int
    instances: tuple[tuple[int, str], ...]
    stratum: str = EVERYTHING


@dataclass(frozen=True, slots=True)
class Drawn:
    """One item of a sample: its place (from 1), a task, one random instance of it, and the text that was frozen."""

    position: int
    task_id: int
    instance_id: int
    text_hash: str
    stratum: str = EVERYTHING


@dataclass(frozen=True, slots=True)
class TaskSample:
    """A frozen sample. `tasks` and `instances` count the population by stratum; `requested` may exceed what there was.

    `population_hash` names the exact population, `fingerprint` the exact draw.
    """

    seed: int
    requested: int
    allocation: Allocation | None
    tasks: Mapping[str, int]
    instances: Mapping[str, int]
    population_hash: str
    items: tuple[Drawn, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over seed, size, allocation and every drawn item with its text hash."""
        lines = [f"{self.seed} {self.requested} {self.allocation or 'simple'}"]
        lines += [f"{i.position} {i.task_id} {i.instance_id} {i.text_hash} {i.stratum!r}" for i in self.items]
        return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def draw(members: Iterable[Member], size: int, seed: int, allocation: Allocation | None = None) -> TaskSample:
    """Return `size` random tasks, one random instance each; all of them where there are fewer.

    Without an allocation the strata play no part in the draw. Tasks without instances are not in the population.
    Raises Refused for a size below 1, a task listed twice, or an empty population.
    """
    if size < 1:
        raise Refused(f"A sample of {size} cannot be drawn: ask for at least 1.")
    population = sorted((member for member in members if member.instances), key=lambda member: member.task_id)
    if not population:
        raise Refused(
            "No accepted task with an instance fits, so there is nothing to sample: widen the filter, or grow some."
        )
    for one, other in pairwise(population):
        if one.task_id == other.task_id:
            raise Refused(f"Task {one.task_id} is listed twice in the population: list every task once.")
    tasks: dict[str, int] = {}
    instances: dict[str, int] = {}
    for member in population:
        tasks[member.stratum] = tasks.get(member.stratum, 0) + 1
        instances[member.stratum] = instances.get(member.stratum, 0) + len(member.instances)
    by_place = sorted(population, key=lambda member: (_place(seed, "task", member.task_id), member.task_id))
    if allocation is not None:
        left = allocate(tasks, size, allocation)
        chosen = []
        for member in by_place:
            if left[member.stratum]:
                left[member.stratum] -= 1
                chosen.append(member)
        # Shuffled anew: by their first places the items of a small stratum would come last.
        by_place = sorted(chosen, key=lambda member: (_place(seed, "order", member.task_id), member.task_id))
    items = tuple(_frozen(place, member, seed) for place, member in enumerate(by_place[:size], start=1))
    return TaskSample(
        seed, size, allocation, dict(sorted(tasks.items())), dict(sorted(instances.items())), _named(population), items
    )


def allocate(sizes: Mapping[str, int], size: int, allocation: Allocation) -> dict[str, int]:
    """Return how many to draw from each stratum: never more than it holds, `size` in all where there are that many.

    Proportional: largest remainders, and at least one from each stratum where `size` reaches that far. Equal: level by
    level, the places that a small stratum cannot fill going to the others. Ties go by name.
    """
    names = sorted(name for name, count in sizes.items() if count > 0)
    wanted = min(size, sum(sizes[name] for name in names))
    given = dict.fromkeys(names, 0)
    if allocation is Allocation.EQUAL:
        return _levelled(given, sizes, wanted)
    if wanted >= len(names):
        given = dict.fromkeys(names, 1)
    total = sum(sizes[name] for name in names)
    while sum(given.values()) < wanted:
        # The stratum that is furthest behind its fair part is served next; exact integers, so no rounding decides.
        behind = {name: sizes[name] * wanted - given[name] * total for name in names if given[name] < sizes[name]}
        given[max(behind, key=lambda name: (behind[name], _reverse(name, names)))] += 1
    return given


def _frozen(place: int, member: Member, seed: int) -> Drawn:
    instance_id, text_hash = min(member.instances, key=lambda each: (_place(seed, "instance", each[0]), each[0]))
    return Drawn(place, member.task_id, instance_id, text_hash, member.stratum)


def _place(seed: int, kind: str, number: int) -> bytes:
    return sha256(f"winnow sample 1|{seed}|{kind}|{number}".encode()).digest()


def _named(population: list[Member]) -> str:
    digest = sha256()
    for member in population:
        digest.update(
            f"{member.task_id} {member.stratum!r} {sorted(member.instances)}\n".encode("utf-8", "surrogatepass")
        )
    return digest.hexdigest()


def _levelled(given: dict[str, int], sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    while sum(given.values()) < wanted:
        for name in sorted(given):
            if given[name] < sizes[name] and sum(given.values()) < wanted:
                given[name] += 1
    return given


def _reverse(name: str, names: list[str]) -> int:
    return -names.index(name)
