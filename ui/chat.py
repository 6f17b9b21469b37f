"""The chat page: a Gradio Blocks app around `Chatbot.stream`.

All text reaches the page through ui.render. The browser's side of it (opening a citation, tabs, copying)
is assets/chat.js, a page's look assets/chat.css. Conversations live as long as their browser tab.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.errors import LibraryError, ZhidaError
from index.passage import Passage
from rag.answer import Answer, Done, Event, Retrieved, Text, Turn
from ui import render
from ui.bridge import batches
from ui.console import well_formed
from ui.examples import choose
from ui.limits import QUESTION_LENGTH
from ui.texts import LABELS, Texts, texts_for

if TYPE_CHECKING:
    from rag.chatbot import Chatbot

ASSETS = Path(__file__).parent / "assets"
FONTS = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "system-ui", "sans-serif")
AT_ONCE = 8  # answers being written at the same time; more wait in the queue
WAITING = 64

_log = logging.getLogger("zhida")


@dataclass(slots=True)
class Exchange:
    """A question and what is shown for it so far; `open` until it is answered, has failed or was stopped."""

    question: str
    reply: str = ""
    evidence: str = ""
    written: str = ""
    answer: Answer | None = None
    open: bool = True


@dataclass(slots=True)
class Conversation:
    """What one browser tab has asked."""

    exchanges: list[Exchange] = field(default_factory=list)

    def turns(self) -> list[Turn]:
        """The finished exchanges as the chatbot takes them."""
        answers = [exchange.answer for exchange in self.exchanges if exchange.answer is not None]
        return [Turn(answer.question, answer.text, answer.standalone_question) for answer in answers]

    def messages(self) -> list[dict[str, str]]:
        """The chat as gr.Chatbot takes it."""
        shown = []
        for exchange in self.exchanges:
            shown.append({"role": "user", "content": render.message(exchange.question)})
            shown.append({"role": "assistant", "content": exchange.reply})
        return shown

    def panel(self, texts: Texts) -> str:
        """The side panel: the evidence of every answer, the last one on view."""
        return render.panel([exchange.evidence for exchange in self.exchanges if exchange.evidence], texts)


class Talk:
    """The page's events; each yields the outputs (chat, panel, input box, conversation)."""

    def __init__(self, chatbot: Chatbot) -> None:
        self.chatbot = chatbot
        self._examples: tuple[int, list[str]] = (-1, [])

    async def ask(self, question: str, conversation: Conversation, request: gr.Request) -> AsyncIterator[Any]:
        """Answers `question` after the conversation so far."""
        texts = language(request)
        question = well_formed(question).strip()[:QUESTION_LENGTH]
        if not question:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        turns = conversation.turns()
        exchange = Exchange(question, render.searching(texts))
        conversation.exchanges.append(exchange)
        yield conversation.messages(), gr.skip(), input_box(running=True, empty=True), conversation
        async for changed in self._answer(exchange, turns, f"{len(conversation.exchanges)}", texts):
            panel = conversation.panel(texts) if changed else gr.skip()
            yield conversation.messages(), panel, gr.skip(), gr.skip()
        yield gr.skip(), gr.skip(), input_box(running=False), conversation

    async def retry(self, conversation: Conversation, request: gr.Request) -> AsyncIterator[Any]:
        """Asks the last question once more in place of its answer."""
        if not conversation.exchanges:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        question = conversation.exchanges.pop().question
        async for outputs in self.ask(question, conversation, request):
            yield outputs

    def stop(self, conversation: Conversation, request: gr.Request) -> Any:
        """Closes the exchange that was cut off; what was written of it stays."""
        texts = language(request)
        for exchange in conversation.exchanges:
            if exchange.open:
                exchange.reply, exchange.open = render.stopped(exchange.written, texts), False
        return conversation.messages(), gr.skip(), input_box(running=False), conversation

    def restart(self, request: gr.Request) -> Any:
        """An empty conversation."""
        return [], render.panel([], language(request)), input_box(running=False, empty=True), Conversation()

    def greet(self, request: gr.Request) -> Any:
        """What a fresh page shows: header, welcome with examples or how to add documents, empty panel."""
        texts = language(request)
        status = self.chatbot.library.status()
        header = render.header(status.documents, status.passages, texts)
        welcome = render.welcome(self.examples(), texts) if status.documents else render.no_documents(texts)
        return header, gr.Chatbot(placeholder=welcome), render.panel([], texts)

    def examples(self) -> list[str]:
        """Example questions for the library as it is now; kept until it changes."""
        generation = self.chatbot.library.generation
        if self._examples[0] != generation:
            self._examples = (generation, choose(self.chatbot))
        return self._examples[1]

    async def _answer(
        self, exchange: Exchange, turns: list[Turn], name: str, texts: Texts
    ) -> AsyncIterator[bool]:
        """Fills `exchange` as the answer comes; yields whether the evidence has changed as well."""

        def stream() -> Iterator[Event]:
            return self.chatbot.stream(exchange.question, turns)

        passages = 0
        try:
            async for batch in batches(stream):
                before = exchange.evidence
                for event in batch:
                    if isinstance(event, Retrieved):
                        passages = len(event.hits)
                        # Until there is an answer, the panel shows the candidates, as it does for a refusal.
                        draft = Answer(exchange.question, event.question, "refused", "", hits=event.hits)
                        exchange.evidence = render.evidence(draft, [], name, texts)
                    elif isinstance(event, Text):
                        exchange.written += event.delta
                    else:
                        self._finish(exchange, event, name, texts)
                if exchange.open:
                    exchange.reply = render.writing(exchange.written, passages, texts)
                yield exchange.evidence != before
        except ZhidaError as error:
            exchange.reply, exchange.open = render.failed(str(error), texts), False
            yield False
        except Exception:  # noqa: BLE001 - the edge of a request: the page needs an end, the log the traceback
            _log.exception("answering failed")
            exchange.reply, exchange.open = render.failed(texts.failed_text, texts), False
            yield False

    def _finish(self, exchange: Exchange, done: Done, name: str, texts: Texts) -> None:
        answer = done.answer
        sources = []
        for citation in answer.citations:
            before, after = self._around(citation.passage)
            sources.append(render.Source(citation, before, after))
        exchange.answer, exchange.open = answer, False
        exchange.reply = render.answered(answer, name, texts)
        exchange.evidence = render.evidence(answer, sources, name, texts)

    def _around(self, passage: Passage) -> tuple[str, str]:
        """The text of the passages before and after; empty where they are not to be had any more."""
        try:
            near = self.chatbot.library.neighbours(passage, 1, 1)
        except LibraryError:
            return "", ""
        before = [other.text for other in near if other.end <= passage.start]
        after = [other.text for other in near if other.start >= passage.end]
        return "\n".join(before), "\n".join(after)


def language(request: gr.Request) -> Texts:
    """The texts in the language of the browser."""
    return texts_for(request.headers.get("accept-language", ""))


def input_box(*, running: bool, empty: bool = False) -> gr.Textbox:
    """The input box with a stop button while an answer is written, else a send button."""
    changes: dict[str, Any] = {"value": ""} if empty else {}
    return gr.Textbox(submit_btn=not running, stop_btn=running, **changes)


def build_page(chatbot: Chatbot) -> Any:
    """The page, a gr.Blocks, to be mounted with the options of `look`."""
    talk = Talk(chatbot)
    talk.examples()  # now rather than with the first visitor; it loads the word segmenter as well
    text = gr.I18n(**LABELS, **{"zh-CN": LABELS["zh"]})
    with gr.Blocks(title="质答 Zhida", analytics_enabled=False, fill_width=True) as page:
        conversation = gr.State(Conversation())
        with gr.Row(elem_id="zd-top"):
            header = gr.HTML(elem_id="zd-header", apply_default_css=False)
            new = gr.Button(text("new"), elem_id="zd-new", size="sm")
        with gr.Row(elem_id="zd-main"):
            with gr.Column(elem_id="zd-chat"):
                chat = gr.Chatbot(
                    elem_id="zd-messages",
                    label=text("chat"),
                    show_label=False,
                    container=False,
                    layout="panel",
                    height="100%",
                    buttons=[],
                    latex_delimiters=[],
                    feedback_options=None,
                    allow_file_downloads=False,
                    group_consecutive_messages=False,
                )
                box = gr.Textbox(
                    elem_id="zd-input",
                    label=text("question"),
                    show_label=False,
                    placeholder=text("placeholder"),
                    container=False,
                    autofocus=True,
                    lines=1,
                    max_lines=6,
                    max_length=QUESTION_LENGTH,
                    submit_btn=True,
                )
                again = gr.Button(elem_id="zd-retry")
            with gr.Column(elem_id="zd-side"):
                panel = gr.HTML(elem_id="zd-panel", apply_default_css=False)
        outputs = [chat, panel, box, conversation]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asked = box.submit(talk.ask, [box, conversation], outputs, **quiet)
        retried = again.click(talk.retry, [conversation], outputs, **quiet)
        box.stop(talk.stop, [conversation], outputs, cancels=[asked, retried], queue=False, **quiet)
        new.click(talk.restart, None, outputs, cancels=[asked, retried], queue=False, **quiet)
        page.load(talk.greet, None, [header, chat, panel], **quiet)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING)
    page.i18n_instance = text
    return page


def look() -> dict[str, Any]:
    """Theme, style sheet and script, as gr.mount_gradio_app takes them."""
    theme = gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=FONTS,
        font_mono=("ui-monospace", "Consolas", "monospace"),
    )
    # Style and script go into the head as they are: Gradio would put its own scope before every selector.
    style = (ASSETS / "chat.css").read_text(encoding="utf-8")
    script = (ASSETS / "chat.js").read_text(encoding="utf-8")
    return {"theme": theme, "head": f"<style>{style}</style><script>{script}</script>"}
