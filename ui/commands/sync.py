"""`zhida sync`: makes the library hold exactly the given files, and reports how clean each one is. Documents that came
otherwise, sent to the API say, stay beside them.

Ctrl-C and a SIGTERM end it at once: what is stored stays, and the next sync goes on from there.
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from index.embed import open_embedder
from index.errors import ReadError, SettingsError
from index.library import Library
from index.passage import Hygiene
from index.similar import similar_documents
from index.sync import SyncReport
from ui.commands.options import collection_name, settings_of, whole_number
from ui.console import as_json, note, printable, say
from ui.progress import ProgressLine
from ui.sync_report import Occasion, report_page, without_name

HELP = "让资料库与这些文件一致 make the library hold exactly these files"
MOST_WORKERS = 256
TERMINATED = 143  # 128 + SIGTERM, as shells count


class Terminated(KeyboardInterrupt):
    """A SIGTERM: ends what is under way as Ctrl-C does."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida sync`."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="文件或文件夹 files and folders")
    parser.add_argument(
        "--rebuild", action="store_true", help="全部重读重建 read and encode everything again"
    )
    parser.add_argument(
        "--collection",
        type=collection_name,
        default="",
        metavar="NAME",
        help="只同步这个文档集，其他不动 this collection only; others stay (the common one)",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(MOST_WORKERS),
        metavar="N",
        help="同时读取的进程数（默认为处理器核数） processes that read files at a time (as many as cores)",
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="另写一份网页报告 write a report as a page (report.html)"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Syncs and reports; files that cannot be read are named, and are an error only if nothing could be."""
    settings = settings_of(arguments, workers=arguments.workers)
    if arguments.report is not None:
        check_report(arguments.report, arguments.paths)
    embedder = open_embedder(settings.embedding_model)
    try:
        with (
            ended_by_sigterm(),
            Library.open(
                settings.home,
                embedder,
                create=True,
                rebuild=arguments.rebuild,
                passage_length=settings.passage_length,
            ) as library,
        ):
            report = sync_with_progress(
                library,
                arguments.paths,
                rebuild=arguments.rebuild,
                collection=arguments.collection,
                workers=settings.workers,
            )
            if arguments.report is not None:
                page = report_page(report, occasion_of(library, report, arguments))
                write_whole(arguments.report, page)
    except Terminated:
        return TERMINATED
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
    library: Library, paths: Sequence[Path], *, rebuild: bool = False, collection: str = "", workers: int = 0
) -> SyncReport:
    """Syncs with a line on stderr that says how far it is. Raises ReadError for a path that is not there.

    When it is broken off, it says how much is stored before it passes KeyboardInterrupt on.
    """
    with ProgressLine() as line:
        try:
            return library.sync(
                paths, rebuild=rebuild, collection=collection, on_progress=line, workers=workers
            )
        except KeyboardInterrupt:
            line.close()
            stored, total = (line.last.stored, line.last.total) if line.last else (0, 0)
            note(broken_off(stored, total, rebuild))
            raise


def broken_off(stored: int, total: int, rebuild: bool) -> str:
    """What a sync that was broken off has left behind, in one line."""
    if rebuild:
        return (
            "已中断，重建没有完成，资料库保持原样 broken off: nothing was rebuilt, the library is as it was"
        )
    done = (
        f"已存入 stored {stored} / {total} 个文件 files" if total else "还没有存入文件 no file was stored yet"
    )
    return f"已中断 broken off: {done}；再次运行会接着做，已存入的不会重读 run it again to go on from there"


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Within it, a SIGTERM raises Terminated, so that no process is left behind."""

    def end(*_: object) -> NoReturn:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_report(file: Path, paths: Sequence[Path]) -> None:
    """Raises SettingsError for a report that cannot be written there, or would be taken for a document the next time."""
    if not file.parent.is_dir() or file.is_dir():
        raise SettingsError(f"报告要写到已有的文件夹里 a report needs a file in a folder that exists: {file}")
    for path in paths:
        if file.resolve().is_relative_to(path.resolve()):
            raise SettingsError(
                f"报告不能放在要同步的文件夹里，否则下次会被当成资料 the report must not lie in a folder "
                f"that is synced, or it would become a document: {file}"
            )


def occasion_of(library: Library, report: SyncReport, arguments: argparse.Namespace) -> Occasion:
    """What the page tells beside the report: the notices of all documents, and which are nearly the same."""
    now = datetime.now().astimezone()
    if not report.documents:  # then the library itself may be gone again
        return Occasion(now, library.home, arguments.paths, report.notices)
    infos = [info for info in library.documents() if info.collection == arguments.collection]
    notices = {info.name: info.notices for info in infos if info.notices}
    within = f"{arguments.collection}/" if arguments.collection else ""
    names = {within + info.name for info in infos}
    similar = [group for group in similar_documents(library) if not names.isdisjoint(group)]
    return Occasion(now, library.home, arguments.paths, notices, similar)


def write_whole(file: Path, text: str) -> None:
    """Write a file so that an earlier one of this name is replaced when all of it is there."""
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    partial.replace(file)


def in_words(report: SyncReport) -> list[str]:
    """The report as lines: each file that was read, each that could not be, the totals."""
    change = {name: "新增 added" for name in report.added}
    change |= {name: "更新 updated" for name in report.updated}
    lines = [
        f"{printable(name)}: {change.get(name, '已读 read')} · {cleaned(hygiene)}"
        for name, hygiene in report.files.items()
    ]
    lines += [
        f"{printable(name)}: {printable(without_name(said, name))}"
        for name, all_ in report.notices.items()
        for said in all_
    ]
    lines += [f"{printable(name)}: 移除 removed" for name in report.removed]
    lines += [
        f"{printable(path)}: 失败 failed: {printable(without_name(reason, path))}"
        for path, reason in report.failed
    ]
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
