"""A circuit breaker before a model's server: one that keeps failing is left alone for a while.

    closed    everybody may ask; FAILURES failures in a row open it
    open      nobody may, for PAUSE seconds: who asks is told at once instead of waiting for another timeout
    trial     then one may; the model's success closes it again, another failure opens it for as long again

It counts failures of the server, and knows nothing of what is asked: see `is_outage`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from index.errors import AnswererError

FAILURES = 3
PAUSE = 30.0  # seconds

Outcome = Literal["answered", "failed", "left"]
"""How it went: "left" is who went away before it could be known."""


class Breaker:
    """Says whether a model may be asked. Safe to use from many threads; `clock` counts seconds."""

    def __init__(
        self, failures: int = FAILURES, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.failures = failures
        self.pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0  # in a row
        self._until = 0.0  # when the pause is over
        self._on_trial = False

    @property
    def is_closed(self) -> bool:
        """Whether the model is taken to be well. Asking that takes nobody's turn."""
        return self._failed < self.failures

    @property
    def notice(self) -> str:
        """One line for whoever looks after the service; "" while the model is taken to be well."""
        if self.is_closed:
            return ""
        return (
            f"大模型连续 {self._failed} 次没有回答，暂以原文摘录作答 "
            f"the language model has failed {self._failed} times in a row; answers are quotations for now"
        )

    def enter(self) -> None:
        """Returns if the model may be asked; `leave` must follow. Raises AnswererError where it is to be left alone."""
        with self._lock:
            if self.is_closed:
                return
            wait = self._until - self._clock()
            if wait <= 0 and not self._on_trial:
                self._on_trial = True
                return
        raise AnswererError(
            f"连续 {self._failed} 次失败，{max(1, round(wait))} 秒后再试 "
            f"it failed {self._failed} times in a row and is tried again in {max(1, round(wait))} s"
        )

    def leave(self, outcome: Outcome) -> None:
        """Takes down how it went."""
        with self._lock:
            self._on_trial = False
            if outcome == "answered":
                self._failed = 0
            elif outcome == "failed":
                self._failed += 1
                self._until = self._clock() + self.pause


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the server is not well, and not that it refuses this question or this key."""
    status = getattr(error, "status_code", None)
    return not (isinstance(status, int) and 400 <= status < 500 and status not in (408, 429))
