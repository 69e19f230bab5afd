"""A setting is written down once: what is read, refused, shown as a flag and stored comes from there."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

import pytest

from core import knobs
from core.corpus.job import SelectionSettings
from core.corpus.select_settings import SelectSettings
from core.knobs import Knob
from core.llm.sampling import Sampling
from core.llm.target import Target
from core.maps.recipe import MapRecipe
from core.pool.pool_settings import PoolSettings
from core.records import Refused
from core.reinstruct.filters import FilterSettings
from core.reinstruct.settings import ReinstructSettings
from core.selfinstruct.settings import SelfInstructSettings


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    width: Annotated[float, Knob("width", above=0)] = 1.0
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        knobs.check(self)


@dataclass(frozen=True, slots=True)
class Outer:
    count: Annotated[int, Knob("how many", "Of anything.", least=1, most=9)] = 3
    share: Annotated[float | None, Knob(least=0, most=1)] = None
    loud: bool = False
    colour: Colour = Colour.RED
    prompt: Annotated[str, Knob(places=("text",), lines=4)] = "Say {text}."
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        knobs.check(self)


def test_what_json_holds_becomes_the_setting_in_its_type() -> None:
    given = json.loads('{"count": 4, "share": 1, "colour": "blue", "inner": {"names": ["a", "b"]}}')
    assert knobs.changed(Outer(), given) == Outer(4, 1.0, False, Colour.BLUE, inner=Inner(1.0, ("a", "b")))
    assert knobs.changed(Outer(share=0.5), {"share": None}).share is None


@pytest.mark.parametrize(
    "kind",
    [
        *(Sampling, Target, SelfInstructSettings, SelectionSettings, SelectSettings, ReinstructSettings),
        *(FilterSettings, PoolSettings, MapRecipe),
    ],
)
def test_every_default_fits_so_that_nobody_need_ask(kind: Any) -> None:
    """`check` asks only what differs from the default."""
    for name, setting in knobs.settings_of(kind).items():
        if setting.default is not None:
            assert knobs._fits(kind, name, setting.default), name


def test_a_setting_inside_another_may_be_given_in_part_or_as_it_is() -> None:
    begun = Outer(inner=Inner(2.0, ("x",)))
    assert knobs.changed(begun, {"inner": {"width": 5}}).inner == Inner(5.0, ("x",))
    assert knobs.changed(begun, {"inner": Inner(7.0)}).inner == Inner(7.0)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"count": 0}, "The setting count (how many) is a whole number, at least 1 and at most 9; 0 is not."),
        ({"count": True}, "True is not"),
        ({"count": 2.5}, "2.5 is not"),
        ({"count": "4"}, "'4' is not"),
        ({"count": None}, "None is not"),
        ({"share": 1.5}, "a number, at least 0 and at most 1, or null"),
        ({"loud": 1}, "true or false"),
        ({"colour": "green"}, "one of red, blue"),
        ({"inner": {"width": 0}}, "The setting inner.width (width) is a number, above 0; 0 is not."),
        ({"inner": {"names": "abc"}}, "inner.names is a list of texts"),
        ({"inner": {"height": 1}}, 'no setting "inner.height"; there are width, names'),
        ({"inner": 4}, "an object with some of width, names"),
        ({"size": 1}, 'no setting "size"'),
        ({"prompt": "Say it."}, "The prompt prompt must contain {text}"),
        ({"inner": {"width": float("nan")}}, "nan is not"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(given: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        knobs.changed(Outer(), given)
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_no_settings_out_of_bounds_can_be_made_by_hand_either() -> None:
    with pytest.raises(Refused, match="at most 9"):
        Outer(count=10)


def test_every_setting_is_a_flag_that_says_what_it_is_and_what_it_is_without_it() -> None:
    parser = argparse.ArgumentParser()
    knobs.add_flags(parser, Outer, leave_out=("colour",))
    chosen = parser.parse_args(["--count", "5", "--loud", "--share", "0.25"])
    assert knobs.given_flags(chosen, Outer) == {"count": 5, "loud": True, "share": 0.25}
    assert knobs.given_flags(parser.parse_args(["--no-loud"]), Outer) == {"loud": False}
    assert "how many (default 3)" in parser.format_help() and "--colour" not in parser.format_help()


def test_named_values_are_json_or_text_and_dots_lead_inside() -> None:
    said = ["count=4", "colour=red", "inner.width=2", 'inner.names=["a"]']
    assert knobs.changed(Outer(), knobs.named(said)) == Outer(4, inner=Inner(2.0, ("a",)))
    for wrong in (["count"], ["inner=2", "inner.width=3"]):
        with pytest.raises(Refused):
            knobs.named(wrong)


@pytest.mark.parametrize("kind", [SelfInstructSettings, ReinstructSettings, SelectSettings, SelectionSettings])
def test_every_setting_of_winnow_is_told_in_words_and_its_default_fits(kind: Any) -> None:
    kind()
    untold = [one.name for one in knobs.settings_of(kind).values() if not one.knob.label and one.knob == Knob()]
    assert set(untold) <= {"preset", "endpoint", "rules"}  # chosen elsewhere on a screen, or a group of their own
