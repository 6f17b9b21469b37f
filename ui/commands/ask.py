"""`zhida ask`: one question, or a file of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rag.answer import Answer, Citation
from ui.batch import answers, read_items
from ui.commands.options import add_filters, require_documents, settings_of, where_of
from ui.console import as_json, complain, lines_to, note, printable, say, typed
from ui.limits import too_long
from ui.particulars import facts, title

HELP = "回答问题，句句注明出处 answer a question with its sources"
NEAREST_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida ask`."""
    parser.add_argument("question", nargs="?", metavar="QUESTION", help="问题 the question")
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")
    parser.add_argument(
        "--batch", type=Path, metavar="FILE", help="问题文件 JSON lines with id and question or turns"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("-"), metavar="FILE", help="答案文件 answers as JSON lines (-)"
    )
    add_filters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Answers and prints; 2 when nothing could be answered, 0 also for a refusal, which is an answer."""
    question = typed(arguments.question)
    if bool(question) == bool(arguments.batch):
        complain("请给出一个问题或 --batch 文件 give either a question or --batch FILE")
        return 2
    if reason := too_long(question):
        complain(reason)
        return 2
    if arguments.batch:
        return _batch(arguments)
    # Loading what answers takes most of the time of a call, so the checks above come first.
    from rag.build import open_chatbot

    chatbot = open_chatbot(settings_of(arguments))
    require_documents(chatbot.library)
    answer = chatbot.ask(question, where=where_of(arguments))
    say(as_json(answer.as_dict()) if arguments.json else in_words(answer))
    return 2 if answer.status == "error" else 0


def _batch(arguments: argparse.Namespace) -> int:
    items = read_items(arguments.batch)
    settings = settings_of(arguments)
    from tqdm import tqdm

    from rag.build import open_chatbot

    chatbot = open_chatbot(settings)
    require_documents(chatbot.library)
    counts = {"answered": 0, "refused": 0, "error": 0}
    with lines_to(arguments.out) as file:
        for item in tqdm(items, desc="回答 answering", unit="", disable=None):
            for line in answers(chatbot, item, where_of(arguments)):
                counts[str(line["status"])] += 1
                file.write(as_json(line) + "\n")
    note(
        f"回答 answered {counts['answered']} · 资料未载 refused {counts['refused']} · 出错 errors {counts['error']}"
    )
    return 0 if counts["answered"] + counts["refused"] else 2


def in_words(answer: Answer) -> str:
    """The answer as text for a terminal, its sources below."""
    lines = [answer.text, *(f"（{notice}）" for notice in answer.notices)]
    lines += [_source(citation) for citation in answer.citations]
    if answer.status == "refused" and answer.hits:
        lines.append("\n最接近的段落 nearest passages:")
        for hit in answer.hits[:NEAREST_SHOWN]:
            text = " ".join(hit.passage.text.split())
            lines.append(f"  · {printable(title(hit.passage))}: {printable(text[:80])}")
    return "\n".join(lines)


def _source(citation: Citation) -> str:
    passage = citation.passage
    head = " · ".join([title(passage), *facts(passage)])
    quote = " ".join(citation.quote.split())
    lines = [f"\n[{citation.number}] {printable(head)}", f"    “{printable(quote)}”"]
    if citation.also_in:
        lines.append(f"    另见 also in: {printable('、'.join(citation.also_in))}")
    return "\n".join(lines + ([f"    {printable(passage.url)}"] if passage.url else []))
