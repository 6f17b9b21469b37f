"""What is asked of every system: documents, questions, and where their evidence stands.

Two kinds. A gold set with a folder of documents names its evidence by quotation, so that passages are ranked.
A data set (a folder with corpus.jsonl.gz and questions.dev.jsonl.gz) names whole documents, so that documents are ranked.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.baselines.base import Source
from eval.gold import Evidence, GoldItem, read_gold
from index.errors import ZhidaError
from index.readers.encoding import decode

DATA_SETS = {
    "docqa_zh": ("retrieval_only",),
    "crud_rag": ("event_search", "quest_1doc"),
    "statutes": ("layperson_statute", "article_lookup"),
}
"""Folder of a data set → the types of its questions, reported apart."""


class TaskError(ZhidaError):
    """The data of a task are not there or not in the form they should have."""


@dataclass(frozen=True, slots=True)
class Task:
    """Questions over one set of documents. The first tag of an item is the group that it is reported in.

    Where `quoted`, evidence is a quotation to be found in a passage; else its quote is empty and the document counts.
    """

    name: str
    documents: tuple[Source, ...]
    items: tuple[GoldItem, ...]
    quoted: bool
    of: int = 0
    """How many documents the whole collection holds, of which `documents` are a sample."""


def gold_task(gold: Path, folder: Path) -> Task:
    """The answerable questions of a gold set, each on its own, over the text files of a folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []
    if not files:
        raise TaskError(f"没有文档 no documents in {folder}")
    documents = tuple(
        Source(str(file.relative_to(folder)), decode(file.read_bytes(), file.name)[0]) for file in files
    )
    items = tuple(
        replace(item, tags=(gold.stem,))
        for item in read_gold(gold).approved().items
        if item.answerable and item.evidence and not item.conversation
    )
    return Task(gold.stem, documents, items, quoted=True, of=len(documents))


def data_task(folder: Path, questions: int, documents: int, seed: int = 0) -> Task:
    """At most `questions` of each type of a data set, over their documents and random others, `documents` in all.

    The same seed gives the same task, whatever system it is for.
    """
    types = DATA_SETS[folder.name]
    chosen = random.Random(seed)
    items: list[GoldItem] = []
    asked = [one for one in _lines(folder / "questions.dev.jsonl.gz") if one["answerable"] and one["doc_ids"]]
    for kind in types:
        of_kind = [one for one in asked if one["meta"]["type"] == kind]
        items += [_item(one, kind) for one in chosen.sample(of_kind, min(questions, len(of_kind)))]
    corpus = [
        Source(_file(one["id"]), f"{one['title']}\n{one['text']}".strip())
        for one in _lines(folder / "corpus.jsonl.gz")
    ]
    needed = {evidence.document for item in items for group in item.evidence for evidence in group}
    others = [one.name for one in corpus if one.name not in needed]
    kept = needed | set(chosen.sample(others, min(max(0, documents - len(needed)), len(others))))
    return Task(
        folder.name, tuple(one for one in corpus if one.name in kept), tuple(items), False, len(corpus)
    )


def _item(record: dict[str, Any], kind: str) -> GoldItem:
    evidence = tuple((Evidence(_file(one), ""),) for one in record["doc_ids"])
    return GoldItem(record["id"], record["question"], evidence=evidence, tags=(kind,))


def _file(document_id: str) -> str:
    return f"{document_id}.txt"


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise TaskError(f"读不了数据 cannot read {file}: {error}") from None
