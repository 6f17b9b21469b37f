"""report.html: one file that opens from a disk, asks nobody for anything and runs no script but its own.

The policy in its head allows one script and one style, each by its hash, and nothing else; with `require-trusted-types-for`
not even that script could make markup from a string. Knows nothing of how the numbers came to be.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.compare import Comparison
from eval.gate import GateResult
from eval.record import Run
from eval.report.cause_texts import CAUSES
from eval.report.markup import data_block, escaped, label, said
from eval.report.payload import LIMITS, payload
from eval.report.sections.causes import causes
from eval.report.sections.comparison import comparison_block
from eval.report.sections.gates import gates_block
from eval.report.sections.headline import headline
from eval.report.sections.numbers import metrics_table, reproduce, usage
from eval.report.sections.refusals import refusals
from eval.report.sections.retrieval import retrieval, slices
from eval.report.texts import ANCHORS, OUTCOMES, STAGES, TEXTS, text
from eval.summary import CAUSES as NAMES
from eval.summary import Summary

_HERE = Path(__file__).parent
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_NAV = ("headline", "comparison", "funnel", "retrieval", "refusals", "latency", "metrics", "questions")


def page(
    run: Run,
    summary: Summary,
    comparison: Comparison | None = None,
    gates: Sequence[GateResult] = (),
    chat_url: str = "",
) -> str:
    """The whole page as text. `chat_url`, if given, is the http(s) address of a chat that questions link to."""
    style = _asset("report.css")
    script = _asset("report.js") + "\n" + _asset("question.js")
    data = _data(run, comparison, chat_url)
    return _filled(
        _asset("template.html"),
        {
            "policy": _policy(style, script),
            "title": escaped(f"{run.info.name} · 质答评测报告 Zhida evaluation report"),
            "style": style,
            "script": script,
            "data": data_block("data", data),
            "blocks": "\n".join(block for block in _blocks(run, summary, comparison, gates) if block),
            "footer": reproduce(run),
            "nav": _nav(comparison is not None),
            "nav_label": label(text("nav")),
            "cut": said("cut", passages=LIMITS.passages, characters=data["length"], text=LIMITS.text),
            **{
                name: said(name)
                for name in (
                    "skip",
                    "questions",
                    "clear",
                    "none_shown",
                    "previous",
                    "next",
                    "keys",
                    "no_script",
                )
            },
        },
    )


def _nav(compared: bool) -> str:
    names = [name for name in _NAV if compared or name != "comparison"]
    return "".join(f'<a href="#{name}">{said(name)}</a>' for name in names)


def _blocks(
    run: Run, summary: Summary, comparison: Comparison | None, gates: Sequence[GateResult]
) -> Sequence[str]:
    overall = summary.metrics["passed"].mean if "passed" in summary.metrics else 0.0
    tags = {tag: metrics["passed"] for tag, metrics in summary.slices.items() if "passed" in metrics}
    return (
        headline(run, summary),
        gates_block(gates),
        comparison_block(comparison) if comparison else "",
        causes(run, summary),
        f'<div class="pair stretch">{retrieval(run)}{slices(tags, overall)}</div>'
        if tags
        else retrieval(run),
        refusals(run),
        usage(run, summary.metrics),
        metrics_table(summary.metrics),
    )


def _data(run: Run, comparison: Comparison | None, chat_url: str) -> dict[str, Any]:
    """The questions and the texts that the script shows them with."""
    data = payload(run, {flip.id: flip for flip in comparison.flips} if comparison else None)
    data["stages"] = [list(STAGES[name]) if name in STAGES else [name, name] for name in data["stages"]]
    return data | {
        "texts": {key: list(words) for key, words in TEXTS.items()},
        "causes": {
            cause: [list(NAMES[cause]), list(told.meaning), list(told.remedy)]
            for cause, told in CAUSES.items()
        },
        "anchors": {anchor: list(words) for anchor, words in ANCHORS.items()},
        "outcomes": {outcome: list(words) for outcome, words in OUTCOMES.items()},
        "stageNames": {stage: list(words) for stage, words in STAGES.items()},
        "chat": chat_url if chat_url.startswith(("http://", "https://")) else "",
        "command": run.info.system.startswith("zhida"),
    }


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(source: str) -> str:
    """As a policy names an inline script or style: the hash of exactly what stands between its tags."""
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its slots filled in one pass, so that no value is looked into for slots."""
    return _SLOT.sub(lambda slot: values[slot[1]], template)


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
