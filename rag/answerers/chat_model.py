"""Answers written by a language model, through any LangChain chat model.

`init_chat_model` picks the provider by name, so every OpenAI-compatible server (vLLM, Ollama,
DeepSeek, Qwen…) is a matter of settings. Gives up after a deadline for the whole answer: a client
library's own timeout holds for each read only. Whoever consumes an answer can leave at any time: while the
model is silent, empty pieces come, and closing the stream closes the model's. Checks nothing; rag.cite does that.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from index.errors import AnswererError
from rag.answer import Turn
from rag.answerers.breaker import Breaker, Outcome, is_outage
from rag.evidence import Evidence
from rag.question import Question

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

HEARTBEAT = 0.3
"""Seconds of the model's silence after which an empty piece is given out."""


class ChatModelAnswerer:
    """Streams from `model`, for at most `timeout` seconds an answer; `instructions` as rag.prompt has them."""

    mode: Literal["model"] = "model"
    reads: Literal["passages"] = "passages"

    def __init__(
        self,
        model: BaseChatModel,
        timeout: float = 60.0,
        instructions: str = "",
        breaker: Breaker | None = None,
    ) -> None:
        self.model = model
        self.timeout = timeout
        self.instructions = instructions
        self.breaker = breaker or Breaker()
        self._loop = _loop()

    def stream(
        self, question: Question, evidence: Sequence[Evidence], turns: Sequence[Turn]
    ) -> Iterator[str]:
        """The model's text as it comes; AnswererError when it fails, breaks off, takes too long, or has done so repeatedly."""
        # langchain_core costs half a second: only where a model is used
        from rag.prompt import answer_messages

        deadline = time.monotonic() + self.timeout
        messages = answer_messages(question.standalone, evidence, turns, self.instructions)
        pieces: queue.SimpleQueue[str | None | Exception] = queue.SimpleQueue()
        self.breaker.enter()
        outcome: Outcome = "left"
        reading = asyncio.run_coroutine_threadsafe(_read(self.model, messages, pieces), self._loop)
        try:
            while True:
                try:
                    piece = pieces.get(timeout=HEARTBEAT)
                except queue.Empty:
                    piece = ""
                if piece is None:
                    outcome = "answered"
                    return
                if isinstance(piece, Exception):
                    outcome = "failed" if is_outage(piece) else "answered"
                    raise AnswererError(
                        f"大模型没有回答 the language model failed: {_one_line(piece)}"
                    ) from piece
                if time.monotonic() > deadline:
                    outcome = "failed"
                    raise AnswererError(f"大模型超时 the language model took longer than {self.timeout:g} s")
                yield piece
        finally:
            reading.cancel()
            self.breaker.leave(outcome)


def complete(model: BaseChatModel, messages: Sequence[BaseMessage], seconds: float) -> str:
    """The model's whole text. Raises AnswererError when it fails or has not finished after `seconds`."""
    reading = asyncio.run_coroutine_threadsafe(model.ainvoke(list(messages)), _loop())
    try:
        message = reading.result(seconds)
    except TimeoutError:
        reading.cancel()
        raise AnswererError(f"大模型超时 the language model took longer than {seconds:g} s") from None
    except Exception as error:
        raise AnswererError(f"大模型没有回答 the language model failed: {_one_line(error)}") from error
    return message.text if isinstance(message.text, str) else str(message.content)


async def _read(
    model: BaseChatModel, messages: list[BaseMessage], pieces: queue.SimpleQueue[str | None | Exception]
) -> None:
    """Puts the model's text into `pieces` as it comes, then None, or what was raised instead."""
    try:
        async for chunk in model.astream(messages):
            text = chunk.text if isinstance(chunk.text, str) else str(chunk.content)
            if text:
                pieces.put(text)
    except Exception as error:  # noqa: BLE001 - carried over to the thread that asked, where it is raised again
        pieces.put(error)
    else:
        pieces.put(None)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop on which all models are read, in a thread of its own.

    Only there can a read be broken off; and the connections that client libraries keep belong to one loop.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
    return loop


def open_chat_model(name: str, *, url: str = "", key: str = "", timeout: float = 60.0) -> BaseChatModel:
    """The chat model `provider:model`, at `url` if given.

    Raises AnswererError when the provider is unknown or its package is not installed.
    """
    from langchain.chat_models import init_chat_model  # a second to import: only where a model is used

    options: dict[str, Any] = {"timeout": timeout, "max_retries": 1, "temperature": 0}
    if url:
        # An OpenAI-compatible server on the intranet often takes any key, but the client insists on one.
        options |= {"base_url": url, "api_key": key or "none"}
    elif key:
        options["api_key"] = key
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except ImportError as error:
        message = f"大模型 {name} 需要另装软件包 needs a package that is not installed: {_one_line(error)}"
        raise AnswererError(message) from error
    except Exception as error:
        message = (
            f"chat_model 应为 provider:model（如 openai:qwen2.5）并设好 chat_model_url 或 ZHIDA_CHAT_MODEL_KEY; "
            f"cannot use {name!r}: {_one_line(error)}"
        )
        raise AnswererError(message) from error
    return model


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
