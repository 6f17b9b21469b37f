"""junit.xml: a test case for each question and each gate, as merge requests show them.

Well-formed whatever the texts hold: XML 1.0 has no way to write most control characters, so they become U+FFFD.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from eval.gate import GateResult
from eval.record import Record, Run, Score
from eval.report.markup import clean
from eval.summary import CAUSES

_LONGEST = 1000


def junit(run: Run, gates: Sequence[GateResult] = ()) -> str:
    """The file's text. A question that did not pass is a failure, one that ended in an error is an error."""
    root = Element("testsuites", name=clean(run.info.name))
    questions = {item.id: item.question for item in run.gold.items}
    failed = [score for score in run.scores if not score.passed]
    errors = sum(1 for score in failed if score.values.get("error"))
    suite = _suite(root, "questions", len(run.scores), len(failed) - errors, errors)
    suite.set("time", f"{sum(_seconds(run.records.get(score.id)) for score in run.scores):.3f}")
    for score in run.scores:
        _question(suite, score, questions.get(score.id, ""), run.records.get(score.id))
    if gates:
        suite = _suite(root, "gates", len(gates), sum(not gate.passed for gate in gates), 0)
        for gate in gates:
            _gate(suite, gate)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, name: str, tests: int, failures: int, errors: int) -> Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
    return SubElement(root, "testsuite", {"name": name, **counts})


def _question(suite: Element, score: Score, question: str, record: Record | None) -> None:
    name = f"{score.id} {question}"
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": "questions",
            "name": clean(" ".join(name.split()))[:_LONGEST],
            "time": f"{_seconds(record):.3f}",
        },
    )
    if score.passed:
        return
    cause = " ".join(CAUSES.get(score.cause, ("未通过", "failed")))
    missed = "; ".join(tick.shown for tick in score.facts if tick.vital and tick.found < 1)
    lines = [cause]
    if missed:
        lines.append(f"缺少要点 facts missed: {missed}")
    if record is not None:
        lines.append(f"回答 answer: {record.answer}" if not record.error else f"出错 error: {record.error}")
    else:
        lines.append("没有记录 no record")
    kind = "error" if score.values.get("error") else "failure"
    told = SubElement(case, kind, {"type": clean(score.cause or "failed"), "message": clean(cause)})
    told.text = clean("\n".join(line[:_LONGEST] for line in lines))


def _seconds(record: Record | None) -> float:
    if record is None:
        return 0.0
    return float(record.timings_ms.get("total", record.timings_ms.get("total_ms", 0.0))) / 1000


def _gate(suite: Element, gate: GateResult) -> None:
    case = SubElement(suite, "testcase", {"classname": "gates", "name": clean(gate.name), "time": "0"})
    if not gate.passed:
        told = SubElement(case, "failure", {"type": "gate", "message": clean(gate.detail)})
        told.text = clean(str(gate))
