"""The methods: what kinds of long work there are, and what each brings; runs, origins and rules are read from here.

A package of somebody else brings one by an entry point (`core/extensions.py`); its name there is its id here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from core import extensions
from core.missing import no_such_name
from core.records import Origin

if TYPE_CHECKING:
    from core.runs.runner import Job, Outcome


@dataclass(frozen=True, slots=True)
class Method:
    """One kind of long work.

    `works_in` is the module whose `work(job)` does it, imported when a run starts, so that a page never pays for it.
    `doing` is what a run of it does, as a sentence goes on: "is growing the pool". `asks` a model, and so may spend.
    `alone`: one run of it works on a pool at a time. `counts`: what its progress is told in.
    `origin` is that of the tasks it makes; `rules` are the sentences of what it drops them by, beside the gate's own.
    """

    id: str
    label: str
    works_in: str
    doing: str
    asks: bool = False
    alone: bool = True
    counts: str = "tasks"
    origin: Origin | None = None
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Callable[[Job], Outcome]:
        """What does a run of it."""
        work: Callable[[Job], Outcome] = importlib.import_module(self.works_in).work
        return work

    def same_plan(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two stored plans ask for the same; settings that an older Winnow lacked have their defaults."""
        plan_of = getattr(importlib.import_module(self.works_in), "plan_of", None)
        return plan_of is not None and bool(plan_of(one) == plan_of(other))


BUILT_IN = (
    Method(
        "self-instruct",
        "Self-Instruct",
        "core.selfinstruct.loop",
        "is growing this pool by Self-Instruct",
        asks=True,
        origin=Origin.SELF_INSTRUCT,
    ),
    Method(
        "reinstruct",
        "REInstruct",
        "core.reinstruct.loop",
        "is writing tasks from this pool's texts",
        asks=True,
        origin=Origin.REINSTRUCT,
    ),
    Method("corpus", "Selection of texts", "core.corpus.corpus_job", "is selecting texts into this pool"),
    Method("parse", "Parsing", "core.diversity.job", "is reading this pool's verbs"),
    Method("map", "Map", "core.maps.job", "is placing this pool's tasks on a map"),
    Method("near", "Near duplicates", "core.near.job", "is comparing this pool's tasks"),
    Method(
        "respond",
        "Responses",
        "core.evaluation.asking",
        "is asking a model for responses",
        asks=True,
        alone=False,
    ),
    Method(
        "evaluation-judge",
        "Judge",
        "core.evaluation.asking",
        "is asking a model to judge",
        asks=True,
        alone=False,
        counts="comparisons",
    ),
    Method("release", "Release", "core.release.job", "is writing a release of this pool"),
)


@cache
def every() -> Mapping[str, Method]:
    """The methods by id: Winnow's own, and those of other packages that have an id of their own."""
    own = {method.id: method for method in BUILT_IN}
    return {**own, **extensions.load(extensions.METHODS, Method, own).found}


def named(method: str) -> Method:
    """The method of that id; NotFound where this Winnow has none."""
    if method not in every():
        raise no_such_name("method", method, every(), "install what brings it")
    return every()[method]


def counts(method: str) -> str:
    """What the progress of runs of that method is told in, as a plural."""
    return every()[method].counts if method in every() else "tasks"


def making_tasks() -> list[str]:
    """The methods whose runs put tasks into their pool."""
    return [method for method in every() if makes_tasks(method)]


def makes_tasks(method: str) -> bool:
    """Whether runs of that method put tasks into their pool."""
    return method in every() and every()[method].origin is not None
