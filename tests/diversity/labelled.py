"""The instructions with hand-made verbs and nouns, and a score against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.diversity.verbnoun import VerbNoun

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Labelled:
    """An instruction, and the verbs and nouns that are right for it ("-" where there is none)."""

    instruction: str
    verbs: frozenset[str]
    nouns: frozenset[str]

    def agrees(self, pair: VerbNoun) -> bool:
        """Whether both are right."""
        return (pair.verb or "-") in self.verbs and (pair.noun or "-") in self.nouns


def labelled(name: str) -> list[Labelled]:
    """The rows of a file of instruction, verb and noun; "a|b" allows either, a line break is written \\n."""
    rows = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        instruction, verbs, nouns = line.split("\t")
        rows.append(
            Labelled(instruction.replace("\\n", "\n"), frozenset(verbs.split("|")), frozenset(nouns.split("|")))
        )
    return rows


def misses(rows: Sequence[Labelled], pairs: Iterable[VerbNoun]) -> list[str]:
    """What was got wrong, for a message that can be read."""
    return [
        f"{row.instruction[:80]!r} gave {pair.verb}, {pair.noun}"
        for row, pair in zip(rows, pairs, strict=True)
        if not row.agrees(pair)
    ]
