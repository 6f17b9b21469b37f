"""The only place where names in the settings become objects."""

from __future__ import annotations

from pathlib import Path

from index.embed import open_embedder
from index.errors import SettingsError
from index.library import Library
from rag.answerers.base import Answerer
from rag.answerers.extractive import ExtractiveAnswerer
from rag.chatbot import Chatbot
from rag.rerank import open_reranker
from rag.retrieve import Retriever
from rag.rewrite import ChatModelRewriter, Rewriter
from rag.settings import Settings


def open_library(settings: Settings, *, create: bool = False, any_model: bool = False) -> Library:
    """The library at `settings.home` with the chosen embedding model; made first if `create`.

    With `any_model` its vectors may be another model's: enough for what needs none, such as a backup.
    """
    return Library.open(
        settings.home,
        open_embedder(settings.embedding_model),
        create=create,
        rebuild=any_model,
        passage_length=settings.passage_length,
    )


def open_retriever(settings: Settings, library: Library | None = None) -> Retriever:
    """A retriever over `library`, or over the one at `settings.home`."""
    library = library or open_library(settings)
    weight = 0.0 if settings.reranker == "none" else settings.rerank_weight
    return Retriever(
        library,
        settings.candidates,
        open_reranker(settings.reranker) if weight else None,
        fusion_weight=settings.fusion_weight,
        rerank_weight=weight,
    )


def open_answerer(settings: Settings) -> Answerer:
    """The extractive answerer, or the chat model that `settings.chat_model` names."""
    if not settings.chat_model:
        return ExtractiveAnswerer(settings.answer_length)
    # Imported here because LangChain takes a second to load and extraction needs none of it.
    from rag.answerers.chat_model import ChatModelAnswerer, open_chat_model

    model = open_chat_model(
        settings.chat_model,
        url=settings.chat_model_url,
        key=settings.chat_model_key,
        timeout=settings.chat_model_timeout,
    )
    return ChatModelAnswerer(model, settings.chat_model_timeout, instructions_of(settings))


def instructions_of(settings: Settings) -> str:
    """The text of the file that `settings.prompt_file` names, "" for none. Raises SettingsError if there is none in it."""
    if not settings.prompt_file:
        return ""
    file = Path(settings.prompt_file).expanduser()
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"读不了提示词文件（应为 UTF-8 文本） cannot read the prompt, a text file in UTF-8: {file}: {error}"
        ) from None
    if not text:
        raise SettingsError(f"提示词文件是空的 the prompt is empty: {file}")
    return text


def open_chatbot(settings: Settings, library: Library | None = None) -> Chatbot:
    """The chatbot that the settings describe, over `library` or the one at `settings.home`."""
    answerer = open_answerer(settings)
    return Chatbot(
        open_retriever(settings, library),
        answerer,
        passages=settings.passages,
        answer_length=settings.answer_length,
        rewriter=open_rewriter(settings, answerer),
    )


def open_rewriter(settings: Settings, answerer: Answerer) -> Rewriter | None:
    """What completes follow-up questions with the chat model of `answerer`; None where there is no model."""
    if not settings.chat_model:
        return None
    from rag.answerers.chat_model import ChatModelAnswerer  # as in open_answerer

    assert isinstance(answerer, ChatModelAnswerer)
    seconds = min(settings.rewrite_timeout, settings.chat_model_timeout)
    return ChatModelRewriter(answerer.model, seconds, answerer.breaker)
