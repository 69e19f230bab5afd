"""What a setting is: type, default, bounds and a sentence in one place; form, flag and validation are read from it.

A room's settings are a frozen dataclass whose fields say so themselves, and whose `__post_init__` calls `check`:

    prompts_per_batch: Annotated[int, Knob("prompts a batch", least=1)] = 5
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from annotated_types import BaseMetadata, Ge, GroupedMetadata, Gt, Le, MaxLen

from core.records import Refused
from core.words import with_capital

if TYPE_CHECKING:
    from pydantic import TypeAdapter

S = TypeVar("S")
TOGETHER = 1_000  # the most of what is drawn together: a batch is planned whole before anything of it is asked
QUOTED = 200  # characters of a text that is refused: of a longer one its length is told
WHOLE = 2**53 - 1  # the largest whole number that a form's field, a browser and JSON elsewhere hold exactly


@dataclass(frozen=True)
class Knob(GroupedMetadata):
    """What a person is told of a setting, and its bounds. `above` is a bound that is not reached itself.

    `places` are the names in braces that a prompt must have; `group` is the part of a form that a setting stands in;
    `never` are the choices that are not offered.
    """

    label: str = ""
    help: str = ""
    least: float | None = None
    most: float | None = None
    above: float | None = None
    step: float | None = None
    places: tuple[str, ...] = ()
    lines: int = 1  # of text
    longest: int | None = None  # in characters
    group: str = ""
    never: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[BaseMetadata]:
        """The bounds as pydantic reads them."""
        if self.least is not None:
            yield Ge(self.least)
        if self.above is not None:
            yield Gt(self.above)
        if self.most is not None:
            yield Le(self.most)
        if self.longest is not None:
            yield MaxLen(self.longest)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a class of settings: its name, its type without None, whether None is allowed, and its knob."""

    name: str
    type: Any
    may_be_none: bool
    default: Any
    knob: Knob

    @property
    def choices(self) -> tuple[Any, ...]:
        """What may be chosen, for a setting that is a choice."""
        return tuple(one for one in self.type if one not in self.knob.never)

    @property
    def label(self) -> str:
        return self.knob.label or self.name.replace("_", " ")

    @property
    def heading(self) -> str:
        """The label as a form shows it; it is written small, for sentences of the terminal go on with it."""
        return with_capital(self.label)

    @property
    def wants(self) -> str:
        """What a value must be, in words: "a whole number of at least 1"."""
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            kind = f"one of {', '.join(str(one.value) for one in self.choices)}"
        elif is_dataclass(self.type):
            kind = f"an object with some of {', '.join(one.name for one in fields(self.type))}"
        else:
            kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
            other = "an object of names and values" if get_origin(self.type) is Mapping else "a list of texts"
            kind = kinds.get(self.type, other)
        return kind + self._bounds + (", or null" if self.may_be_none else "")

    @property
    def _bounds(self) -> str:
        knob = self.knob
        parts = [
            f"at least {knob.least:g}" if knob.least is not None else "",
            f"above {knob.above:g}" if knob.above is not None else "",
            f"at most {knob.most:g}" if knob.most is not None else "",
            f"of at most {knob.longest:,} characters" if knob.longest is not None else "",
        ]
        said = " and ".join(part for part in parts if part)
        return f"{',' if knob.longest is None else ''} {said}" if said else ""


@cache
def settings_of(kind: Any) -> Mapping[str, Setting]:
    """The settings of a class of settings by name, in the order in which they are written down."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for one in fields(kind):
        bare, knob = hints[one.name], Knob()
        if get_origin(bare) is Annotated:
            bare, *notes = get_args(bare)
            knob = next((note for note in notes if isinstance(note, Knob)), knob)
        may_be_none = get_origin(bare) in (Union, UnionType) and NoneType in get_args(bare)
        if may_be_none:
            bare = next(part for part in get_args(bare) if part is not NoneType)
        default = one.default if one.default is not MISSING else None
        if one.default_factory is not MISSING:
            default = one.default_factory()
        found[one.name] = Setting(one.name, bare, may_be_none, default, knob)
    return found


def check(settings: Any) -> None:
    """Raise Refused with one sentence where a value is not of its type or out of its bounds."""
    kind: Any = type(settings)
    for name, setting in settings_of(kind).items():
        value = getattr(settings, name)
        missing = [place for place in setting.knob.places if "{" + place + "}" not in value]
        if missing:
            raise Refused(f"The prompt {name} must contain {{{missing[0]}}}; put it where that text belongs.")
        if not _is_default(setting, value) and not _fits(kind, name, value):
            raise _refused(name, setting, value)


def _is_default(setting: Setting, value: Any) -> bool:
    """Whether this is the default, which fits (a test holds them to it): most verbs and pages load no checks for it."""
    if value is None:  # stands for "there is no default" too
        return setting.may_be_none
    plain = type(value) is type(setting.default) and isinstance(value, str | int | float)
    return value is setting.default or (plain and value == setting.default)


def _fits(kind: Any, name: str, value: Any) -> bool:
    from pydantic import ValidationError  # slow to load

    try:
        _adapters(kind)[name].validate_python(value, strict=True)
    except ValidationError:
        return False
    return not isinstance(value, int) or abs(value) <= WHOLE


def changed(settings: S, given: Mapping[str, Any], within: str = "") -> S:
    """The settings with the given values in place of theirs, as JSON or a form has them.

    A setting inside another may be given in part. Raises Refused for an unknown name or a value that doesn't fit.
    """
    kind: Any = type(settings)
    known = settings_of(kind)
    unknown = [name for name in given if name not in known]
    if unknown:
        raise Refused(f'There is no setting "{within}{unknown[0]}"; there are {", ".join(known)}.')
    new = {name: _value(settings, known[name], value, within + name) for name, value in given.items()}
    return replace(settings, **new)  # type: ignore[type-var]  # S is a dataclass


def _value(settings: Any, setting: Setting, value: Any, path: str) -> Any:
    default = setting.default
    as_json = default.value if isinstance(default, Enum) else default
    if value is not None and type(value) is type(as_json) and isinstance(value, str | int | float) and value == as_json:
        return default
    if is_dataclass(setting.type):
        if isinstance(value, Mapping):
            return changed(getattr(settings, setting.name), value, f"{path}.")
        if type(value) is setting.type:
            return value
    from pydantic import ValidationError

    kind: Any = type(settings)
    try:
        return _adapters(kind)[setting.name].validate_json(json.dumps(value), strict=True)
    except (ValidationError, TypeError):
        raise _refused(path, setting, value) from None


def add_flags(
    parser: argparse.ArgumentParser,
    kind: Any,
    *,
    leave_out: tuple[str, ...] = (),
    of: str = "the run",
    paper: Any = None,
) -> None:
    """Add an option to a verb for every setting that is one number, switch, word or choice.

    Its help says the default, and beside it what the settings `paper` have, those of the paper or its program.
    """
    options = parser.add_argument_group(f"settings of {of}")
    for name, setting in settings_of(kind).items():
        if name in leave_out or setting.knob.lines > 1:
            continue
        flag = "--" + name.replace("_", "-")
        beside = "" if paper is None else f", paper {shown(getattr(paper, name))}"
        usual = "" if setting.default in (None, "") and not beside else f" (default {shown(setting.default)}{beside})"
        told = f"{setting.label}{usual}".replace("%", "%%")
        if setting.type is bool:
            options.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=None, help=told)
        elif setting.type in (int, float, str):
            options.add_argument(flag, dest=name, type=setting.type, metavar=setting.type.__name__.upper(), help=told)
        elif isinstance(setting.type, type) and issubclass(setting.type, Enum):
            options.add_argument(flag, dest=name, choices=[str(one.value) for one in setting.choices], help=told)


def shown(value: Any) -> str:
    """A setting's value as help and documents show it."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return str(value.value) if isinstance(value, Enum) else str(value)


def given_flags(chosen: argparse.Namespace, kind: Any, *, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """The settings whose option was given, by name."""
    values = {name: getattr(chosen, name, None) for name in settings_of(kind) if name not in leave_out}
    return {name: value for name, value in values.items() if value is not None}


def named(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE options as a mapping; values are JSON or else text, a name with a dot is a setting inside another."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise Refused(f'"{pair}" is not NAME=VALUE; for example --set novelty_threshold=0.6.')
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, lists in lists in lists
            read = value
        *outer, last = name.strip().split(".")
        within = found
        for part in outer:
            within = within.setdefault(part, {})
            if not isinstance(within, dict):
                raise Refused(f'"{pair}" sets a part of {part}, which was set as a whole before; name it once.')
        within[last] = read
    return found


@cache
def _adapters(kind: Any) -> Mapping[str, TypeAdapter[Any]]:
    from pydantic import TypeAdapter

    hints = get_type_hints(kind, include_extras=True)
    return {one.name: TypeAdapter(hints[one.name]) for one in fields(kind)}


def _refused(name: str, setting: Setting, value: Any) -> Refused:
    label = f" ({setting.knob.label})" if setting.knob.label else ""
    if isinstance(value, int) and abs(value) > WHOLE:
        return Refused(f"The setting {name}{label} is {setting.wants}; that number has too many digits.")
    if isinstance(value, str) and len(value) > QUOTED:
        return Refused(f"The setting {name}{label} is {setting.wants}; this has {len(value):,} characters.")
    return Refused(f"The setting {name}{label} is {setting.wants}; {value!r} is not.")
