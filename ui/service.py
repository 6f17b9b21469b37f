"""What the application's routes and pages share: the dialogue, who is admitted, figures, uploads, readiness."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from index.errors import LibraryError
from index.library import Library
from index.passage import Where
from rag.answer import Event, Turn
from rag.answerers.chat_model import ChatModelAnswerer
from rag.dialogue import Dialogue
from rag.settings import Settings
from ui.access.identify import Access
from ui.admission import Admission, Place, Quota
from ui.bridge import HEARTBEAT, batches
from ui.metrics import CountedDialogue, Metrics
from ui.uploads import Uploads

WARM_QUESTION = "质量管理体系的要求有哪些？"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The question is in the queue; `ahead` others come first."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that belongs to it, as `Dialogue.stream` takes it."""

    question: str
    owner: str = ""
    conversation: str = ""
    turns: Sequence[Turn] | None = None
    where: Where | None = None
    replaces: str = ""


@dataclass(slots=True)
class Service:
    """One running application."""

    dialogue: Dialogue
    settings: Settings = field(default_factory=Settings)
    metrics: Metrics = field(default_factory=Metrics)
    access: Access = field(init=False)
    admission: Admission = field(init=False)
    uploads: Uploads = field(init=False)
    warm: bool = False
    """Whether everything that the first question needs has been loaded."""

    def __post_init__(self) -> None:
        """Makes the parts that belong together."""
        settings = self.settings
        self.dialogue = CountedDialogue(self.dialogue, self.metrics)
        self.access = Access(settings, self.library.home)
        self.admission = Admission(Quota(settings.answers_at_once, settings.answers_waiting))
        self.metrics.watch(self.admission)
        self.uploads = Uploads(self.dialogue.chatbot.library, self.metrics)

    @property
    def library(self) -> Library:
        """The library that answers come from."""
        return self.dialogue.chatbot.library

    @property
    def model_notice(self) -> str:
        """Why answers are quotations although there is a language model; "" where they are not."""
        answerer = self.dialogue.chatbot.answerer
        return answerer.breaker.notice if isinstance(answerer, ChatModelAnswerer) else ""

    def notices(self) -> list[str]:
        """What whoever looks after the service should know, a line each."""
        return [notice for notice in (self.dialogue.history.notice, self.model_notice) if notice]

    def warm_up(self) -> None:
        """Loads what the first question needs: the segmenter's dictionary, the embedding model, the index.

        Stops before a language model would be asked.
        """
        with closing(self.dialogue.chatbot.stream(WARM_QUESTION)) as events:  # type: ignore[type-var]
            next(events)
        self.warm = True

    def measure(self) -> None:
        """Brings the figures of the library and of the language model up to date. A library that cannot be read counts as not ready."""
        self.metrics.model_paused(bool(self.model_notice))
        try:
            totals = self.library.catalog.totals()
            self.metrics.library(self.library.generation, totals.documents, totals.passages)
        except LibraryError:
            self.metrics.ready(False)
        else:
            self.metrics.ready(self.warm and not self.admission.draining)

    async def stream(self, asked: Asked, place: Place) -> AsyncIterator[list[Event | Waiting]]:
        """The events of the answer in batches; Waiting comes first while there is no slot. Empty batches are heartbeats.

        `place` is from `admission.enter`, and the caller's to leave. Raises what the dialogue raises, and Overloaded.
        """
        told = -1
        while not await place.wait(HEARTBEAT):
            yield [Waiting(place.ahead)] if place.ahead != told else []
            told = place.ahead

        def events() -> Iterator[Event]:
            return self.dialogue.stream(
                asked.question,
                asked.conversation,
                asked.where,
                owner=asked.owner,
                turns=asked.turns,
                replaces=asked.replaces,
            )

        async with aclosing(batches(events)) as stream:  # type: ignore[type-var]
            async for batch in stream:
                yield list(batch)


async def service_of(request: Request) -> Service:
    """The application's parts, for a route that asks for `ServiceOf`."""
    service: Service = request.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(service_of)]
