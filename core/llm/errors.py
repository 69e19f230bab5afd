"""What can go wrong between Winnow and a model.

ModelError                    anything below; the message is one sentence with the next step, and never holds the key
├── NoServer                  nothing answers at the address
├── TimedOut                  the server was reached and didn't answer in time
├── WrongKey                  the key is missing, wrong, or may not use this model
├── UnknownModel              the server has no model of that name
├── NoSuchEndpoint            this server or model has no such endpoint, and maybe another
├── RateLimited               429: slow down and try again
├── QuotaExhausted            429 or 402 that no waiting cures: the account has no credit left
├── ContextTooLong            prompt and reply together exceed what the model can hold
├── TooManyTexts              more texts than the server makes embeddings of in one request
├── ParameterRefused          the model doesn't accept one of the request's parameters
├── NeedsRoom                 the model spent all the tokens that a reply may have on thinking
├── NoAnswer                  a reply came and holds no answer: refused, filtered, nothing but thoughts
│   └── Withheld              no reply came, and what came in its place is about this request alone
│       ├── ContentFiltered   the provider's content filter let the prompt not through
│       └── ErrorInReply      the server sent an error of its own under a status that promises an answer
├── RequestRefused            the server declined the request for another reason
├── ServerFailed              5xx, 408, 409: the server's own trouble
├── BadReply                  an answer came and can't be read: not JSON, cut off, no choices
├── BudgetExceeded            the run's budget doesn't allow another request
├── PriceUnknown              a budget in dollars with a model whose price isn't known
├── ParcelTrouble             a batch of requests as a whole can't be handed over, or not be fetched home
├── AwaitsFile                the requests wait in a file for somebody who brings their answers
└── Stopped                   the run was asked to stop before this request was sent
"""

from __future__ import annotations

from dataclasses import replace

from core.llm.lengths import Room
from core.records import Reply, WinnowError


class ModelError(WinnowError):
    """A model can't be used, or not now."""

    may_succeed_later = False
    """Whether the same request can succeed when it is sent again."""
    may_be_charged = False
    """Whether the endpoint may have charged for the attempt though no reply came."""


class NoServer(ModelError):
    """Nothing answers at the address."""

    may_succeed_later = True


class TimedOut(ModelError):
    """The server was reached and didn't answer in time."""

    may_succeed_later = True
    may_be_charged = True


class WrongKey(ModelError):
    """The key is missing, wrong, or may not use this model."""


class UnknownModel(ModelError):
    """The server has no model of that name."""


class NoSuchEndpoint(ModelError):
    """This server or model has no such endpoint; the sentence names the one to choose."""


class RateLimited(ModelError):
    """The server asks for a pause: `retry_after` is its length in seconds, None where it names none."""

    may_succeed_later = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExhausted(ModelError):
    """The account has no credit left; waiting doesn't help."""


class ContextTooLong(ModelError):
    """Prompt and reply together exceed what the model can hold, or may cost; `room` is what fits, if it is told."""

    def __init__(self, message: str, room: Room | None = None) -> None:
        super().__init__(message)
        self.room = room or Room()


class TooManyTexts(ModelError):
    """More texts than the server takes in one request; `most` is how many it takes, where it says so."""

    def __init__(self, message: str, most: int | None = None) -> None:
        super().__init__(message)
        self.most = most


class ParameterRefused(ModelError):
    """The model doesn't accept the parameter `name`.

    `instead` is the one that it asks for, `most` how many stop sequences it takes, `said` its words, where it says so.
    """

    def __init__(self, message: str, name: str, instead: str = "", most: int | None = None, said: str = "") -> None:
        super().__init__(message)
        self.name, self.instead, self.most, self.said = name, instead, most, said


class RequestRefused(ModelError):
    """The server declined the request for a reason of its own."""


class NeedsRoom(RequestRefused):
    """The model spent all the tokens that a reply may have on thinking, and the server sends that as an error."""


class NoAnswer(RequestRefused):
    """A reply came, is stored, and holds no answer: refused, filtered, nothing but thoughts. `reply` is that one."""

    def __init__(self, message: str, reply: Reply) -> None:
        super().__init__(message)
        self.reply = reply


class Withheld(NoAnswer):
    """No reply came, and what came in its place is about this request alone; `reply` holds the server's words.

    It is stored as a failed attempt, so that a resume asks again; `why` is the reason that is stored with it.
    """

    why = ""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message, Reply(0, said, self.why, None, None, None, 0.0, {}))

    def at(self, request_id: int) -> str:
        """Keep which request it was, and return `why`."""
        self.reply = replace(self.reply, request_id=request_id)
        return self.why


class ContentFiltered(Withheld):
    """The provider's content filter let the prompt not through."""

    why = "content_filter"


class ErrorInReply(Withheld):
    """The server sent an error of its own under a status that promises an answer, as gateways do."""

    why = "error"

    def __init__(self, message: str, said: str = "", *, passing: bool = False) -> None:
        """`passing`: the same request may well succeed in a moment."""
        super().__init__(message, said)
        self.may_succeed_later = passing


class ServerFailed(ModelError):
    """The server's own trouble; `retry_after` as in RateLimited."""

    may_succeed_later = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadReply(ModelError):
    """An answer came and can't be read: not JSON, cut off, no choices."""

    may_succeed_later = True
    may_be_charged = True


class BudgetExceeded(ModelError):
    """The run's budget doesn't allow another request."""


class PriceUnknown(ModelError):
    """A budget in dollars can't be kept with a model whose price isn't known."""


class ParcelTrouble(ModelError):
    """A batch of requests as a whole can't be handed over, or not be fetched home; it says nothing of each of them."""


class AwaitsFile(ModelError):
    """The requests wait in a file for somebody who brings their answers."""


class Stopped(ModelError):
    """The run was asked to stop before this request was sent."""


ABOUT_ONE_REQUEST = (ContextTooLong, BadReply, RequestRefused)
"""Errors that are about one request alone: the others may well succeed."""

NO_ANSWER_YET = (Stopped, ParcelTrouble, AwaitsFile)
"""Errors that are no attempt at a request: it was never sent, or is still on its way with others."""
