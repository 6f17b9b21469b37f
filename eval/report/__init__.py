"""A run as people read it: report.html for a browser, report.md for a merge request, junit.xml for a build server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from eval.compare import Comparison
from eval.gate import GateResult
from eval.record import Run
from eval.report.html import page
from eval.report.junit import junit
from eval.report.markdown import markdown
from eval.summary import summarise
from index.errors import ZhidaError

__all__ = ["ReportError", "checked_address", "write_all"]


class ReportError(ZhidaError):
    """A report cannot be written as asked."""


def write_all(
    run: Run,
    folder: Path,
    comparison: Comparison | None = None,
    gates: Sequence[GateResult] = (),
    *,
    chat_url: str = "",
) -> None:
    """Writes report.html, report.md and junit.xml into `folder`, each put in place whole.

    `comparison` is this run (b) against a baseline (a); `chat_url` is the address of a chat to ask a question again in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarise(run.scores, run.info.seed)
    _write(folder / "report.html", page(run, summary, comparison, gates, checked_address(chat_url)))
    _write(folder / "report.md", markdown(run, summary, comparison, gates))
    _write(folder / "junit.xml", junit(run, gates))


def checked_address(address: str) -> str:
    """`address` if it is one of the web (or empty); raises ReportError for anything that a link could run."""
    if address and not re.match(r"https?://[^\s<>\"']+$", address):
        raise ReportError(
            f"对话页地址应以 http:// 或 https:// 开头 the address of the chat must be http(s): {address!r}"
        )
    return address


def _write(file: Path, text: str) -> None:
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n", errors="replace")
    partial.replace(file)
