"""How often a request is tried again, and how long everybody rests before that."""

from __future__ import annotations

import random
from dataclasses import dataclass

from core.llm.errors import ModelError, NoServer, RateLimited, ServerFailed

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 1.0, 30.0
LONGEST_PAUSE_S = 600.0  # a server that asks for more is told to a person instead of waited for
PATIENCE_WITH_LIMITS = 5  # times max_attempts: being told to wait costs nothing
ATTEMPTS_AT_AN_UNKNOWN_SERVER = 2  # a wrong address should be told at once


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one request is tried. `together`: with others, where each attempt may take a day."""

    max_attempts: int
    together: bool

    def worth_another(self, error: ModelError, failures: int, reached: bool) -> bool:
        """Whether to try again after so many failures; `reached`: the server has answered anything yet."""
        most = self.max_attempts
        if isinstance(error, RateLimited) and not self.together:
            most *= PATIENCE_WITH_LIMITS
        if isinstance(error, NoServer) and not reached:
            most = min(most, ATTEMPTS_AT_AN_UNKNOWN_SERVER)
        return error.may_succeed_later and failures < most and _asked_pause(error) <= LONGEST_PAUSE_S

    def rest(self, error: ModelError, failures: int) -> float:
        """Seconds before the next attempt: longer after each failure, and never all at the same moment."""
        if self.together or pause(error):
            return 0.0  # the others are waited for anyway; and the throttle keeps a server's pause for everybody
        longest: float = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (failures - 1))
        return longest * random.uniform(0.5, 1.0)


def pause(error: ModelError) -> float:
    """The pause that everybody keeps; one that is too long to wait for ends its request and holds nobody else."""
    asked = _asked_pause(error)
    return asked if asked <= LONGEST_PAUSE_S else 0.0


def _asked_pause(error: ModelError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, RateLimited | ServerFailed) else 0.0
