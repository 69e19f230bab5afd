"""What a run says of its requests when it ends: settings that weren't taken, replies that were no whole answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.llm import fates, findings
from core.words import number_of


def notes(counts: Mapping[str, Any], *, recorded: bool = False) -> str:
    """Return the sentences for a run's counts (`Client.figures`), "" where there is nothing to say.

    `recorded`: its replies were the demo's, of which it says what became of them and no advice.
    """
    surplus = counts.get("surplus", 0)
    too_many = f"{number_of(surplus, 'item')} beyond what one reply may bring were left out." if surplus else ""
    declined = counts.get("declined", 0)
    in_words = (
        f"{number_of(declined, 'reply')} declined in plain words; another model or system message may answer them."
    )
    said = [
        fates.told(counts.get("fates", {}), recorded=recorded),
        findings.told(counts.get("not_taken", {})),
        too_many,
    ]
    said.append(in_words if declined else "")
    return " ".join(filter(None, said))


def explain(counts: Mapping[str, Any]) -> bool:
    """Whether the replies themselves say why nothing new came, so that no other seeds need be tried."""
    return fates.explain_nothing_new(counts.get("fates", {}))
