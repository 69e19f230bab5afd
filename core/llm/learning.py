"""What a client learns of a model while it asks: what it doesn't take, and which settings so had no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.llm import fitting, known
from core.llm.body import limit_of
from core.llm.errors import ParameterRefused
from core.llm.findings import THINKING_ROOM, Memory, ModelFinding, ModelFindings, NotTaken, ParameterVerdict, merged
from core.llm.going import SENT, Going
from core.llm.providers import Provider
from core.records import Request


class Learning:
    """What is known of a provider's models: beforehand, from earlier runs by `memory`, and from what they refuse now.

    With `leave_out` False a refused parameter ends its request instead of being left out.
    """

    def __init__(
        self, provider: Provider, memory: Memory, leave_out: bool = True, before: NotTaken | None = None
    ) -> None:
        self._provider, self._memory, self._leave_out = provider, memory, leave_out
        self._findings: dict[tuple[str, str], dict[str, ModelFinding]] = {}
        self._not_taken = merged(before or {}, {})

    @property
    def not_taken(self) -> NotTaken:
        """By step and parameter, which settings had no effect so far, and why."""
        return self._not_taken

    def known(self, request: Request) -> ModelFindings:
        """What is known of this request's model, by parameter."""
        place = (request.endpoint.value, request.model)
        if place not in self._findings:
            beforehand = known.of(self._provider, request.endpoint, request.model)
            self._findings[place] = {**beforehand, **self._memory.known(request.endpoint, request.model)}
        return self._findings[place]

    def refused(self, refused: ParameterRefused, going: Going) -> None:
        """Remember what the model doesn't take, so that it goes without; raise where that was tried or isn't wanted."""
        finding = going.finding(refused)
        if finding is None or (not self._leave_out and finding.verdict is ParameterVerdict.REFUSED):
            raise refused
        self.remember(going.request, finding)

    def more_room(self, request: Request, roomier: Request) -> None:
        """Give a model that thinks within its limit that much more from the start."""
        room = (limit_of(roomier.body) or 0) - (limit_of(request.body) or 0)
        before = self.known(request).get(THINKING_ROOM)
        if before is None or int(before.value) < room:
            said = "A reply was all thoughts within its limit, so replies get more room."
            self.remember(request, ModelFinding(THINKING_ROOM, ParameterVerdict.LEARNT, room, said))

    def tell(self, request: Request, body: Mapping[str, Any]) -> None:
        """Keep which of the request's settings had no effect, by what its reply's body says was sent differently."""
        different = body.get(SENT)
        if not isinstance(different, Mapping):
            return
        sent = {name: value for name, value in {**request.body, **different}.items() if value is not None}
        missing = fitting.not_taken(request.body, sent, self.known(request))
        if missing:
            self._not_taken = merged(self._not_taken, {request.step: missing})

    def remember(self, request: Request, finding: ModelFinding) -> None:
        """Know a finding from now on, here and in the memory."""
        finding = replace(finding, as_of=datetime.now(UTC).date().isoformat())
        self.known(request)
        self._findings[request.endpoint.value, request.model][finding.parameter] = finding
        self._memory.note(request.endpoint, request.model, finding)
