"""What the record of an answer holds: enough to show it as it was, to say where it came from, and to ask it again.

A record needs nothing but itself to be shown: passages and quotations are in it with their text as it was, so that an
old conversation never changes when its documents do. It holds no key and no address with one. rag.replay compares.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

import index
import rag
from index.durable import sha256_of
from index.errors import LibraryError
from index.library import Library
from index.passage import Hit, Passage, Speaker, Where
from rag.answer import Answer, Citation, Turn
from rag.settings import Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CitationState = Literal["same", "changed", "gone"]

ANSWERING = (
    "embedding_model",
    "chat_model",
    "passage_length",
    "passages",
    "candidates",
    "fusion_weight",
    "reranker",
    "rerank_weight",
    "answer_length",
)
"""The settings that shape an answer and are put down as they are. One that is not named here is not: it may be a secret.
Of `chat_model_url` what can hold a key is left out; of `prompt_file` there is the hash of the prompt."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The record of one answer. Everything in it is plain data, as JSON has it."""

    id: str
    owner: str
    conversation: str
    """The id of the conversation, "" for a question by itself."""
    asked: str
    """UTC, ISO 8601."""
    status: str
    """As the answer's, or "stopped" where the reader broke it off."""
    answer: Mapping[str, Any]
    """In the form of `Answer.as_dict()`: question, stand-alone question, text, citations with their text, timings."""
    cited: Sequence[Mapping[str, Any]] = ()
    """The passages of the citations, in their order, with all their fields."""
    passages: Sequence[Mapping[str, Any]] = ()
    """What was considered, best first: all fields of each passage, its `score`, `stages` with every stage's score,
    and in `also` the passages that say the same and were left out for it."""
    turns: Sequence[Mapping[str, str]] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_hash: str = ""
    model: str = ""
    """The language model, or "extractive"."""
    prompt_hash: str = ""
    program: str = ""
    """Version of Zhida, and a hash of its code."""
    replaces: str = ""
    """The answer that this one took the place of in its conversation."""

    @property
    def question(self) -> str:
        """The question as typed."""
        return str(self.answer.get("question", ""))

    def as_dict(self) -> dict[str, Any]:
        """The whole record as JSON has it; its parts are the record's own."""
        return _fields_of(self)

    def packed(self) -> bytes:
        """The record as it is stored: compressed JSON. A changed byte is found out on unpacking (Adler-32)."""
        text = json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))
        return zlib.compress(text.encode("utf-8", "replace"), 6)

    @classmethod
    def unpacked(cls, data: bytes) -> Receipt:
        """The record that `packed` made. Raises ValueError for damaged data."""
        try:
            given = json.loads(zlib.decompress(data))
            return _made(cls, given)
        except (zlib.error, TypeError) as error:
            raise ValueError(f"damaged record: {error}") from None

    def to_answer(self) -> Answer:
        """The answer as it was given, for whatever shows answers. A stopped one has the status "error"."""
        citations = [
            _made(Citation, {**citation, "passage": _passage(passage)})
            for citation, passage in zip(self.answer.get("citations", ()), self.cited, strict=True)
        ]
        given = self.answer
        return Answer(
            question=given["question"],
            standalone_question=given["standalone_question"],
            status="error" if self.status == "stopped" else given["status"],
            text=given["answer"],
            citations=tuple(citations),
            hits=tuple(_hit(one) for one in self.passages),
            mode=given["mode"],
            notices=tuple(given["notices"]),
            timings_ms=given["timings_ms"],
            confidence=given["confidence"],
        )

    def to_turns(self) -> list[Turn]:
        """The exchanges before the question, as the chatbot took them."""
        return [_made(Turn, turn) for turn in self.turns]

    def to_where(self) -> Where:
        """The filter within which it was answered."""
        return _made(
            Where, {name: frozenset(v) if isinstance(v, list) else v for name, v in self.where.items()}
        )


def passage_record(passage: Passage) -> dict[str, Any]:
    """All fields of a passage as plain data."""
    return _fields_of(passage) | {"speaker": _fields_of(passage.speaker) if passage.speaker else None}


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit as `Receipt.passages` has it."""
    found = {"score": hit.score, "stages": dict(hit.stages)}
    return passage_record(hit.passage) | found | {"also": [passage_record(other) for other in hit.also]}


def where_record(where: Where | None) -> dict[str, Any]:
    """What a filter asks for, without what is at its default."""
    given, default = where or Where(), Where()
    changed = {
        spec.name: getattr(given, spec.name)
        for spec in fields(Where)
        if getattr(given, spec.name) != getattr(default, spec.name)
    }
    return {name: sorted(v) if isinstance(v, frozenset) else v for name, v in changed.items()}


def settings_record(settings: Settings, library: Library) -> dict[str, Any]:
    """The settings that shape an answer, and the embedding model by the name that the library knows it by."""
    chosen: dict[str, Any] = {name: getattr(settings, name) for name in ANSWERING}
    chosen["chat_model_url"] = without_secrets(settings.chat_model_url)
    chosen["embedder"] = library.catalog.meta().get("embedder", "")
    return chosen


def hash_of(value: object) -> str:
    """A short hash of plain data: the same for the same content."""
    return sha256_of(json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace"))[:16]


def without_secrets(url: str) -> str:
    """`url` without user, password, query and fragment, where keys are put at times."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@cache
def code_hash() -> str:
    """A short hash of all Python and JSON files of rag and index: two checkouts of one version can differ."""
    digest = hashlib.sha256()
    for package in (index, rag):
        folder = Path(package.__file__ or "").parent
        for file in sorted(file for file in folder.rglob("*") if file.suffix in (".py", ".json", ".txt")):
            digest.update(f"{file.relative_to(folder)} {sha256_of(file.read_bytes())}\n".encode())
    return digest.hexdigest()[:12]


@cache
def program() -> str:
    """The version of Zhida that is running, with the hash of its code."""
    try:
        version = metadata.version("zhida")
    except metadata.PackageNotFoundError:
        version = "?"
    return f"{version}+{code_hash()}"


def citation_states(receipt: Receipt, library: Library) -> dict[int, CitationState]:
    """For each citation's number, whether its words still stand in its document.

    "same": they do, wherever in it. "changed": the document is there and does not hold them any more. "gone": there is
    no document of that name. One look-up for all that have not moved; a document is read only for those that have.
    """
    cited = {
        citation["number"]: (citation, _passage(passage))
        for citation, passage in zip(receipt.answer.get("citations", ()), receipt.cited, strict=True)
    }
    there = {passage.id: passage for passage in library.passages([p.id for _, p in cited.values()])}
    texts: dict[tuple[str, str], str | None] = {}
    states: dict[int, CitationState] = {}
    for number, (citation, passage) in cited.items():
        now = there.get(passage.id)
        place = (passage.document, passage.collection)
        if now is not None and (now.document, now.collection) == place and citation["quote"] in now.text:
            states[number] = "same"
            continue
        if place not in texts:
            texts[place] = _text_of(library, *place)
        text = texts[place]
        states[number] = "gone" if text is None else "same" if citation["quote"] in text else "changed"
    return states


def _text_of(library: Library, document: str, collection: str) -> str | None:
    try:
        return library.document(document, collection).text
    except LibraryError:
        return None


def _passage(record: Mapping[str, Any]) -> Passage:
    speaker = record.get("speaker")
    return _made(Passage, {**record, "speaker": _made(Speaker, speaker) if speaker else None})


def _hit(record: Mapping[str, Any]) -> Hit:
    also = tuple(_passage(other) for other in record.get("also", ()))
    return Hit(_passage(record), record["score"], record["stages"], also)


def _fields_of(one: DataclassInstance) -> dict[str, Any]:
    """The fields of a dataclass as they are; `asdict` would copy all that is in them, which takes longer than storing it."""
    return {name: getattr(one, name) for name in _names(type(one))}


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(spec.name for spec in fields(kind))


def _made(kind: type[_T], given: Mapping[str, Any]) -> _T:
    """A dataclass from a record that may be older or newer than it: what it does not know is left out."""
    known = {spec.name for spec in fields(kind)}  # type: ignore[arg-type]
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if name in known
    }
    return kind(**values)
