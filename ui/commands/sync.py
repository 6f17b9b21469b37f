"""`zhida sync`: makes the library hold exactly the given files, and reports how clean each one is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from index.embed import open_embedder
from index.errors import ReadError
from index.library import Library
from index.passage import Hygiene
from index.sync import Progress, SyncReport
from ui.commands.options import settings_of
from ui.console import as_json, note, printable, say

HELP = "让资料库与这些文件一致 make the library hold exactly these files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida sync`."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="文件或文件夹 files and folders")
    parser.add_argument(
        "--rebuild", action="store_true", help="全部重读重建 read and encode everything again"
    )
    parser.add_argument(
        "--collection",
        default="",
        metavar="NAME",
        help="只同步这个文档集，其他不动 this collection only; others stay (the common one)",
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Syncs and reports; files that cannot be read are named, and are an error only if nothing could be."""
    settings = settings_of(arguments)
    embedder = open_embedder(settings.embedding_model)
    with Library.open(
        settings.home,
        embedder,
        create=True,
        rebuild=arguments.rebuild,
        passage_length=settings.passage_length,
    ) as library:
        report = sync_with_progress(
            library, arguments.paths, rebuild=arguments.rebuild, collection=arguments.collection
        )
    if arguments.json:
        files = {name: asdict(hygiene) for name, hygiene in report.files.items()}
        say(as_json({**report.as_dict(), "files": files}))
    else:
        for line in in_words(report):
            say(line)
    if report.message:
        raise ReadError(report.message)
    return 0


def sync_with_progress(
    library: Library, paths: Sequence[Path], *, rebuild: bool = False, collection: str = ""
) -> SyncReport:
    """Syncs with a progress bar on stderr. Raises ReadError for a path that is not there."""
    # disable=None: a bar on a terminal, nothing in a log file.
    with tqdm(desc="读取与索引 indexing", unit="", leave=False, disable=None) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.set_postfix_str(printable(progress.name), refresh=False)
            bar.update(progress.done - bar.n)

        return library.sync(paths, rebuild=rebuild, collection=collection, on_progress=show)


def in_words(report: SyncReport) -> list[str]:
    """The report as lines: each file that was read, each that could not be, the totals."""
    change = {name: "新增 added" for name in report.added}
    change |= {name: "更新 updated" for name in report.updated}
    lines = [
        f"{printable(name)}: {change.get(name, '已读 read')} · {cleaned(hygiene)}"
        for name, hygiene in report.files.items()
    ]
    lines += [
        f"{printable(name)}: {printable(said)}" for name, all_ in report.notices.items() for said in all_
    ]
    lines += [f"{printable(path)}: 失败 failed: {printable(reason)}" for path, reason in report.failed]
    lines.append(
        f"文件 documents {report.documents} · 段落 passages {report.passages} · 新增 added {len(report.added)} · "
        f"更新 updated {len(report.updated)} · 移动 moved {len(report.moved)} · 移除 removed {len(report.removed)} · "
        f"未变 unchanged {len(report.unchanged)} · 失败 failed {len(report.failed)} · {report.seconds:.1f} s"
    )
    return lines


def cleaned(hygiene: Hygiene) -> str:
    """What cleaning did to one file, in one line."""
    return (
        f"文章 articles {hygiene.articles} · 讲话人 speakers {hygiene.speakers} · "
        f"接回断行 wraps joined {hygiene.wraps_joined} · 去除 dropped: 页眉 headers {hygiene.headers_dropped}, "
        f"页码 page numbers {hygiene.page_numbers_dropped}, 网址 URLs {hygiene.urls_dropped}, "
        f"目录 contents {hygiene.contents_entries}"
    )


def changed(report: SyncReport) -> bool:
    """Whether the sync had anything to do or to complain about."""
    return bool(report.added or report.updated or report.moved or report.removed or report.failed)


def report_to_stderr(report: SyncReport) -> None:
    """The report where stdout is kept for something else."""
    for line in in_words(report) if changed(report) else []:
        note(line)
