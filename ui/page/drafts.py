"""One click from an answer that went wrong to a draft of a test question, in home/drafts.jsonl.

A draft never counts before a person has reviewed it: `zhida eval approve` moves it into a gold set.
"""

from __future__ import annotations

import threading
from pathlib import Path

from rag.history_types import Entry

FILE_NAME = "drafts.jsonl"

_writing = threading.Lock()


def add_draft(home: Path, entry: Entry) -> bool:
    """Adds the question of `entry`; False if there is a draft of it already. Raises GoldError for a damaged file."""
    # The readers of gold sets are needed here only: they would cost every start of the server their import.
    from eval.drafts import Asked, drafts_of
    from eval.gold import GoldSet, PastTurn, read_gold
    from eval.gold_files import write_gold

    receipt = entry.receipt
    turns = tuple(PastTurn(turn["question"], turn["answer"]) for turn in receipt.turns)
    asked = Asked(receipt.id, receipt.question, turns, entry.as_dict())
    file = home / FILE_NAME
    with _writing:
        there = read_gold(file) if file.exists() else GoldSet((), file.name)
        made = drafts_of([asked], there)
        if made:
            write_gold(GoldSet((*there.items, *made), file.name), file)
    return bool(made)
