"""What a system under comparison must offer: take documents in, find passages, give an answer.

Every system gets the same texts and the same embedding model, so that only the recipe differs: how a text
is split, what counts as a word, how the two lists become one. Nothing here knows what is asked or scored.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.record import Found
from index import words
from index.embed import Embedder, open_embedder
from index.errors import ZhidaError


class MissingPackage(ZhidaError):
    """A library to be compared is not installed; says what to install."""

    def __init__(self, error: ImportError) -> None:
        super().__init__(
            f"缺少 {error.name}，请安装对照所需的包 {error.name} is missing, install the extra: pip install 'zhida[peers]'"
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One document as every system gets it: its name, and its whole text (the title is the first line)."""

    name: str
    text: str


class Baseline(ABC):
    """One system with one recipe, over one set of documents."""

    name = ""
    recipe = ""
    """The recipe in one line, for the table's legend."""

    @abstractmethod
    def index(self, documents: Sequence[Source]) -> None:
        """Take all documents in; called once."""

    @abstractmethod
    def search(self, question: str, k: int) -> list[Found]:
        """The `k` best passages, or more, best first."""

    def answer(self, question: str) -> str | None:
        """The answer, "" for a refusal; None for a system that has none to give without a language model."""
        return None

    def close(self) -> None:  # noqa: B027  most systems hold nothing that needs closing
        """Free what `index` took."""


class SharedEmbedding:
    """Zhida's embedding model as lists of floats, which is the form that the libraries take.

    Texts are normalised as the library of Zhida does it, since the model expects simplified characters.
    """

    @functools.cached_property
    def _model(self) -> Embedder:
        return open_embedder("")

    def passages(self, texts: Iterable[str]) -> list[list[float]]:
        """A unit vector a text."""
        return self._encode(list(texts))

    def query(self, text: str) -> list[float]:
        """The unit vector of a question."""
        return self._encode([text])[0]

    def _encode(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.encode(
            [words.normalize(text) for text in texts], kind="passage"
        ).tolist()
        return vectors
