"""What a chat completion of a foreign system says: its answer with marks [n], the sources behind them, its tokens.

OpenAI's format has no field for the passages of a RAG system, so each system has its own. Sources are taken from
the first of these that is there, in the answer's message, its choice or the whole response:

    citations          objects, or addresses as Perplexity and many proxies give them
    context.citations  Azure OpenAI on your data: objects with content, title, filepath, url; marks [doc1]
    reference.chunks   RAGFlow: objects with content and document_name by number; marks [ID:0]. Or just a list
    reference, sources, search_results, documents     lists of objects under other names
    annotations        OpenAI: url_citation and file_citation, which say where in the text they belong

An object's document is its document, document_name, filename, filepath, source, title, name or url, and its words
are its quote, content, text, passage or snippet. Marks [1] 【1】 [^1] [1, 2] [doc1] and RAGFlow's [ID:0], which counts
as the chunks' own numbers do, are written as [n], n counting the sources from 1, unless they have a "number" of
their own. Pure; asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from eval.record import Found

PLACES = (
    "citations",
    "context.citations",
    "reference.chunks",
    "reference",
    "sources",
    "search_results",
    "documents",
)
DOCUMENT = (
    "document",
    "document_name",
    "filename",
    "file_name",
    "filepath",
    "source",
    "title",
    "name",
    "url",
)
MOST = 10_000
"""Sources of one answer; numbers further apart are no numbers of sources."""
WORDS = ("quote", "content", "text", "passage", "snippet", "cited_text")

_THINKING = re.compile(r"\A\s*<think>.*?</think>\s*", re.S)
"""Reasoning models put their thoughts before the answer; nobody is shown them."""
_MARKS = re.compile(r"[\[【［]\s*(\^|doc|ID:)?\s*(\d{1,4}(?:\s*[,，、]\s*\d{1,4})*)\s*[\]】］](?!\()", re.I)


@dataclass(frozen=True, slots=True)
class Source:
    """One source that came with an answer. `number` is what marks call it; unknown parts are empty."""

    number: int
    document: str
    text: str = ""
    title: str = ""
    url: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer as records hold it. Of `sources`, those that the text marks are its citations."""

    text: str
    sources: tuple[Source, ...] = ()
    cited: tuple[int, ...] = ()
    tokens: Mapping[str, int] | None = None
    refusal: bool = False
    cut_off: bool = False

    def citations(self) -> tuple[dict[str, Any], ...]:
        """The cited sources in the form of a record; the whole passage is the quotation, where nothing finer is known."""
        return tuple(
            {
                "number": source.number,
                "document": source.document,
                "title": source.title,
                "url": source.url,
                "quote": source.text,
                "passage": source.text,
            }
            for source in self.sources
            if source.number in self.cited
        )

    def retrieved(self) -> tuple[Found, ...]:
        """All sources, in the order in which they came, which is taken for their rank."""
        return tuple(
            Found(source.document, source.text, score=source.score, title=source.title)
            for source in self.sources
        )


def read_completion(body: Mapping[str, Any]) -> Completion:
    """What the JSON of a response says. Raises ValueError saying what is missing, or the error that it reports."""
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        error = body.get("error") or body.get("message") or "no choices in the response"
        raise ValueError(error.get("message", str(error)) if isinstance(error, dict) else str(error))
    choice = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("the choice has no message")
    text, inline = _content(message)
    annotations = [one for one in (*inline, *_objects(message.get("annotations"))) if _annotated(one)]
    listed, first = _listed((message, choice, body))
    if listed:
        sources = tuple(_source(one, i) for i, one in enumerate(listed, start=1))
        text = _renumbered(text, first)
        cited = tuple(dict.fromkeys(_marked(text)))
    else:
        text, sources = _with_annotations(_renumbered(text, 0), annotations)
        cited = tuple(source.number for source in sources)
    return Completion(
        text,
        sources,
        cited,
        _tokens(body.get("usage")),
        refusal=not text and bool(message.get("refusal")),
        cut_off=choice.get("finish_reason") == "length",
    )


def _content(message: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The text of a message, and the annotations inside its parts."""
    content = message.get("content")
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        text = "".join(str(part.get("text", "")) for part in parts)
        return _THINKING.sub("", text), [one for part in parts for one in _objects(part.get("annotations"))]
    return _THINKING.sub("", content if isinstance(content, str) else ""), []


def _listed(places: Sequence[Mapping[str, Any]]) -> tuple[list[Any], int]:
    """The first list of sources, and the number that the marks [ID:n] call its first one."""
    for place in places:
        for path in PLACES:
            found: Any = place
            for key in path.split("."):
                found = found.get(key) if isinstance(found, dict) else None
            if isinstance(found, dict) and found and all(key.isdigit() for key in found):
                numbered = {int(key): value for key, value in found.items()}
                first, last = min(numbered), max(numbered)
                if last - first < MOST:  # gaps are filled, so that every chunk keeps its number
                    return [numbered.get(number, "") for number in range(first, last + 1)], first
            if isinstance(found, list) and found:
                return found, 0
    return [], 0


def _source(given: Any, number: int) -> Source:
    if not isinstance(given, dict):
        address = str(given or "")
        return Source(number, _base_name(address), url=address if "://" in address else "")
    inner = given.get("metadata")
    known = {
        **(inner if isinstance(inner, dict) else {}),
        **{key: value for key, value in given.items() if value is not None},
    }
    if isinstance(known.get("source"), dict):  # Open WebUI: {"source": {"name"}, "document": [texts]}
        known |= {"document": known["source"].get("name", ""), "text": known.get("document", "")}
    text = next((known[key] for key in WORDS if known.get(key)), "")
    score = known.get("score", known.get("similarity", 0.0))
    own = known.get("number")
    return Source(
        own if isinstance(own, int) else number,
        _base_name(next((str(known[key]) for key in DOCUMENT if known.get(key)), "")),
        "\n".join(map(str, text)) if isinstance(text, list) else str(text),
        str(known.get("title", "")),
        str(known.get("url", "")),
        float(score) if isinstance(score, int | float) else 0.0,
    )


def _base_name(name: str) -> str:
    """The last part of a path or an address: documents are known by it in a gold set that was made elsewhere."""
    return PurePosixPath(name.replace("\\", "/").split("?")[0]).name or name


def _renumbered(text: str, first: int) -> str:
    """`text` with every mark as [n], n from 1; [ID:n] counts from `first`."""

    def plain(found: re.Match[str]) -> str:
        shift = 1 - first if (found[1] or "").lower() == "id:" else 0
        return "".join(f"[{int(number) + shift}]" for number in re.findall(r"\d+", found[2]))

    return _MARKS.sub(plain, text)


def _marked(text: str) -> Iterator[int]:
    return (int(found) for found in re.findall(r"\[(\d+)\]", text))


def _annotated(annotation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an annotation points at, which stands under the name of its type or beside it."""
    kind = annotation.get("type")
    if kind not in ("url_citation", "file_citation"):
        return None
    nested = annotation.get(kind)
    return nested if isinstance(nested, dict) else annotation


def _with_annotations(text: str, annotations: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[Source, ...]]:
    """The text with a mark where each annotation ends, and their sources, the same one under one number."""
    sources: dict[tuple[str, str], Source] = {}
    places: list[tuple[int, int]] = []
    for annotation in annotations:
        target = _annotated(annotation) or {}
        source = _source({key: value for key, value in target.items() if key != "type"}, len(sources) + 1)
        source = sources.setdefault((source.document + source.url, source.text), source)
        end = target.get("end_index", annotation.get("end_index"))
        places.append((end if isinstance(end, int) and 0 <= end <= len(text) else len(text), source.number))
    if not any(True for _ in _marked(text)):
        for end, number in sorted(places, reverse=True):
            text = f"{text[:end]}[{number}]{text[end:]}"
    return text, tuple(sources.values())


def _tokens(usage: Any) -> dict[str, int]:
    if not isinstance(usage, dict):
        return {}
    given = {"input": usage.get("prompt_tokens"), "output": usage.get("completion_tokens")}
    return {name: count for name, count in given.items() if isinstance(count, int)}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
