"""Who may ask now, who waits, and who is sent away: one Admission for the API and the chat page alike.

    async with admission.slot(user):                  # waits; raises Overloaded
        …answer…

    with admission.enter(user) as place:              # raises Overloaded at once
        while not await place.wait(0.5):              # False: half a second is over, still waiting
            yield f"前面还有 {place.ahead} 位"
        …answer…                                      # leaving the block, however it is left, frees the slot

At most `running` answers are written at a time, at most `own_running` of one user; at most `waiting` wait, at most
`own_waiting` of one user. Slots go to the users in turn, so that somebody who asks a lot delays another by one
answer and not by all of his own. Who waits longer than `patience` seconds is sent away and never started.

The chat page need not call it: `ui.service.Service.stream` admits, answers and counts, for the page as for the API.

It lives on one event loop and takes no locks. It knows nothing of HTTP: `user` is any text that tells users apart.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from index.errors import ZhidaError

PATIENCE = 60.0
FIRST_GUESS = 5.0  # seconds that an answer is taken to last until some have been seen
REMEMBERED = 0.2  # weight of the last answer in the running mean


class Overloaded(ZhidaError):
    """Too much is asked at once. `own` tells whether by this user (429) or by all together (503)."""

    def __init__(self, message: str, *, own: bool, retry_after: int) -> None:
        super().__init__(message)
        self.own = own
        self.retry_after = retry_after
        """Whole seconds after which asking again makes sense, at least 1."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many answers at a time, and how many questions may wait for one; of all, and of one user."""

    running: int = 8
    waiting: int = 64
    own_running: int = 1
    own_waiting: int = 2
    patience: float = PATIENCE


State = Literal["waiting", "running", "left"]


class Place:
    """One question's place: in the queue first, then among those being answered. A context manager."""

    def __init__(self, admission: Admission, user: str) -> None:
        self.user = user
        self.state: State = "waiting"
        self._admission = admission
        self._turn = asyncio.Event()
        self.since = time.monotonic()  # when it began to wait, then when it began to run

    @property
    def ahead(self) -> int:
        """How many will be started before it; 0 once it runs."""
        return self._admission.ahead(self)

    async def wait(self, seconds: float) -> bool:
        """True as soon as it may run, False after `seconds` of waiting. Raises Overloaded when patience is at an end."""
        try:
            async with asyncio.timeout(max(0.0, min(seconds, self._left()))):
                await self._turn.wait()
        except TimeoutError:
            if self.state == "waiting" and self._left() <= 0:
                self.leave()
                raise self._admission.too_late() from None
        return self.state == "running"

    def leave(self) -> None:
        """Frees what it holds; harmless when repeated."""
        self._admission.release(self)

    def start(self) -> None:
        """Called by the admission when its turn has come."""
        self.state, self.since = "running", time.monotonic()
        self._turn.set()

    def _left(self) -> float:
        return self._admission.quota.patience - (time.monotonic() - self.since)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves."""
        self.leave()


class Admission:
    """Hands out the slots of `quota`."""

    def __init__(self, quota: Quota = Quota()) -> None:
        self.quota = quota
        self.draining = False
        """Set when the server is stopping: nobody new is let in, who is in may finish."""
        self._queues: dict[str, deque[Place]] = {}  # users that wait, in the order of their next turn
        self._running: Counter[str] = Counter()
        self._lasting = FIRST_GUESS

    @property
    def running(self) -> int:
        """How many are being answered."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(queue) for queue in self._queues.values())

    def enter(self, user: str) -> Place:
        """A place for `user`, running at once if there is a slot. Raises Overloaded when the queue is full."""
        if self.draining:
            raise Overloaded("服务正在关闭 the service is stopping", own=False, retry_after=5)
        own = self._queues.get(user, ())
        place = Place(self, user)
        if not own and self._may_run(user):
            self._start(place)
            return place
        if len(own) >= self.quota.own_waiting:
            raise self._full(own=True)
        if self.waiting >= self.quota.waiting:
            raise self._full(own=False)
        self._queues.setdefault(user, deque()).append(place)
        return place

    @asynccontextmanager
    async def slot(self, user: str) -> AsyncIterator[Place]:
        """Waits for a slot and holds it for the block. Raises Overloaded."""
        with self.enter(user) as place:
            while not await place.wait(self.quota.patience):
                pass
            yield place

    def release(self, place: Place) -> None:
        """Takes a place back and gives its slot to the next."""
        state, place.state = place.state, "left"
        if state == "waiting":
            queue = self._queues[place.user]
            queue.remove(place)
            if not queue:
                del self._queues[place.user]
        elif state == "running":
            lasted = time.monotonic() - place.since
            self._lasting += REMEMBERED * (lasted - self._lasting)
            self._running[place.user] -= 1
            self._running += Counter()  # drops users that hold nothing
            self._fill()

    def ahead(self, place: Place) -> int:
        """How many of those that wait now get a slot before `place`, were each answer as long as the other."""
        if place.state != "waiting":
            return 0
        users = list(self._queues)
        row = self._queues[place.user].index(place)
        before = 0
        for index, user in enumerate(users):
            # Row by row: of users before this one one more, of users behind it only the rows above.
            rows = row + 1 if index < users.index(place.user) else row
            before += min(len(self._queues[user]), rows)
        return before

    def too_late(self) -> Overloaded:
        """What to raise for who has waited too long."""
        seconds = self._seconds(self.waiting + 1)
        return Overloaded(
            f"排队超过 {self.quota.patience:g} 秒，请 {seconds} 秒后再试 "
            f"no turn within {self.quota.patience:g} s, try again in {seconds} s",
            own=False,
            retry_after=seconds,
        )

    def _may_run(self, user: str) -> bool:
        return self.running < self.quota.running and self._running[user] < self.quota.own_running

    def _fill(self) -> None:
        """Starts whom there is a slot for; a user who got one goes to the end of the round."""
        for user in list(self._queues):
            if self.running >= self.quota.running:
                return
            if self._may_run(user):
                queue = self._queues.pop(user)
                self._start(queue.popleft())
                if queue:
                    self._queues[user] = queue

    def _start(self, place: Place) -> None:
        self._running[place.user] += 1
        place.start()

    def _full(self, *, own: bool) -> Overloaded:
        if own:
            count = self.quota.own_running + self.quota.own_waiting
            seconds = self._seconds(1)
            message = (
                f"您已有 {count} 个问题在回答或排队，请 {seconds} 秒后再问 "
                f"{count} of your questions are being answered or waiting, ask again in {seconds} s"
            )
        else:
            seconds = self._seconds(self.waiting)
            message = (
                f"提问的人太多，前面已有 {self.waiting} 个问题排队，请 {seconds} 秒后再问 "
                f"{self.waiting} questions are waiting already, ask again in {seconds} s"
            )
        return Overloaded(message, own=own, retry_after=seconds)

    def _seconds(self, before: int) -> int:
        """How long `before` answers will take with all slots at work, in whole seconds, at least 1."""
        return max(1, math.ceil(self._lasting * before / self.quota.running))
