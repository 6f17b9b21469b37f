"""Zhida itself, through its public interface only: a folder is synced, questions are searched and answered."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.baselines.base import Baseline, Source
from eval.record import Found
from rag.build import open_chatbot, open_library
from rag.chatbot import Chatbot
from rag.settings import Settings


class Zhida(Baseline):
    """The defaults of Zhida, without a language model."""

    name = "zhida"
    recipe = "zhida sync, zhida search, zhida ask: all settings at their defaults, extractive answers"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zhida-peers-")
        self._chatbot: Chatbot | None = None

    def index(self, documents: Sequence[Source]) -> None:
        """Write the documents as text files and sync their folder."""
        files = Path(self._folder.name) / "documents"
        files.mkdir()
        for document in documents:
            (files / document.name).write_text(document.text, encoding="utf-8")
        settings = Settings(home=Path(self._folder.name) / "home")
        library = open_library(settings, create=True)
        library.sync([files])
        self._chatbot = open_chatbot(settings, library)

    def search(self, question: str, k: int) -> list[Found]:
        """As `zhida search` does."""
        found = []
        for hit in self._bot.retriever.search(question, k):
            passage = hit.passage
            found.append(Found(passage.document, passage.text, passage.start, passage.end, hit.score))
        return found

    def answer(self, question: str) -> str | None:
        """As `zhida ask` does, in at most 200 characters unless one sentence is longer."""
        answer = self._bot.ask(question)
        return "" if answer.status == "refused" else answer.text

    def close(self) -> None:
        """Close the library and remove its folder."""
        if self._chatbot is not None:
            self._chatbot.library.close()
        self._folder.cleanup()

    @property
    def _bot(self) -> Chatbot:
        if self._chatbot is None:
            raise RuntimeError("index() comes first")
        return self._chatbot
