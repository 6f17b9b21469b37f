"""Asking on the chat page: an answer as a series of small states, each with what has changed since the last.

    waiting   how many others come first
    writing   how many passages were found, and the answer so far
    done      the finished answer and its side panel, as HTML
    failed    what went wrong, or that too many are asking, as HTML
    alive     nothing new: Gradio looks whether the page is still there only when it gets a state

"searching" is shown by the page itself as soon as the question is sent. A state goes to one page only and says of
which exchange it is (`key`), because the reader may have stopped it meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import gradio as gr

from index.errors import LibraryError, NotThere, ZhidaError
from index.library import Library
from index.passage import Passage
from rag.answer import Answer, Citation, Done, Retrieved
from ui import render
from ui.access import readable_of, visitor_of
from ui.access.past import turns_of
from ui.admission import Overloaded, Place
from ui.console import well_formed
from ui.limits import QUESTION_LENGTH
from ui.page.scope import asker, connection, language, strings, text_of, where_of
from ui.render_panel import Source, State, evidence
from ui.service import Asked, Service, Waiting
from ui.texts import Texts

Shown = dict[str, Any]

PACE = 0.15
"""Seconds between two states of a growing answer: each costs Gradio two to three milliseconds of the processor."""

_log = logging.getLogger("zhida")


class Talk:
    """Answers the questions of all pages."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def ask(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[Shown]:
        """The states of the answer to what the page sent along with the event."""
        data = event._data
        key = data.get("key", 0) if isinstance(data, dict) else 0
        texts = language(request, data)
        if not text_of(data, "question").strip():
            return
        last: Shown = {"key": key}
        try:
            with self.service.admission.enter(visitor_of(connection(request))) as place:
                async with aclosing(self._answer(self._asked(data, request), place, texts)) as states:
                    async for state in states:
                        # A sign of life stands beside what the last state had: Gradio sends only the difference.
                        before = (
                            {**last, "beat": last.get("beat", 0) + 1}
                            if state["state"] == "alive"
                            else {"key": key}
                        )
                        last = {**before, **state}
                        yield last
        except Overloaded as error:
            yield {"key": key, "state": "failed", "html": render.busy(str(error), texts)}
        except ZhidaError as error:
            yield {"key": key, "state": "failed", "html": render.failed(str(error), texts)}
        except Exception:  # noqa: BLE001 - the edge of a request: the page needs an end, the log the traceback
            _log.exception("answering failed")
            yield {"key": key, "state": "failed", "html": render.failed(texts.failed_text, texts)}

    def _asked(self, data: object, request: gr.Request) -> Asked:
        """The question with where it belongs; the page's conversation, or a new one if it has none any more."""
        subject = asker(request)
        conversation = text_of(data, "conversation")
        history = self.service.dialogue.history
        try:
            known = history.conversation(conversation, subject.name).id if conversation else ""
        except NotThere:
            known = ""
        conversation = known or history.start(subject.name).id
        library, replaces = self.service.library, text_of(data, "replaces")
        readable = readable_of(subject, library, conversation)
        return Asked(
            well_formed(text_of(data, "question", QUESTION_LENGTH)).strip(),
            subject.name,
            conversation,
            turns=turns_of(history, conversation, subject.name, readable, replaces),
            where=where_of(library, subject, conversation, strings(data, "collections")),
            replaces=replaces,
        )

    async def _answer(self, asked: Asked, place: Place, texts: Texts) -> AsyncGenerator[Shown, None]:
        state: Shown = {"state": "writing", "conversation": asked.conversation, "passages": 0, "text": ""}
        written, sent = "", 0.0
        async with aclosing(self.service.stream(asked, place)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                if not batch:
                    yield {"state": "alive"}
                for event in batch:
                    if isinstance(event, Waiting):
                        yield {"state": "waiting", "ahead": event.ahead}
                    elif isinstance(event, Retrieved):
                        state |= {"answer": event.answer_id, "passages": len(event.hits)}
                    elif isinstance(event, Done):
                        yield {**state, "state": "done", "text": "", **await self._shown(event, texts)}
                        return
                    else:
                        written += event.delta
                # An empty batch brings what was held back when nothing follows for a while.
                if "answer" in state and time.monotonic() - sent >= PACE:
                    text = render.growing(written) if written else ""
                    if not sent or text != state["text"]:
                        state["text"] = text
                        yield dict(state)
                        sent = time.monotonic()

    async def _shown(self, done: Done, texts: Texts) -> Shown:
        # In a thread: the text around the citations is read from the catalog.
        return await asyncio.to_thread(shown, done.answer, done.answer_id, self.service.library, texts)


def shown(
    answer: Answer, name: str, library: Library, texts: Texts, states: Mapping[int, State] | None = None
) -> Shown:
    """An answer and its panel as HTML. `states` tells of an old one which citations have changed or gone."""
    sources = []
    for citation in answer.citations:
        state = (states or {}).get(citation.number, "same")
        before, after = around(library, citation) if state == "same" else ("", "")
        sources.append(Source(citation, before, after, state))
    return {
        "html": render.answered(answer, name, texts),
        "panel": evidence(answer, sources, name, texts),
        "status": answer.status,
    }


def around(library: Library, citation: Citation) -> tuple[str, str]:
    """The text of the passages before and after; empty where they are not to be had or not of this article any more."""
    passage = citation.passage
    try:
        near = library.neighbours(passage, 1, 1)
    except LibraryError:
        return "", ""
    return _joined(near, lambda other: other.end <= passage.start), _joined(
        near, lambda other: other.start >= passage.end
    )


def _joined(passages: list[Passage], wanted: Callable[[Passage], bool]) -> str:
    return "\n".join(passage.text for passage in passages if wanted(passage))
