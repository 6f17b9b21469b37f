"""The page that `zhida sync --report` writes: what the owners of the documents should look at and do.

One file that opens from a disk or a mail, runs no script and asks nobody for anything; its policy allows one style
and nothing else. Chinese first, English beside. File names and reasons are data of other people: all of it is
escaped, and nothing of it becomes a link.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from html import escape
from pathlib import Path

from index.passage import Hygiene
from index.sync import SyncReport
from ui.advice import Advice, advice_for
from ui.console import printable

MOST_LISTED = 5000
"""Rows of one table; a browser shows no more with ease."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6675; --line: #d9dee6; --card: #fff; --page: #f4f6f9; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #38414e; --card: #1d232c; --page: #14181e; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.6 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; margin: 8px 0; } h2 { font-size: 18px; margin: 0 0 8px; } small, .soft { color: var(--soft); font-weight: normal; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; margin: 16px 0; }
dl.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 8px; margin: 16px 0; }
dl.counts div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; }
dt { color: var(--soft); font-size: 13px; } dd { margin: 0; font-size: 24px; font-variant-numeric: tabular-nums; } .bad dd { color: var(--bad); }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: 6px 8px; border-top: 1px solid var(--line); }
th { color: var(--soft); font-size: 13px; font-weight: normal; } td { overflow-wrap: anywhere; }
table.reasons th:first-child { width: 38%; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
h3 { font-size: 15px; margin: 16px 0 4px; } h3 + p { margin: 0 0 6px; }
summary { cursor: pointer; } ul { margin: 8px 0; padding-left: 20px; overflow-wrap: anywhere; }
@media print { body { background: none; } section { break-inside: auto; } }
"""

_HYGIENE = {
    "articles": "文章 articles",
    "speakers": "讲话人 speakers",
    "wraps_joined": "接回断行 wraps joined",
    "headers_dropped": "去除页眉 headers dropped",
    "page_numbers_dropped": "去除页码 page numbers dropped",
    "urls_dropped": "去除网址 URLs dropped",
    "contents_entries": "目录行 contents entries",
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and of what the report was made; `notices` are those of all documents, also of such as were not read now.

    `similar` are groups of documents that are nearly the same; None when nobody has looked for them.
    """

    at: datetime
    home: Path
    paths: Sequence[Path]
    notices: Mapping[str, Sequence[str]]
    similar: Sequence[Sequence[str]] | None = None


def report_page(report: SyncReport, occasion: Occasion) -> str:
    """The whole page as HTML."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    noticed = [(name, line) for name, lines in sorted(occasion.notices.items()) for line in lines]
    blocks = [
        _heading(report, occasion, len(noticed)),
        _trouble("需要处理：没有读入的文件", "To do: files that were not read", report.failed, "failed"),
        _trouble(
            "需要留意：读入了，但有缺失或存疑", "To check: read, but not wholly or surely", noticed, "notices"
        ),
        _similar(occasion.similar),
        _changes(report),
        _hygiene(report.files),
    ]
    return (
        f'<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>同步报告 Sync report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, blocks))
        + "\n</main>\n</body>\n</html>\n"
    )


def shown(text: str) -> str:
    """Text of other people as HTML: escaped, on one line, with control characters and marks of direction made visible."""
    return escape(printable(text))


def without_name(reason: str, name: str) -> str:
    """Most reasons begin with the name of the file, which stands beside them already."""
    head, colon, rest = reason.partition(": ")
    return rest if colon and head and name.endswith(head) else reason


def _heading(report: SyncReport, occasion: Occasion, noticed: int) -> str:
    counts = (
        ("文件", "documents", report.documents, ""),
        ("新增", "added", len(report.added), ""),
        ("更新", "updated", len(report.updated), ""),
        ("移动", "moved", len(report.moved), ""),
        ("移除", "removed", len(report.removed), ""),
        ("未变", "unchanged", len(report.unchanged), ""),
        ("失败", "failed", len(report.failed), ' class="bad"' if report.failed else ""),
        ("提示", "notices", noticed, ""),
    )
    cells = "".join(
        f"<div{kind}><dt>{chinese} {english}</dt><dd>{count}</dd></div>"
        for chinese, english, count, kind in counts
    )
    folders = "、".join(shown(str(path)) for path in occasion.paths)
    message = f"<p><b>{shown(report.message)}</b></p>" if report.message else ""
    return (
        f"<h1>同步报告 <small>Sync report</small></h1>\n"
        f'<p class="soft">{occasion.at:%Y-%m-%d %H:%M} · 来源 from {folders} · '
        f"资料库 library {shown(str(occasion.home))} · 段落 passages {report.passages} · {report.seconds:.1f} s</p>\n"
        f'{message}<dl class="counts">{cells}</dl>'
    )


def _trouble(title: str, english: str, lines: Sequence[tuple[str, str]], anchor: str) -> str:
    """Files with their reasons, under each kind of trouble with its remedy; the most frequent kind first."""
    if not lines:
        return f'<section id="{anchor}"><h2>{title} <small>{english}</small></h2><p>没有 none</p></section>'
    kinds: dict[Advice, list[tuple[str, str]]] = {}
    for name, reason in lines:
        kinds.setdefault(advice_for(reason), []).append((name, reason))
    parts = []
    for advice, files in sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0].kind)):
        rows = [
            f"<tr><td>{shown(name)}</td><td>{shown(without_name(reason, name))}</td></tr>"
            for name, reason in sorted(files)
        ]
        parts.append(
            f"<h3>{advice.kind} <small>{advice.kind_en}</small> · {len(files)}</h3>"
            f'<p>怎么办：{advice.remedy} <span class="soft">What to do: {advice.remedy_en}</span></p>'
            f'<table class="reasons"><thead><tr><th>文件 file</th><th>原因 reason</th></tr></thead>{_listed(rows)}</table>'
        )
    return (
        f'<section id="{anchor}"><h2>{title} <small>{english}</small> · {len(lines)}</h2>'
        f"{''.join(parts)}</section>"
    )


def _listed(rows: Sequence[str]) -> str:
    """The body of a table, cut off after MOST_LISTED rows."""
    more = len(rows) - MOST_LISTED
    rest = f'<tr><td colspan="9">……还有 {more} 行 and {more} more</td></tr>' if more > 0 else ""
    return f"<tbody>{''.join(rows[:MOST_LISTED])}{rest}</tbody>"


def _similar(groups: Sequence[Sequence[str]] | None) -> str:
    if groups is None:
        return ""
    title = f"<h2>几乎相同的文件 <small>Documents that are nearly the same</small> · {len(groups)}</h2>"
    if not groups:
        return f'<section id="similar">{title}<p>没有 none</p></section>'
    rows = [f"<tr><td>{'<br>'.join(shown(name) for name in sorted(group))}</td></tr>" for group in groups]
    return (
        f'<section id="similar">{title}<p>怎么办：每组保留一份（通常是最新的），其余移走或标明已废止 '
        '<span class="soft">What to do: keep one of each group, the newest as a rule, and take the others '
        f"out</span></p><table>{_listed(rows)}</table></section>"
    )


def _changes(report: SyncReport) -> str:
    lists = (
        ("新增 added", report.added),
        ("更新 updated", report.updated),
        ("移动 moved", report.moved),
        ("移除 removed", report.removed),
        ("未变 unchanged", report.unchanged),
    )
    parts = [_folded(f"{title} · {len(names)}", names) for title, names in lists if names]
    body = "".join(parts) or "<p>没有 none</p>"
    return (
        f'<section id="changes"><h2>资料库的变化 <small>Changes of the library</small></h2>{body}</section>'
    )


def _folded(title: str, names: Iterable[str]) -> str:
    rows = [f"<tr><td>{shown(name)}</td></tr>" for name in sorted(names)]
    return f"<details><summary>{title}</summary><table>{_listed(rows)}</table></details>"


def _hygiene(files: Mapping[str, Hygiene]) -> str:
    """What cleaning did: the sums, and each file that was read, folded away."""
    if not files:
        return ""
    names = [each.name for each in fields(Hygiene) if each.name in _HYGIENE]
    sums = "".join(
        f"<div><dt>{_HYGIENE[name]}</dt><dd>{sum(getattr(one, name) for one in files.values())}</dd></div>"
        for name in names
    )
    head = "".join(f'<th class="n">{_HYGIENE[name]}</th>' for name in names)
    rows = [
        f"<tr><td>{shown(file)}</td>"
        + "".join(f'<td class="n">{getattr(hygiene, name)}</td>' for name in names)
        + "</tr>"
        for file, hygiene in sorted(files.items())
    ]
    return (
        '<section id="hygiene"><h2>清洗情况 <small>What cleaning did</small></h2>'
        f'<dl class="counts">{sums}</dl><details><summary>每个文件 each file · {len(files)}</summary>'
        f"<table><thead><tr><th>文件 file</th>{head}</tr></thead>{_listed(rows)}</table></details></section>"
    )
