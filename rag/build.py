"""The only place where names in the settings become objects."""

from __future__ import annotations

from index.embed import open_embedder
from index.library import Library
from rag.answerers.base import Answerer
from rag.answerers.extractive import ExtractiveAnswerer
from rag.chatbot import Chatbot
from rag.retrieve import Retriever
from rag.settings import Settings


def open_library(settings: Settings, *, create: bool = False) -> Library:
    """The library at `settings.home` with the chosen embedding model; made first if `create`."""
    return Library.open(settings.home, open_embedder(settings.embedding_model), create=create)


def open_retriever(settings: Settings, library: Library | None = None) -> Retriever:
    """A retriever over `library`, or over the one at `settings.home`."""
    return Retriever(library or open_library(settings), settings.candidates)


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
    return ChatModelAnswerer(model, settings.chat_model_timeout)


def open_chatbot(settings: Settings, library: Library | None = None) -> Chatbot:
    """The chatbot that the settings describe, over `library` or the one at `settings.home`."""
    return Chatbot(
        open_retriever(settings, library),
        open_answerer(settings),
        passages=settings.passages,
        answer_length=settings.answer_length,
    )
