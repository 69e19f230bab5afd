"""How long a reply may be, read from the words of a server that finds it too long."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"[`'\"]?(\d[\d,]*)"
_CONTEXT = (
    re.compile(rf"max_model_len\W{{0,4}}{_NUMBER}"),
    re.compile(rf"(?:maximum|model'?s?) context (?:length|size|window)(?: of this model)?(?: is| of)? {_NUMBER}", re.I),
    re.compile(rf"context (?:length|size|window)\s*(?:of|is|=|:|\()\s*\(?{_NUMBER}", re.I),
    re.compile(rf"n_ctx\W{{1,4}}{_NUMBER}"),
)
_PROMPT = (
    re.compile(rf"\(?{_NUMBER} (?:tokens )?(?:in|from|of) (?:the|your) (?:messages|prompt|input|text)", re.I),
    re.compile(rf"has {_NUMBER} input tokens", re.I),
    re.compile(rf"{_NUMBER} of text input", re.I),
    re.compile(rf"prompt (?:contains at least|has|contains|is) {_NUMBER} (?:input )?tokens", re.I),
)
_MOST = (
    re.compile(rf"can only afford {_NUMBER}", re.I),
    re.compile(
        rf"(?:max(?:imum)?[ _](?:value|tokens|output|completion)\S*.{{0,60}}?|integer.{{0,40}})<= ?{_NUMBER}", re.I
    ),
    re.compile(rf"less than or equal to {_NUMBER}", re.I),
    re.compile(rf"> ?{_NUMBER},? which is the maximum", re.I),
    re.compile(rf"valid range\D{{0,40}}\[\d+, ?{_NUMBER}", re.I),
    re.compile(rf"supports? at most {_NUMBER}", re.I),
    re.compile(rf"range of max_tokens\D{{0,20}}\[\d+, ?{_NUMBER}", re.I),
)


@dataclass(frozen=True, slots=True)
class Room:
    """What a server says fits: tokens of prompt and reply together, of this prompt, of a reply at most."""

    context: int | None = None
    prompt: int | None = None
    most: int | None = None

    def for_reply(self, guessed_prompt: int) -> int | None:
        """Return the longest reply that fits, with a guess at the prompt where the server doesn't say; None unknown."""
        fits = [] if self.most is None else [self.most]
        if self.context is not None:
            fits.append(self.context - (guessed_prompt if self.prompt is None else self.prompt))
        return min(fits) if fits else None


def read(message: str) -> Room:
    """Return the room that a complaint names; all None where it names no number."""
    return Room(_first(_CONTEXT, message), _first(_PROMPT, message), _first(_MOST, message))


def _first(patterns: tuple[re.Pattern[str], ...], message: str) -> int | None:
    for pattern in patterns:
        if (found := pattern.search(message)) and len(found[1]) < 12:
            return int(found[1].replace(",", ""))
    return None
