"""The folder of a run while it is being filled: made or resumed, held by one process, written a line at a time.

A run survives being killed at any moment: what was answered is in items.jsonl, whose last line may be cut off and
is then asked again. run.json says with `finished` that all was asked.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

from eval.gold import GoldSet
from eval.gold_files import write_gold
from eval.record import Record, RunError, RunInfo, as_line, read_lines, read_run_info, write_json

ITEMS, INFO, GOLD = "items.jsonl", "run.json", "gold.jsonl"
MADE_LATER = (
    "anchors.json",
    "scores.jsonl",
    "summary.json",
    "judge.json",
    "judge.jsonl",
    "report.html",
    "report.md",
    "junit.xml",
)


class RunFolder:
    """A run under way. `records` holds what was answered until now, by the id of the question."""

    def __init__(self, folder: Path, info: RunInfo, records: dict[str, Record], items: BinaryIO) -> None:
        """Use `open_run`."""
        self.folder = folder
        self.info = info
        self.records = records
        self._items = items

    def append(self, record: Record) -> None:
        """Keeps one more record; when this returns, the death of this process cannot lose it."""
        self._items.write(as_line(record).encode("utf-8", "replace"))
        self._items.flush()
        self.records[record.id] = record

    def note(self, *, seconds: float, finished: bool) -> None:
        """Adds to the time that the run took, and says whether all has been asked."""
        self.info = replace(self.info, seconds=round(self.info.seconds + seconds, 3), finished=finished)
        write_json(self.folder / INFO, self.info)


@contextmanager
def open_run(folder: Path, info: RunInfo, gold: GoldSet, *, fresh: bool = False) -> Iterator[RunFolder]:
    """The run in `folder`, begun or resumed; with `fresh`, what an earlier run left there is removed first.

    Raises RunError for a folder that holds something else, a run of other questions or of another system, and
    a run that another process is filling.
    """
    _refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ITEMS).open("a+b") as items:
        try:
            fcntl.flock(items, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"另一个进程正在运行此评测 another process is filling this run: {folder}"
            ) from None
        if fresh:
            items.truncate(0)
            for name in (INFO, GOLD, *MADE_LATER):
                (folder / name).unlink(missing_ok=True)
        if (folder / INFO).is_file():
            info = _resumed(folder, info)
        _cut_to_lines(items)
        write_json(folder / INFO, info)
        write_gold(gold, folder / GOLD)
        records = (Record.from_dict(one) for one in read_lines(folder / ITEMS))
        yield RunFolder(folder, info, {record.id: record for record in records}, items)


def _refuse_foreign(folder: Path) -> None:
    """Nothing of anybody else's is touched: only an empty folder or a run will do."""
    if (folder / INFO).is_file() or not folder.exists():
        return
    if not folder.is_dir():
        raise RunError(f"--out 应为文件夹 should be a folder: {folder}")
    # A run that was killed in its first moments leaves no more than this.
    others = [
        file.name
        for file in folder.iterdir()
        if file.suffix != ".partial" and not (file.name == ITEMS and not file.stat().st_size)
    ]
    if others:
        raise RunError(
            f"文件夹不是空的，也不是评测结果 the folder is neither empty nor a run: {folder} (有 holds {others[0]}); "
            "请换一个 choose another"
        )


def _resumed(folder: Path, info: RunInfo) -> RunInfo:
    """What run.json says, if it is a run of the same questions and system."""
    before = read_run_info(folder)
    differs = []
    if before.gold_hash != info.gold_hash:
        differs.append("题目 the questions")
    if before.config_hash != info.config_hash:
        differs.append(_changed(before, info))
    if differs:
        raise RunError(
            f"不能续跑 {folder}：与那次不同的是 cannot resume, different from then: {'; '.join(differs)}; "
            "请换文件夹或加 --fresh choose another folder or add --fresh"
        )
    return before


def _changed(before: RunInfo, now: RunInfo) -> str:
    """Which parts of the system are not what they were, by name."""
    if before.system != now.system:
        return f"系统 the system ({before.system} → {now.system})"
    names = [
        f"{part}.{key}"
        for part in ("settings", "versions", "library")
        for key in sorted({*getattr(before, part), *getattr(now, part)})
        if getattr(before, part).get(key) != getattr(now, part).get(key) and key != "home"
    ]
    return ", ".join(names) or "系统 the system"


def _cut_to_lines(items: BinaryIO) -> None:
    """Drops a last line that was not written to its end."""
    size = items.seek(0, SEEK_END)
    items.seek(0)
    whole = items.read().rfind(b"\n") + 1
    if whole < size:
        items.truncate(whole)
    items.seek(0, SEEK_END)


def dump(value: object) -> str:
    """`value` as JSON whose equality means equality of what it says."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, default=str)
