"""Answers kept by content: the same system, documents, question and earlier turns give the same answer again.

For systems that cost money or minutes. What came back as an error is not kept. A kept answer's times are those
of when it was given, and its record says that it was kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from eval.record import Record
from rag.answer import Turn


class AnswerCache:
    """A folder of records, one file each. Several threads and processes may use it at once."""

    def __init__(self, folder: Path, config_hash: str) -> None:
        """`config_hash` stands for the system and its documents, see eval.run.config_hash."""
        self.folder = folder
        self._config_hash = config_hash

    def get(self, question: str, turns: Sequence[Turn]) -> Record | None:
        """The record of this question after these turns, marked as kept; None if there is none."""
        try:
            kept = json.loads(self._file(question, turns).read_bytes())
            return replace(Record.from_dict(kept), cached=True)
        except (OSError, ValueError, TypeError):
            return None  # not there, or damaged: then it is asked again

    def put(self, question: str, turns: Sequence[Turn], record: Record) -> None:
        """Keeps `record`, unless it is an error."""
        if record.status == "error":
            return
        file = self._file(question, turns)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Two threads may ask the same: a name of its own for each, and the last one's file stays.
        partial = file.with_name(f"{file.name}.{id(record)}.partial")
        # With escapes, since a foreign system may send what UTF-8 cannot carry.
        partial.write_text(json.dumps(asdict(record)), encoding="utf-8")
        partial.replace(file)

    def _file(self, question: str, turns: Sequence[Turn]) -> Path:
        asked = [
            self._config_hash,
            question,
            [[turn.question, turn.answer, turn.standalone] for turn in turns],
        ]
        key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        return self.folder / key[:2] / f"{key}.json"
