"""From the body that was asked for to the one that a model takes, and what of the asking had no effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.llm.body import LIMITS, limit_of, stops_of
from core.llm.findings import THINKING_ROOM, ModelFindings, ParameterVerdict
from core.llm.known import WHITE_SPACE

LEAST_ROOM = 2_048  # tokens in which a model that thinks can mostly finish a thought and an answer

SENT = "winnow_sent"  # in a reply's body: what was sent differently from the recorded request
LEFT_OUT = (ParameterVerdict.REFUSED, ParameterVerdict.ABSENT, ParameterVerdict.SWALLOWED)
NEVER_LEFT_OUT = ("model", "prompt", "messages", "input", *LIMITS)


def fit(asked: Mapping[str, Any], findings: ModelFindings, limit: int | None = None) -> Mapping[str, Any]:
    """Return the body to send: what was asked for, without or under other names where that is known.

    `limit` is a shorter reply that the server made us ask for. A body that nothing is known about comes back itself.
    """
    sent = dict(asked)
    room = findings.get(THINKING_ROOM)
    now = limit_of(asked)
    if room is not None:
        sent.pop("stop", None)  # it would end the thoughts; it is cut here
        if limit is None and now is not None and now < LEAST_ROOM:
            limit = now + int(room.value)
    if limit is not None and (name := next((one for one in LIMITS if one in sent), None)):
        sent[name] = limit
    for name, finding in findings.items():
        if name not in sent:
            continue
        if finding.verdict is ParameterVerdict.RENAMED:
            sent[str(finding.value)] = sent.pop(name)
        elif name == "stop" and (finding.verdict is ParameterVerdict.LIMITED or finding.value == WHITE_SPACE):
            stops = stops_of(sent)
            if finding.value == WHITE_SPACE:
                stops = tuple(stop for stop in stops if stop.strip())
            else:
                stops = those_that_matter(stops, int(finding.value))
            sent["stop"] = list(stops)
            if not stops:
                del sent["stop"]
        elif finding.verdict in LEFT_OUT and name not in NEVER_LEFT_OUT:
            del sent[name]
    return asked if sent == asked else sent


def not_taken(asked: Mapping[str, Any], sent: Mapping[str, Any], findings: ModelFindings) -> dict[str, str]:
    """Return the parameters of what was asked for that had no effect, each with its verdict."""
    missing = {}
    for name, value in asked.items():
        if name in NEVER_LEFT_OUT or sent.get(name) == value:
            continue
        finding = findings.get(name)
        verdict = (
            ParameterVerdict.CUT_HERE if name == "stop" else finding.verdict if finding else ParameterVerdict.REFUSED
        )
        if name not in sent or name == "stop":
            missing[name] = verdict.value
    return missing


def difference(asked: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was sent differently from what was asked for; None for what was left out."""
    names = sorted({*asked, *sent})
    return {name: sent.get(name) for name in names if sent.get(name) != asked.get(name)}


def those_that_matter(stops: Sequence[str], most: int) -> tuple[str, ...]:
    """Return at most so many stop sequences: first those without which a longer one would never be met."""
    needed = [stop for stop in stops if not any(other != stop and other in stop for other in stops)]
    return tuple(dict.fromkeys([*needed, *stops]))[: max(0, most)]


def cut(text: str, stops: Sequence[str]) -> str | None:
    """Return the text before the first stop sequence in it, None where there is none."""
    places = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
    return text[: min(places)] if places else None
