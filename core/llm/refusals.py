"""Which parameter a server refuses, read from its own words in every shape that is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NOT_PARAMETERS = ("model", "prompt", "messages", "input")
REFUSING = re.compile(
    r"unsupported|not supported|does(n't| not) support|unrecogni[sz]ed|unknown|extra (inputs|fields)|not permitted"
    r"|not allowed|is(n't| not) enabled|not available|cannot (both )?be|can(no|')t be|deprecated|incompatible"
    r"|unexpected|invalid|must be|must contain|should be|may only be|too (many|long)|at most|supports up to"
    r"|out of range|no endpoints|supported range|only the default|no longer|非法|不支持|无效",
    re.IGNORECASE,
)
_NOT_BOTH = re.compile(
    r"cannot both be|can('t| ?not) (be )?(specif|us|set)\w* both|only one of|not both", re.IGNORECASE
)
_PENALTIES = ("presence_penalty", "frequency_penalty")
_PENALTY = re.compile(r"\bpenalt(y|ies)\b", re.IGNORECASE)
_ALSO_WORDS = ("stop", "seed", "n", "user", "store", "tools", "reasoning", "thinking")
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_MOST = re.compile(
    r"(?:maximum(?: length| number)?(?: of)?|at most|up to|no more than|limit(?:ed)?(?: of| to)?|<=)\D{0,12}(\d+)", re.I
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parameter that a server doesn't take as it was sent; `instead` its other name, `most` how many it takes."""

    name: str
    instead: str = ""
    most: int | None = None


def refusal(parameters: Sequence[str], message: str, named: str, code: str) -> Refusal | None:
    """Return what is refused of the `parameters` that were sent, None where the words are about none of them.

    `named` is the parameter that the server names beside its message, in whatever spelling.
    """
    ours = {_plain(name): name for name in parameters if name not in NOT_PARAMETERS}
    if _NOT_BOTH.search(message):
        spoken = {ours[word] for word in _words(message) if word in ours}
        for name in ("top_p", "top_k", "temperature"):
            if name in spoken:
                return Refusal(name)
    name = ours.get(_plain(re.split(r"[.\[]", named)[0]), "")
    if not name and (REFUSING.search(message) or "unsupported" in code):
        spoken_of = (ours[word] for word in _words(message) if word in ours)
        name = next((one for one in spoken_of if one not in _ALSO_WORDS or _as_parameter(one, message)), "")
        if not name and _PENALTY.search(message):
            name = next((penalty for penalty in _PENALTIES if penalty in parameters), "")
    if not name:
        return None
    most = _MOST.search(message) if name == "stop" else None
    return Refusal(name, _other_name(name, message), int(most[1]) if most and 0 < int(most[1]) < 100 else None)


def _as_parameter(name: str, message: str) -> bool:
    """Whether a message means the parameter of that name, which is a word of its own too."""
    before = r"(?:parameters?|arguments?|fields?|model:?)\W{0,3}"
    after = r"\W?\s?(?:parameter|argument|sequence|field|is not|are not|is un)"
    return re.search(rf"['\"`]{name}['\"`]|{before}{name}\b|\b{name}{after}", message, re.I) is not None


def _other_name(name: str, message: str) -> str:
    if name not in _LIMITS:
        return ""
    return next((other for other in _LIMITS if other != name and other in message), "")


def _words(message: str) -> Iterator[str]:
    """The words of a message as parameters are spelt: camelCase, dashes and quotation marks taken off."""
    for word in re.findall(r"[A-Za-z][A-Za-z_-]*", message):
        plain = _plain(word)
        yield "stop" if plain == "stopsequences" else plain


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
