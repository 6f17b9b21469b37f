"""Public data sets as documents and a gold set: corpora and questions that stand in a folder on this machine.

A folder holds `corpus.jsonl[.gz]` with lines {"id", "title", "text", "meta"} and `questions[.dev].jsonl[.gz]` with
lines {"id", "question", "answers", "doc_ids", "answerable", "meta"}. Nothing of such data is kept here or downloaded.

Evidence is what the data say, no more: the documents of `doc_ids`, any of which will do, unless the data group them
(`gold_groups` of questions over several documents, `positive_groups`) or give the sentences (`refs`); documents
without sentences become evidence with an empty quote. A fact is made of answers that stand word for word in the
documents. Of free answers none is: such questions measure retrieval and likeness, and little about correctness.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, unquote

from eval.gold import Evidence, Fact, GoldError, GoldItem, GoldSet, PastTurn
from eval.gold_fields import mapping
from eval.gold_files import read_any

LONGEST_FACT = 40
"""Characters of an answer that can be a fact; longer ones stand in documents only as whole paragraphs."""

LONGEST_NAME = 200  # bytes of a file name, with room for what a file system adds to it
NOT_OPEN = ("rejection",)
"""Types of questions that are unanswerable from a chosen context only, not from the corpus; they are left out."""

SUFFIX = ".txt"
_BLOCKS = {"p", "div", "tr", "table", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "title"}
_UNSEEN = {"script", "style", "head"}


def file_name(document_id: str) -> str:
    """The name of a document's file: safe in every file system, and no two ids have the same one."""
    name = quote(document_id, safe="")
    name = ("%2E" + name[1:] if name.startswith(".") else name) + SUFFIX
    if len(name) > LONGEST_NAME:
        raise GoldError(f"文档 id 太长 the id of a document is too long: {document_id[:60]}…")
    return name


def document_id(name: str) -> str:
    """The id of the document that `file_name` named so."""
    return unquote(name.rsplit("/", 1)[-1].removesuffix(SUFFIX))


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a corpus and questions."""
    return _file(folder, CORPUS) is not None and _file(folder, QUESTIONS) is not None


CORPUS = ("corpus.jsonl.gz", "corpus.jsonl")
QUESTIONS = ("questions.dev.jsonl.gz", "questions.dev.jsonl", "questions.jsonl.gz", "questions.jsonl")


def gold_of(folder: Path, *, sample: int | None = None, seed: int = 0) -> GoldSet:
    """The questions of a set, or `sample` of them: the same ones for the same seed. Raises GoldError."""
    file = _needed(folder, QUESTIONS)
    asked = [one for one in _lines(file) if one.get("meta", {}).get("type") not in NOT_OPEN]
    if sample is not None:
        chosen = set(_drawn([one["id"] for one in asked], sample, seed))
        asked = [one for one in asked if one["id"] in chosen]
    wanted = {name for one in asked for name in _named(one)}
    texts = {one["id"]: _squeezed(_text(one)) for one in _corpus(folder) if one["id"] in wanted}
    split = "dev" if ".dev." in file.name else ""
    try:
        items = tuple(_item(one, texts, folder.resolve().name, split) for one in asked)
    except (KeyError, TypeError, AttributeError) as error:
        raise GoldError(f"{file} 不是所要的格式 is not of the expected form: {error!r}") from None
    return GoldSet(items, folder.resolve().name)


def write_documents(
    folder: Path, out: Path, *, limit: int | None = None, keep: Collection[str] = (), seed: int = 0
) -> int:
    """Writes each document of a set as a text file, its title in the first line; returns how many.

    With `limit`, only those whose ids are in `keep`, and others, drawn by `seed`, up to that number in all. Files of
    the same name are replaced; others in `out` are left alone. Raises GoldError.
    """
    chosen: set[str] | None = None
    if limit is not None:
        ids = [one["id"] for one in _corpus(folder)]
        kept = set(keep) & set(ids)
        chosen = kept | set(_drawn([one for one in ids if one not in kept], max(0, limit - len(kept)), seed))
    out.mkdir(parents=True, exist_ok=True)
    written: dict[str, str] = {}
    for one in _corpus(folder):
        if chosen is not None and one["id"] not in chosen:
            continue
        name = file_name(one["id"])
        other = written.setdefault(name.lower(), one["id"])
        if other != one["id"]:
            raise GoldError(
                f"两个文档的文件名只差大小写 two file names differ in case only: {other}, {one['id']}"
            )
        title = " ".join(str(one.get("title") or "").split())
        body = _text(one)
        text = f"{title}\n\n{body}" if title and not body.startswith(title + "\n") else body
        (out / name).write_text(text.rstrip() + "\n", encoding="utf-8", newline="\n")
    return len(written)


def context_documents(folder: Path, gold: GoldSet) -> set[str]:
    """Ids of the documents that the questions of `gold` are about: their evidence, and what the unanswerable ones ask of."""
    there = {item.id for item in gold.items}
    return {name for one in _lines(_needed(folder, QUESTIONS)) if one["id"] in there for name in _named(one)}


def training_questions(file: Path) -> list[str]:
    """The questions of a file of training data (lines with `query` or `question`, gzipped or not) or of a gold file."""
    if not file.name.endswith((".jsonl", ".jsonl.gz")):
        return [item.question for item in read_any(file).items]
    asked = [turn for one in _objects(file) for turn in one.get("turns", [one])]
    return [str(one.get("query") or one.get("question") or "") for one in asked]


def _item(asked: Mapping[str, Any], texts: Mapping[str, str], source: str, split: str) -> GoldItem:
    """The gold item of one question. `texts` are those of its documents without white space."""
    meta = asked.get("meta", {})
    answerable = bool(asked["answerable"])
    tags = [str(meta[name]) for name in ("type", "domain") if meta.get(name)]
    return GoldItem(
        id=asked["id"],
        question=asked["question"],
        history=tuple(
            PastTurn(turn["question"], _one(turn.get("answers", ""))) for turn in meta.get("history", [])
        ),
        answerable=answerable,
        answers=_answers(asked["answers"], meta),
        facts=tuple(_facts(asked, meta, texts)) if answerable else (),
        evidence=tuple(_evidence(asked, meta, texts)) if answerable else (),
        tags=tuple(tags),
        split=split,
        source=source,
    )


def _facts(asked: Mapping[str, Any], meta: Mapping[str, Any], texts: Mapping[str, str]) -> Iterator[Fact]:
    """One fact for each thing that the answer must hold, of its ways to be said."""
    documents = [texts[name] for name in asked["doc_ids"] if name in texts]

    def said(answers: Iterable[str]) -> list[str]:
        bare = [answer.strip().rstrip("。；;，,") for answer in answers]
        short = [answer for answer in dict.fromkeys(bare) if 0 < len(answer) <= LONGEST_FACT]
        return [one for one in short if any(_squeezed(one) in document for document in documents)]

    if meta.get("type") == "yesno":
        return
    for group in _answer_groups(asked["answers"], meta):
        if found := said(group):
            yield Fact(any=tuple(found))


def _answer_groups(answers: Sequence[str], meta: Mapping[str, Any]) -> list[list[str]]:
    """The answers as groups of alternatives, all groups needed. `answer_raw` is nested in two ways."""
    raw = meta.get("answer_raw")
    if not isinstance(raw, list) or not raw:
        return [list(answers)]
    nested = [one if isinstance(one, list) else [one] for one in raw]
    if "gold_groups" not in meta:  # all of the outer list, any of an inner one
        return nested
    if len(nested) == 1:  # any of the outer list, all of an inner one
        return [[part] for part in nested[0]]
    return [[one[0] for one in nested if len(one) == 1]]


def _answers(answers: Sequence[str], meta: Mapping[str, Any]) -> tuple[str, ...]:
    """The reference answers; one of several parts is made whole."""
    groups = _answer_groups(answers, meta)
    return (
        ("、".join(group[0] for group in groups),) if len(groups) > 1 else tuple(filter(str.strip, answers))
    )


def _evidence(
    asked: Mapping[str, Any], meta: Mapping[str, Any], texts: Mapping[str, str]
) -> Iterator[tuple[Evidence, ...]]:
    """The groups of evidence: sentences where the data give them, else documents."""
    names = asked["doc_ids"]
    quoted: set[str] = set()
    for sentence in meta.get("refs", []):
        there = [name for name in names if _squeezed(sentence) and _squeezed(sentence) in texts.get(name, "")]
        quoted.update(there)
        if there:
            yield tuple(Evidence(file_name(name), sentence) for name in there)
    groups = meta.get("positive_groups") or [names]
    if meta.get("type") == "multi_doc":
        groups = meta["gold_groups"]
    elif str(meta.get("type", "")).startswith("多文档"):
        groups = [[name] for name in names]
    for group in groups:
        if group and not quoted.intersection(group):
            yield tuple(Evidence(file_name(name), "") for name in dict.fromkeys(group))


def _named(asked: Mapping[str, Any]) -> list[str]:
    """Ids of the documents of a question, answerable or not."""
    meta = asked.get("meta", {})
    context = [meta["context_id"]] if "context_id" in meta else meta.get("context_ids", [])
    return [*asked.get("doc_ids", []), *context]


def _drawn(ids: Sequence[str], n: int, seed: int) -> list[str]:
    """`n` of the ids, whatever their order: those with the smallest hashes."""
    return sorted(ids, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())[:n]


def _one(answers: str | Sequence[str]) -> str:
    return answers if isinstance(answers, str) else "；".join(answers)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _text(document: Mapping[str, Any]) -> str:
    """The text of a document; of a web page, what is seen of it."""
    text = str(document["text"])
    if document.get("meta", {}).get("format") != "html":
        return "".join(c for c in text if c in "\n\t" or c.isprintable() or c.isspace())
    page = _Page()
    page.feed(text)
    page.close()
    lines = [" ".join(line.split()) for line in "".join(page.pieces).split("\n")]
    return "\n".join(line for line in lines if line)


class _Page(HTMLParser):
    """The text of a web page: a block is a line, a cell of a table is parted from the next by a space."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        self.pieces.append("\n" if tag in _BLOCKS else " " if tag in ("td", "th") else "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self.pieces.append("\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        self.pieces.append("" if self._unseen else data)


def _corpus(folder: Path) -> Iterator[dict[str, Any]]:
    return _lines(_needed(folder, CORPUS))


def _needed(folder: Path, names: Sequence[str]) -> Path:
    found = _file(folder, names)
    if found is None:
        reason = (
            "没有数据集文件夹 no such folder" if not folder.is_dir() else f"缺少文件 it has no {names[0]}"
        )
        raise GoldError(f"{folder} 不是数据集 is not a data set: {reason}")
    return found


def _file(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file, each of which has an id."""
    for number, one in enumerate(_objects(file), 1):
        if not isinstance(one.get("id"), str):
            raise GoldError(f"{file} 第 {number} 行没有 id line {number} has no id")
        yield one


def _objects(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file, gzipped or not."""
    try:
        with _open(file) as lines:
            for line in lines:
                if line.strip():
                    yield mapping(json.loads(line))
    except (ValueError, EOFError, OSError) as error:
        raise GoldError(f"读不了数据 cannot read {file}: {error}") from None


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")
