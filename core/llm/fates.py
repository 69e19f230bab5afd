"""What becomes of a reply that holds no answer, and the sentences for it when a run ends."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.llm.errors import NoAnswer
from core.records import Fate, Reply
from core.words import number_of

SENTENCES: Mapping[Fate, tuple[str, str]] = {
    Fate.CUT: ("was cut by its length limit", "were cut by their length limit; raise max_tokens"),
    Fate.REFUSED: (
        "was refused by the model",
        "were refused by the model; another model or system message may answer them",
    ),
    Fate.FILTERED: (
        "was withheld by the provider's content filter",
        "were withheld by the provider's content filter; another provider may let this subject through",
    ),
    Fate.THOUGHTS: (
        "spent all its tokens on thinking",
        "spent all their tokens on thinking; raise max_tokens, or lower the model's reasoning effort",
    ),
    Fate.FAULTY: (
        "held an error of the server instead of an answer",
        "held an error of the server instead of an answer; resume later, or use another model or provider",
    ),
    Fate.EMPTY: ("was empty", "were empty; the stop sequences or the endpoint may not fit this model"),
}
DECLINING = 600  # characters of a reply that only declines
_CANNOT = (
    r"(?:i|we)(?: can't| cannot| can not| can no longer| won't| will not| must decline|'m not able to| am not able to"
    r"|'m unable to| am unable to| are unable to)"
)
_SORRY = r"(?:i'm|i am|we're|we are)?\s*(?:very |truly |really )?(?:sorry|i apologi[sz]e|my apologies|unfortunately)"
_ITS = r"(?: to| in| with)? (?:that|this|it|such|your|you with|the request|any|content)"
_DECLINED = re.compile(
    rf"(?:{_SORRY}[,.!:;]?(?: but| however)?,?\s+{_CANNOT}\b"
    rf"|(?:as an? (?:ai|language|large)[^,.]{{0,40}},\s*)?{_CANNOT}(?:$|[.!]| (?:help|assist|comply)(?:$|[.!]|{_ITS})"
    rf"| (?:provide|fulfil|fulfill|answer|create|generate|write|produce|continue|do|complete|support|share|engage"
    rf"|discuss){_ITS}))",
    re.IGNORECASE,
)
WITHOUT_ANSWER = (Fate.REFUSED, Fate.FILTERED, Fate.THOUGHTS, Fate.FAULTY)


def answered(reply: Reply) -> Reply:
    """Return the reply if it holds an answer, be it cut or empty. Raises NoAnswer, whose sentence says why not."""
    if reply.fate in WITHOUT_ANSWER:
        raise NoAnswer(f"The reply to request {reply.request_id} {SENTENCES[reply.fate][0]}.", reply)
    return reply


def declines(text: str) -> bool:
    """Whether a text, short and as a whole, declines to answer: how models refuse that have no field for it."""
    plain = text.strip().replace("’", "'")
    return len(plain) <= DECLINING and "?" not in plain and _DECLINED.match(plain) is not None


def told(fates: Mapping[str, int], *, recorded: bool = False) -> str:
    """Return one sentence for each way in which replies were no whole answers, "" where all were.

    It ends with what to do about it, but of `recorded` replies, which nobody can have otherwise.
    """
    said = []
    of = number_of(sum(fates.values()), "reply")
    for fate, (one, many) in SENTENCES.items():
        n = fates.get(fate.value, 0)
        many, mark, advice = many.partition("; ")
        advice = "" if recorded else mark + advice
        if n == 1:
            said.append(f"1 of {of} {one}{advice}.")
        elif n:
            said.append(f"{n:,} of {of} {many}{advice}.")
    return " ".join(said)


def explain_nothing_new(fates: Mapping[str, int]) -> bool:
    """Whether most of a run's replies held no whole answer, so that more of the same draws would not help."""
    wanting = sum(fates.get(fate.value, 0) for fate in SENTENCES)
    return wanting * 2 > sum(fates.values())
