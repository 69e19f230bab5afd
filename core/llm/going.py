"""One request on its way: what differs from the recorded one so far, and how its answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.llm import fitting
from core.llm.body import LIMITS, limit_of, stops_of
from core.llm.errors import ParameterRefused
from core.llm.findings import ModelFinding, ModelFindings, ParameterVerdict
from core.llm.fitting import SENT as SENT
from core.llm.lengths import Room
from core.llm.prices import guessed_tokens
from core.llm.reading import Answer
from core.records import Request

SHRINK, SHORTEST_REPLY = 0.8, 32  # of max_tokens where prompt and reply don't fit, as the paper's client does
TRUSTED = 3  # times that a server's own numbers are tried, before the steps of 80% go on alone
LEAST_SHARE = 0.5  # of a reply that the account can still pay for: a shorter one would be cut for certain
MORE, MOST_ROOM = 4, 32_768  # tokens of a reply that was all thoughts, when asked for again


@dataclass(slots=True)
class Going:
    """One request on its way."""

    request: Request
    headers: Mapping[str, str]
    request_id: int = 0
    limit: int | None = None
    shrunk: int = 0
    learnt: set[str] = field(default_factory=set)

    def body(self, findings: ModelFindings) -> Mapping[str, Any]:
        """The body to send: exactly the recorded one, save for what the server made us change."""
        return fitting.fit(self.request.body, findings, self.limit)

    def shrink(self, room: Room) -> bool:
        """Ask for a shorter reply from now on: one that fits, else 80%; False where it is as short as it may be."""
        now = self.limit or limit_of(self.request.body)
        if now is None or now <= SHORTEST_REPLY:
            return False
        fits = room.for_reply(guessed_tokens(self.request.prompt))
        self.shrunk += 1
        if fits is not None and fits < now and self.shrunk <= TRUSTED:
            if fits < SHORTEST_REPLY or (room.most is not None and room.context is None and fits < now * LEAST_SHARE):
                return False
            self.limit = fits
        else:
            self.limit = max(SHORTEST_REPLY, int(now * SHRINK))
        return True

    def finding(self, refused: ParameterRefused) -> ModelFinding | None:
        """What a refusal teaches; None where it can't be helped, or the same was tried for this request before."""
        name = refused.name
        if name in self.learnt:
            return None
        self.learnt.add(name)
        if name in LIMITS:
            instead = refused.instead or {"max_tokens": "max_completion_tokens"}.get(name, "")
            if not instead or instead in self.learnt:
                return None
            return ModelFinding(name, ParameterVerdict.RENAMED, instead, refused.said)
        if name == "stop" and refused.most:
            return ModelFinding(name, ParameterVerdict.LIMITED, refused.most, refused.said)
        return ModelFinding(name, ParameterVerdict.REFUSED, None, refused.said)

    def read(self, answer: Answer) -> tuple[str, str]:
        """The answer's text and why it ended, cut at the request's stop sequences wherever the server didn't."""
        before = fitting.cut(answer.text, stops_of(self.request.body))
        return (answer.text, answer.finish_reason) if before is None else (before, "stop")

    def with_difference(self, body: Mapping[str, Any], sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply's body, with what was sent differently from the recorded request."""
        return body if sent is self.request.body else {**body, SENT: fitting.difference(self.request.body, sent)}


def with_more_room(request: Request, tries: int) -> Request | None:
    """Return the request for a longer reply, under a key of its own; None where it is as long as it may get."""
    now = limit_of(request.body)
    if now is None or now >= MOST_ROOM:
        return None
    name = next(one for one in LIMITS if request.body.get(one) is not None)
    limit = min(MOST_ROOM, max(fitting.LEAST_ROOM, now * MORE))
    key = f"room{tries}:{request.key.removeprefix(f'room{tries - 1}:')}"
    return replace(request, key=key, body={**request.body, name: limit})
