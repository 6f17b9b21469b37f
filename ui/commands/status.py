"""`zhida status`: what the library holds."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ui.commands.options import settings_of
from ui.console import as_json, printable, say
from ui.sync_report import without_name

HELP = "资料库的现状 what the library holds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida status`."""
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints counts, sizes and the documents."""
    # A mistake in the arguments should be told before the library's packages are loaded.
    from rag.build import open_library

    settings = settings_of(arguments)
    library = open_library(settings)
    status, documents = library.status(), library.documents()
    if arguments.json:
        listed = [
            {
                "name": document.name,
                "title": document.title,
                "passages": document.passages,
                "notices": list(document.notices),
            }
            for document in documents
        ]
        say(as_json({"home": str(settings.home), **asdict(status), "files": listed}))
        return 0
    say(f"资料库 library: {printable(str(settings.home.resolve()))}")
    say(
        f"文件 documents {status.documents} · 段落 passages {status.passages} · 字数 characters {status.characters}"
    )
    say(
        f"版本 generation {status.generation} · 模型 model {status.embedder} · 占用 size {status.size / 1e6:.1f} MB"
    )
    sizes = " · ".join(f"{part} {size / 1e6:.1f}" for part, size in status.sizes.items())
    say(f"各部分 parts (MB): {sizes}")
    searched = "分桶 by lists" if status.by_lists else "逐一比较 exact"
    say(
        f"向量检索 vector search: {searched} · recall@10 {status.recall:.3f} · 分段 segments {status.segments} · "
        f"已并入 taken in: 向量 vectors {status.vectors_upto}, 词语 lexical {status.lexical_upto}"
    )
    if status.previous:
        say("可退回上一版 a previous state is kept: zhida rollback")
    for document in documents:
        say(f"  {printable(document.name)} · {document.passages} 段 passages")
        for notice in document.notices:
            say(f"    注意 note: {printable(without_name(notice, document.name))}")
    return 0
