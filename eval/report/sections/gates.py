"""The gates and whether they let the run through."""

from __future__ import annotations

from collections.abc import Sequence

from eval.gate import GateResult
from eval.report.markup import card, escaped, foreign, said


def gates_block(gates: Sequence[GateResult]) -> str:
    """A row for each gate, those that failed first; nothing where none was checked."""
    if not gates:
        return ""
    rows = "".join(_row(gate) for gate in sorted(gates, key=lambda gate: gate.passed))
    head = f'<th scope="col">{said("gate")}</th><th scope="col">{said("measured")}</th><th scope="col" class="num">{said("result")}</th>'
    failed = sum(not gate.passed for gate in gates)
    count = f" <small>{len(gates) - failed} / {len(gates)} {said('gate_passed')}</small>"
    table = (
        f'<div class="table-wrap"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return card("gates", said("gates") + count, table)


def _row(gate: GateResult) -> str:
    style, key = ("good", "gate_passed") if gate.passed else ("bad", "gate_failed")
    return (
        f'<tr><th scope="row" class="code">{foreign(gate.name)}</th><td>{foreign(gate.detail)}</td>'
        f'<td class="num"><span class="chip {escaped(style)}">{said(key)}</span></td></tr>'
    )
