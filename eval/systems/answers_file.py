"""A file of answers, from `zhida ask --batch` or from anywhere: nothing is asked, the answers are taken as they are.

A line is {"id", "answer"} and, where it is known, "status", "question", "standalone_question", "citations",
"retrieved", "sent", "mode", "notices", "timings_ms", "tokens", "confidence", "error", in the forms of `zhida ask --json`
and of eval.record. A line without "status" is judged by its words: "refused" where they decline to answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from eval.metrics.refusals import is_refusal
from eval.record import Record
from index.durable import sha256_of
from index.errors import ZhidaError
from rag.answer import Status

SHAPES: Mapping[str, tuple[type, ...]] = {
    "question": (str,),
    "standalone_question": (str,),
    "citations": (list,),
    "retrieved": (list,),
    "sent": (int,),
    "mode": (str,),
    "notices": (list,),
    "timings_ms": (dict,),
    "tokens": (dict,),
    "confidence": (int, float, type(None)),
    "error": (str,),
}
"""What the value of each key that may be left out must be."""


class AnswersError(ZhidaError):
    """A file of answers cannot be read; names the line and what is wrong with it."""


class AnswersFile:
    """The answers of one file by the id of their question."""

    def __init__(self, file: Path) -> None:
        """Reads all of `file`. Raises AnswersError with the number of the first line that is not an answer."""
        self.name = file.name
        try:
            data = file.read_bytes()
            text = data.decode("utf-8-sig")
        except OSError as error:
            raise AnswersError(f"读不了答案文件 cannot read the answers {file}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise AnswersError(f"答案文件应为 UTF-8 the answers should be UTF-8: {file}") from None
        self.hash = sha256_of(data)
        self.records: dict[str, Record] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                record = record_of(json.loads(line))
                if record.id in self.records:
                    raise ValueError(f"a second answer with the id {record.id!r}")
            except (ValueError, TypeError, RecursionError) as error:
                raise AnswersError(
                    f"{file} 第 {number} 行不是答案 line {number} is not an answer: {error}"
                ) from None
            self.records[record.id] = record

    def describe(self) -> Mapping[str, Any]:
        """The file's name, and its hash as the settings."""
        return {"system": "answers", "settings": {"file": self.name, "sha256": self.hash}}


def record_of(fields_of: object) -> Record:
    """The record of one line's object. Raises ValueError or TypeError saying what is wrong."""
    if not isinstance(fields_of, dict):
        raise ValueError("it should be an object")
    item_id, answer = fields_of.get("id"), fields_of.get("answer")
    if isinstance(item_id, bool) or not isinstance(item_id, str | int) or item_id == "":
        raise ValueError('"id" should be a text or a whole number')
    if not isinstance(answer, str | None):
        raise ValueError('"answer" should be a text')
    for key, kinds in SHAPES.items():
        if key in fields_of and not isinstance(fields_of[key], kinds):
            raise ValueError(f"{key!r} should not be {type(fields_of[key]).__name__}")
    if not all(isinstance(one, dict) for key in ("citations", "retrieved") for one in fields_of.get(key, ())):
        raise ValueError('each of "citations" and "retrieved" should be an object')
    status = fields_of.get("status") or status_of(answer or "")
    if status not in get_args(Status):
        raise ValueError(f"status should be answered, refused or error, not {status!r}")
    known = {"question": "", **fields_of, "id": str(item_id), "answer": answer or "", "status": status}
    if status == "error" and not known.get("error"):
        known["error"] = "; ".join(map(str, fields_of.get("notices", ()))) or "没有回答 no answer"
    return Record.from_dict(known)


def status_of(answer: str) -> Status:
    """What became of a question, from the words of the answer alone. An empty answer is an error: nobody was refused."""
    if not answer.strip():
        return "error"
    return "refused" if is_refusal(answer) else "answered"
