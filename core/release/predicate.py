"""The rule of a release: which instances go out. Readable JSON both ways; nothing outside this list can be asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from core import written_json
from core.gate.rules import THRESHOLD
from core.records import Grade, Origin, Refused
from core.words import number_of

MADE = tuple(origin for origin in Origin if origin is not Origin.SEED)


class Disagreement(StrEnum):
    """What counts where an instance's reviewers differ; an adjudicator's word, where there is one, always does.

    ALL: every rating must pass. MAJORITY: more than half of them. MEDIAN: the middle one, the worse of two middle ones.
    ADJUDICATED: as ALL where reviewers agree; where they differ, only an adjudicator lets it out.
    """

    ALL = "all"
    MAJORITY = "majority"
    MEDIAN = "median"
    ADJUDICATED = "adjudicated"


_WHERE_THEY_DIFFER = {
    Disagreement.ALL: "every rating passes",
    Disagreement.MAJORITY: "most ratings pass",
    Disagreement.MEDIAN: "the middle rating passes",
    Disagreement.ADJUDICATED: "differences adjudicated",
}


@dataclass(frozen=True, slots=True)
class Predicate:
    """Criteria that must all hold, over a pool's accepted instances; the default is what a person approved.

    `origins`, `runs`: empty for all of them. `min_ratings`: reviewers who rated the present text; a stale rating never
    counts. `valid`, `min_grade`: what the ratings must say (Self-Instruct section 4.3). `max_classification_share`: of
    the rows; `max_classification`, `max_per_verb`, `max_per_task`: rows, the first to arrive. `novelty`: no instruction
    above this ROUGE-L F1 to an earlier one of the release; `away_from` and `away_threshold`: nor to these texts, such
    as an evaluation set. `fields`: column and value of imported rows, all of which a row must have. Seeds are chosen by
    people: where they are included, they need no rating.
    """

    origins: tuple[Origin, ...] = ()
    runs: tuple[int, ...] = ()
    min_ratings: int = 1
    valid: bool = True
    min_grade: Grade | None = Grade.B
    disagreement: Disagreement = Disagreement.ALL
    no_open_flags: bool = True
    max_per_task: int | None = None
    max_per_verb: int | None = None
    max_classification: int | None = None
    max_classification_share: float | None = None
    novelty: float | None = None
    away_from: tuple[str, ...] = ()
    away_threshold: float = THRESHOLD
    include_seeds: bool = False
    include_demo: bool = False
    fields: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in ("max_per_task", "max_per_verb"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise _bad(name, "is at least 1, or null for no limit")
        if self.max_classification is not None and self.max_classification < 0:
            raise _bad("max_classification", "is at least 0, or null for no limit")
        if self.min_ratings < 0:
            raise _bad("min_ratings", "is at least 0")
        if any(run < 1 for run in self.runs):
            raise _bad("runs", "lists the numbers of runs, from 1")
        if Origin.SEED in self.origins:
            raise _bad("origins", "lists no seeds; include_seeds takes them in")
        if not 0 < self.away_threshold <= 1:
            raise _bad("away_threshold", "is a ROUGE-L F1 above 0, at most 1")
        if self.novelty is not None and not 0 < self.novelty <= 1:
            raise _bad("novelty", "is a ROUGE-L F1 above 0, at most 1, or null")
        if self.max_classification_share is not None and not 0 <= self.max_classification_share <= 1:
            raise _bad("max_classification_share", "is a share from 0 to 1, or null for no limit")

    @classmethod
    def everything(cls) -> Predicate:
        """Every accepted instance whatever its review, the demo's too. Empty outputs still stay behind."""
        return cls(min_ratings=0, valid=False, min_grade=None, no_open_flags=False, include_demo=True)

    @property
    def asks_ratings(self) -> bool:
        """Whether ratings decide anything."""
        asked = self.min_ratings > 0 or self.valid or self.min_grade is not None
        return asked or self.disagreement == Disagreement.ADJUDICATED

    def as_json(self) -> dict[str, Any]:
        """Every field by its name, as JSON can hold it."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)} | {"fields": dict(self.fields)}

    @property
    def text(self) -> str:
        """The rule as a person can read, keep and hand over: one field a line."""
        return json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"

    def in_words(self) -> list[str]:
        """The rule as short phrases for a screen; all of them are ours."""
        said = ["valid"] if self.valid else []
        said += [f"grade at least {self.min_grade}"] if self.min_grade else []
        said += [f"{self.min_ratings} or more ratings"] if self.min_ratings > 1 else []
        said += ["one rating or more"] if self.min_ratings == 1 else []
        said += ["no stale rating counts"] if self.asks_ratings else ["whatever its review"]
        said += [_WHERE_THEY_DIFFER[self.disagreement]] if self.asks_ratings else []
        said += ["no open flag"] if self.no_open_flags else []
        said += ["from " + ", ".join(self.origins)] if self.origins else []
        said += ["of run " + ", ".join(map(str, self.runs))] if self.runs else []
        said += [f"{name} is {value}" for name, value in self.fields]
        said += [f"at most {self.max_per_task} a task"] if self.max_per_task else []
        said += [f"at most {self.max_per_verb} a root verb"] if self.max_per_verb else []
        if self.max_classification is not None:
            said.append(f"at most {number_of(self.max_classification, 'row')} of classification tasks")
        if self.max_classification_share is not None:
            said.append(f"at most {self.max_classification_share:.0%} classification")
        said += [f"ROUGE-L inside at most {self.novelty:g}"] if self.novelty is not None else []
        said += [f"away from {number_of(len(self.away_from), 'given text')}"] if self.away_from else []
        said += ["with seeds"] if self.include_seeds else []
        return [*said, "demo included" if self.include_demo else "demo excluded"]


def predicate_of(given: Mapping[str, Any]) -> Predicate:
    """The rule that `as_json` wrote; what is left out has its default. Raises Refused naming the field at fault."""
    if not isinstance(given, Mapping):
        raise Refused("The rule is no JSON object; begin it with { and give fields by name.")
    unknown = sorted(set(map(str, given)) - _READERS.keys())
    if unknown:
        raise Refused(f'The rule has no field "{unknown[0]}"; its fields are {", ".join(_READERS)}.')
    return replace(Predicate(), **{name: _READERS[name](name, value) for name, value in given.items()})


def parsed(text: str) -> Predicate:
    """The rule in a text of JSON. Raises Refused saying where it is no JSON, or naming the field at fault."""
    try:
        given = written_json.read(text)
    except written_json.NotJson as error:
        raise Refused(f"The rule is no JSON: {error}.") from error
    return predicate_of(given)


def _bad(name: str, rule: str) -> Refused:
    return Refused(f"The rule's field {name} {rule}; correct it and try again.")


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(name, "is true or false")
    return value


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad(name, "is a whole number")
    return value


def _number(name: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _bad(name, "is a number")
    return value


def _each(name: str, value: Any, kind: type, what: str) -> list[Any]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, kind) for one in value):
        raise _bad(name, f"is a list of {what}")
    return list(value)


def _named(kind: type[StrEnum], name: str, value: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise _bad(name, f"is one of {', '.join(kind)}") from None


def _origins(name: str, value: Any) -> tuple[Origin, ...]:
    return tuple(_named(Origin, name, one) for one in _each(name, value, str, "origins"))


def _runs(name: str, value: Any) -> tuple[int, ...]:
    return tuple(_whole(name, one) for one in _each(name, value, int, "run numbers"))


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_each(name, value, str, "texts"))


def _columns(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise _bad(name, "is an object of columns and the text that each must have")
    return tuple(value.items())


def _or_null(read: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: None if value is None else read(name, value)


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "origins": _origins,
    "runs": _runs,
    "min_ratings": _whole,
    "valid": _truth,
    "min_grade": _or_null(lambda name, value: _named(Grade, name, value)),
    "disagreement": lambda name, value: _named(Disagreement, name, value),
    "no_open_flags": _truth,
    "max_per_task": _or_null(_whole),
    "max_per_verb": _or_null(_whole),
    "max_classification": _or_null(_whole),
    "max_classification_share": _or_null(_number),
    "novelty": _or_null(_number),
    "away_from": _texts,
    "away_threshold": _number,
    "include_seeds": _truth,
    "include_demo": _truth,
    "fields": _columns,
}
