"""What other thresholds would do to texts that are at hand: those kept, and those that failed one rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.corpus.select import verdict
from core.corpus.select_settings import SelectSettings
from core.corpus.texts_kept import CorpusText, Miss
from core.corpus.verbs import Verbs


@dataclass(frozen=True, slots=True)
class TuningEffect:
    """Texts that would go, with the rules that drop them, and misses that would come in."""

    goes: tuple[tuple[CorpusText, tuple[str, ...]], ...]
    comes: tuple[Miss, ...]


def tune(kept: Sequence[CorpusText], misses: Sequence[Miss], settings: SelectSettings, verbs: Verbs) -> TuningEffect:
    """Return what a selection with these thresholds would decide otherwise about these texts."""
    judged = ((text, verdict(text.text, settings, verbs)) for text in kept)
    return TuningEffect(
        tuple((text, found.failed) for text, found in judged if not found.kept),
        tuple(miss for miss in misses if verdict(miss.text, settings, verbs).kept),
    )
