"""Everything on the chat page besides asking: its start, old conversations, feedback, test questions, suggestions.

Each method takes what the page sent and the request, and gives back plain data; HTML in it comes from ui.render.
What a reader may see is decided by the history, which knows nobody's conversations but their owner's.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, get_args

import gradio as gr

from index.catalog import DocumentInfo
from index.errors import LibraryError, NotThere, ZhidaError
from rag.history_types import Entry, Verdict
from rag.receipts import Receipt, citation_states
from ui import render
from ui.access import Subject, may, private_collection, readable_of
from ui.access.past import entries_of, receipt_of
from ui.examples import choose
from ui.page.drafts import add_draft
from ui.page.export import as_markdown, as_word
from ui.page.follow_ups import follow_ups
from ui.page.scope import asker, collections_for, language, strings, text_of, where_of
from ui.page.talk import shown
from ui.render_page import Reader, conversation_list, frame, no_documents, suggestions, welcome
from ui.service import Service
from ui.texts import Texts

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
COMMENT_LENGTH = 1000
FIND_LENGTH = 100
EXAMPLES_KEPT = 100  # sets of collections whose examples are kept

_log = logging.getLogger("zhida")

Data = Mapping[str, Any]
Result = dict[str, Any]


class Desk:
    """Serves the pages of one application."""

    def __init__(self, service: Service) -> None:
        self.dialogue = service.dialogue
        self.access = service.access
        self._examples: tuple[int, dict[frozenset[str] | None, list[str]]] = (-1, {})
        self._held: tuple[int, list[DocumentInfo]] = (-1, [])

    def functions(self) -> list[Callable[..., Result]]:
        """The methods that a page may call, as gr.HTML takes them: by their names."""
        methods = (
            self.hello,
            self.begin,
            self.conversations,
            self.open,
            self.rename,
            self.delete,
            self.export,
            self.feedback,
            self.draft,
            self.suggest,
        )
        return [_callable(method) for method in methods]

    def hello(self, data: Data, request: gr.Request) -> Result:
        """The frame of a fresh page, and what its script has to know."""
        texts = language(request, data)
        library = self.dialogue.chatbot.library
        subject = asker(request)
        collections = collections_for(subject, library)
        held = [info for info in self._documents() if info.collection in collections]
        size = (len(held), sum(info.passages for info in held))
        first = no_documents(texts, may_add=may(subject, "add-document"))
        if held:
            first = welcome(self.examples(readable_of(subject, library)), texts)
        return {
            "html": frame(size, first, collections, texts, self._reader(subject)),
            "texts": dict(texts.script),
            "lang": texts.lang,
        }

    def _reader(self, subject: Subject) -> Reader:
        """What the page shows of who reads it."""
        return Reader(subject.name, bool(subject.name) and self.access.signs_in, may(subject, "send-file"))

    def begin(self, data: Data, request: gr.Request) -> Result:
        """A new conversation, for files that come before the first question."""
        return {"conversation": self.dialogue.history.start(asker(request).name).id}

    def conversations(self, data: Data, request: gr.Request) -> Result:
        """The drawer's list."""
        find = text_of(data, "find", FIND_LENGTH)
        history = self.dialogue.history
        found = history.conversations(asker(request).name, find)
        return {"html": conversation_list(found, find, history.notice, language(request, data))}

    def open(self, data: Data, request: gr.Request) -> Result:
        """A conversation as it was: every exchange with its recorded citations, and which have changed since."""
        texts, owner = language(request, data), asker(request).name
        conversation = self.dialogue.history.conversation(text_of(data, "conversation"), owner)
        entries = self._entries(request, conversation.id)
        own = private_collection(conversation.id)
        files = [info.name for info in self._documents() if info.collection == own]
        return {
            "conversation": conversation.id,
            "title": conversation.title,
            "exchanges": [self._exchange(entry, texts) for entry in entries],
            "files": files,
        }

    def _entries(self, request: gr.Request, conversation: str) -> list[Entry]:
        """A conversation's exchanges, as far as their reader may still see them."""
        subject = asker(request)
        readable = readable_of(subject, self.dialogue.chatbot.library, conversation)
        return entries_of(self.dialogue.history, conversation, subject.name, readable)

    def _receipt(self, request: gr.Request, answer: str) -> Receipt:
        """The record of an answer, if its reader may still see it."""
        subject, history = asker(request), self.dialogue.history
        conversation = history.receipt(answer, subject.name).conversation
        readable = readable_of(subject, self.dialogue.chatbot.library, conversation)
        return receipt_of(history, answer, subject.name, readable)

    def _exchange(self, entry: Entry, texts: Texts) -> Result:
        said = entry.feedback.verdict if entry.feedback else ""
        common = {"answer": entry.answer_id, "question": entry.question, "verdict": said, "panel": ""}
        if entry.status == "stopped":
            written = render.stopped(entry.answer["answer"], texts, name=entry.answer_id)
            return {**common, "html": written, "status": "stopped"}
        if entry.status not in ("answered", "refused"):
            return {
                **common,
                "html": render.failed(texts.failed_text, texts, name=entry.answer_id),
                "status": "failed",
            }
        library = self.dialogue.chatbot.library
        states = citation_states(entry.receipt, library)
        return {**common, **shown(entry.to_answer(), entry.answer_id, library, texts, states)}

    def rename(self, data: Data, request: gr.Request) -> Result:
        """Another title for a conversation; an empty one is not taken."""
        title = text_of(data, "title").strip()
        if title:
            self.dialogue.history.rename(text_of(data, "conversation"), asker(request).name, title)
        return {}

    def delete(self, data: Data, request: gr.Request) -> Result:
        """Deletes a conversation with its answers and its files."""
        self.dialogue.delete(text_of(data, "conversation"), asker(request).name)
        return {}

    def export(self, data: Data, request: gr.Request) -> Result:
        """A conversation as a file to take away: its name, media type and content in base64."""
        texts, owner = language(request, data), asker(request).name
        conversation = self.dialogue.history.conversation(text_of(data, "conversation"), owner)
        entries = self._entries(request, conversation.id)
        if text_of(data, "format") == "docx":
            content, kind, ending = as_word(conversation, entries, texts), WORD, "docx"
        else:
            content, kind, ending = as_markdown(conversation, entries, texts).encode(), "text/markdown", "md"
        name = "".join(char for char in conversation.title if char.isalnum() or char in "-_ ")[:40].strip()
        return {
            "name": f"{name or 'zhida'}.{ending}",
            "type": kind,
            "content": base64.b64encode(content).decode(),
        }

    def feedback(self, data: Data, request: gr.Request) -> Result:
        """What a reader says about an answer."""
        verdict = text_of(data, "verdict")
        if verdict not in get_args(Verdict):
            raise NotThere("没有这个评价 no such verdict")
        reason, comment = text_of(data, "reason"), text_of(data, "comment", COMMENT_LENGTH)
        chosen: Verdict = "up" if verdict == "up" else "down"
        self.dialogue.history.feedback(text_of(data, "answer"), asker(request).name, chosen, reason, comment)
        return {}

    def draft(self, data: Data, request: gr.Request) -> Result:
        """Puts the question of an answer among the drafts of test questions."""
        owner = asker(request).name
        receipt = self._receipt(request, text_of(data, "answer"))
        said = self.dialogue.history.feedback_of(receipt.id, owner)
        add_draft(self.dialogue.chatbot.library.home, Entry(receipt, said))
        return {}

    def suggest(self, data: Data, request: gr.Request) -> Result:
        """Questions to go on with after an answer, each of which the documents answer."""
        receipt = self._receipt(request, text_of(data, "answer"))
        chatbot = self.dialogue.chatbot
        where = where_of(chatbot.library, asker(request), receipt.conversation, strings(data, "collections"))
        asked = [turn["question"] for turn in receipt.turns] + [receipt.question]
        found = follow_ups(chatbot, receipt.to_answer(), asked, where)
        return {"html": suggestions(found, language(request, data))}

    def _documents(self) -> list[DocumentInfo]:
        """All documents, without their texts; kept until something changes."""
        library = self.dialogue.chatbot.library
        library.refresh()
        if self._held[0] != library.generation:
            self._held = (library.generation, library.documents())
        return self._held[1]

    def examples(self, readable: frozenset[str] | None = None) -> list[str]:
        """Example questions for who may read `readable` of the library as it is now; kept until it changes."""
        generation = self.dialogue.chatbot.library.generation
        if self._examples[0] != generation or len(self._examples[1]) >= EXAMPLES_KEPT:
            self._examples = (generation, {})
        known = self._examples[1]
        if readable not in known:
            known[readable] = choose(self.dialogue.chatbot, readable=readable)
        return known[readable]


def _callable(method: Callable[[Data, gr.Request], Result]) -> Callable[..., Result]:
    """A plain function, which Gradio can mark as its own, that tells errors as `{"error": …}`."""

    @wraps(method)
    def call(data: Any, request: gr.Request) -> Result:
        given = data if isinstance(data, dict) else {}
        try:
            return method(given, request)
        except (NotThere, LibraryError, ZhidaError) as error:
            return {"error": str(error)}
        except Exception:  # noqa: BLE001 - the edge of a request: the page needs an end, the log the traceback
            _log.exception("%s failed", method.__name__)
            return {"error": language(request, given).failed_text}

    # What Gradio reads to know where the request goes; the method's own would name `self`'s module only.
    call.__annotations__ = {"data": Any, "request": gr.Request}
    del call.__wrapped__
    return call
