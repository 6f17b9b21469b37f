"""`zhida search`: the passages nearest to a question, without an answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from index.passage import Hit
from ui.batch import read_items
from ui.commands.options import add_filters, require_documents, settings_of, where_of, whole_number
from ui.console import as_json, complain, lines_to, note, printable, say, typed
from ui.limits import HITS, too_long
from ui.particulars import facts, title

HELP = "检索段落 find the passages nearest to a question"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida search`."""
    parser.add_argument("query", nargs="?", metavar="QUERY", help="要找什么 what to look for")
    parser.add_argument(
        "-k",
        type=whole_number(HITS),
        default=10,
        metavar="N",
        help=f"段数 how many passages (10, at most {HITS})",
    )
    parser.add_argument(
        "--mode", choices=("hybrid", "lexical", "dense"), default="hybrid", help="检索方式 (hybrid)"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")
    parser.add_argument("--batch", type=Path, metavar="FILE", help="问题文件 JSON lines with id and question")
    parser.add_argument(
        "--out", type=Path, default=Path("-"), metavar="FILE", help="结果文件 results as JSON lines (-)"
    )
    add_filters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Searches and prints; finding nothing is a result."""
    query = typed(arguments.query)
    if bool(query) == bool(arguments.batch):
        complain("请给出一个问题或 --batch 文件 give either a query or --batch FILE")
        return 2
    if reason := too_long(query):
        complain(reason)
        return 2
    if arguments.batch:
        return _batch(arguments)
    # Loading the library takes most of the time of a call, so the checks above come first.
    from rag.build import open_retriever

    retriever = open_retriever(settings_of(arguments))
    require_documents(retriever.library)
    hits = retriever.search(query, arguments.k, arguments.mode, where_of(arguments))
    if arguments.json:
        say(as_json({"question": query, "hits": [as_dict(hit) for hit in hits]}))
        return 0
    for rank, hit in enumerate(hits, 1):
        say(in_words(hit, rank))
    if not hits:
        note("没有找到 nothing found")
    return 0


def _batch(arguments: argparse.Namespace) -> int:
    items = read_items(arguments.batch)
    settings = settings_of(arguments)
    from tqdm import tqdm

    from rag.build import open_retriever

    retriever = open_retriever(settings)
    require_documents(retriever.library)
    where = where_of(arguments)
    searched = errors = 0
    with lines_to(arguments.out) as file:
        for item in tqdm(items, desc="检索 searching", unit="", disable=None):
            for line_id, question, error in item.each():
                if error:
                    file.write(as_json({"id": line_id, "hits": [], "error": error}) + "\n")
                    errors += 1
                    continue
                hits = retriever.search(question, arguments.k, arguments.mode, where)
                file.write(as_json({"id": line_id, "hits": [as_dict(hit) for hit in hits]}) + "\n")
                searched += 1
    note(f"检索 searched {searched} · 出错 errors {errors}")
    return 0 if searched else 2


def as_dict(hit: Hit) -> dict[str, object]:
    """A hit in the form that the batch contract promises, with `also_in` where other documents say the same."""
    passage = hit.passage
    also = {"also_in": list(dict.fromkeys(other.document for other in hit.also))} if hit.also else {}
    return {
        "document": passage.document,
        "passage_id": passage.id,
        "score": round(hit.score, 6),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        **also,
    }


def in_words(hit: Hit, rank: int) -> str:
    """A hit as text for a terminal."""
    passage = hit.passage
    head = " · ".join([title(passage), *facts(passage)])
    text = " ".join(passage.text.split())
    place = f"[{passage.start}-{passage.end}]"
    also = "、".join(dict.fromkeys(other.document for other in hit.also))
    also = f"\n   另见 also in: {printable(also)}" if also else ""
    return f"{rank}. {hit.score:.3f}  {printable(head)} {place}\n   {printable(text)}{also}\n"
