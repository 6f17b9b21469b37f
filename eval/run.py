"""Runs a gold set through the chatbot that is served, and says how it did.

zhida eval run GOLD.jsonl --out DIR      asks every question and scores the answers
python -m eval.run GOLD.jsonl A.jsonl    scores the answers of `zhida ask --batch`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.gold import GoldError, GoldItem, read_gold
from eval.metrics import Score, score, summary
from rag.answer import Turn
from rag.chatbot import Chatbot


def ask_all(
    chatbot: Chatbot,
    conversations: Iterable[Sequence[GoldItem]],
    on_answer: Callable[[str], object] | None = None,
) -> list[dict[str, Any]]:
    """The answers to all items, in order, in the form of `zhida ask --batch`."""
    answers = []
    for items in conversations:
        turns: list[Turn] = []
        for item in items:
            answer = chatbot.ask(item.question, turns)
            turns.append(Turn(item.question, answer.text, answer.standalone_question))
            answers.append({"id": item.id, **answer.as_dict()})
            if on_answer:
                on_answer(item.id)
    return answers


def score_all(conversations: Iterable[Sequence[GoldItem]], answers: Iterable[dict[str, Any]]) -> list[Score]:
    """Scores in the order of the gold items; a question without an answer counts as refused and wrong."""
    by_id = {answer["id"]: answer for answer in answers}
    nothing: dict[str, Any] = {"status": "error", "answer": "", "citations": []}
    return [score(item, by_id.get(item.id, nothing)) for items in conversations for item in items]


def write_run(folder: Path, answers: Iterable[dict[str, Any]], scores: Sequence[Score]) -> None:
    """Answers, scores and summary under `folder`; the summary is written last and marks a finished run."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "answers.jsonl", answers)
    _write_lines(folder / "scores.jsonl", (asdict(one) for one in scores))
    (folder / "summary.json").write_text(json.dumps(summary(scores), indent=1) + "\n", encoding="utf-8")


def _write_lines(file: Path, records: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    file.write_text(text, encoding="utf-8")


def table(scores: Sequence[Score]) -> str:
    """The summary as lines `name value`, shares in percent."""
    lines = []
    for name, value in summary(scores).items():
        shown = f"{value:.0f}" if name in ("questions", "mean_length") else f"{value:.1%}"
        lines.append(f"{name:16} {shown:>7}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file of answers against a gold file and print the summary and the questions that went wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 2:
        print("usage: python -m eval.run GOLD.jsonl ANSWERS.jsonl", file=sys.stderr)
        return 2
    try:
        gold = read_gold(Path(given[0]))
    except GoldError as error:
        print(error, file=sys.stderr)
        return 2
    answers = [json.loads(line) for line in Path(given[1]).read_text(encoding="utf-8").splitlines()]
    scores = score_all(gold, answers)
    print(table(scores))
    for one in scores:
        wrong = one.refused != (not one.answerable) or one.correct is False
        if wrong:
            print(f"{one.id}  answerable={one.answerable} refused={one.refused} correct={one.correct}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
