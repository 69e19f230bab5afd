"""What a person orders: a rule, formats, a split. Kept with the release and handed to a run as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.records import Refused
from core.release.formats import chosen
from core.release.options import PLAIN, WHOLE, Style
from core.release.predicate import Predicate, predicate_of
from core.release.split import Shares


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """A release as it is asked for; `title` is the pool's name where it is empty, `license` a Hub licence id.
    `description`, `version` and `languages` (ISO codes) stand in the card.

    `thoughts`: those of reasoning models go out with the outputs; `fields`: columns of imported rows, beside the texts.

    Raises Refused for a format that does not exist, and for a seed that a manifest cannot hold.
    """

    formats: tuple[str, ...]
    predicate: Predicate = field(default_factory=Predicate)
    shares: Shares = WHOLE
    seed: int = 1
    style: Style = PLAIN
    thoughts: bool = False
    fields: tuple[str, ...] = ()
    title: str = ""
    license: str = ""
    description: str = ""
    version: str = ""
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        chosen(self.formats)
        if abs(self.seed) >= 1 << 63:
            raise Refused("A seed has at most 18 digits; choose a smaller number.")

    def as_json(self) -> dict[str, Any]:
        """The order as JSON can hold it."""
        return {
            "formats": list(self.formats),
            "predicate": self.predicate.as_json(),
            "shares": [self.shares.train, self.shares.validation, self.shares.test],
            "seed": self.seed,
            "style": asdict(self.style),
            "thoughts": self.thoughts,
            "fields": list(self.fields),
            "title": self.title,
            "license": self.license,
            "description": self.description,
            "version": self.version,
            "languages": list(self.languages),
        }


def order_of(stored: Mapping[str, Any]) -> ReleaseOrder:
    """The order that `as_json` wrote."""
    return ReleaseOrder(
        tuple(stored["formats"]),
        predicate_of(stored["predicate"]),
        Shares(*stored["shares"]),
        stored["seed"],
        Style(**stored["style"]),
        thoughts=stored.get("thoughts", False),  # orders that were kept before there were any
        fields=tuple(stored.get("fields", ())),
        title=stored["title"],
        license=stored["license"],
        description=stored.get("description", ""),
        version=stored.get("version", ""),
        languages=tuple(stored.get("languages", ())),
    )
