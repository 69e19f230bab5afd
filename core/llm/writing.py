"""What a model in this process is asked and what it wrote: the words between its queue and its generator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decoding:
    """How replies are sampled; requests that share it are answered together."""

    most: int
    temperature: float
    top_p: float
    presence: float
    frequency: float
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """One reply: its text, why it ended, and the tokens of prompt and reply."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


class Declined(Exception):
    """A request that this model can't answer, in the words and with the status that a server would use."""

    def __init__(self, status: int, message: str, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param
