"""A comparison as a table for a terminal; what it means is in eval.compare."""

from __future__ import annotations

from eval.compare import HEADLINE, Compared, Comparison, Flip
from eval.metrics.catalogue import BY_NAME
from eval.summary import CAUSES, PASSED, columns, detectable, shown

MOST_FLIPS = 50
MOST_CHARACTERS = 40
_VERDICTS = {
    "better": "变好 better",
    "worse": "变差 worse",
    "no_difference": "未见差异 no difference shown",
    "too_few": "题数太少 too few",
}


def table(found: Comparison) -> str:
    """The comparison, flips first, those from right to wrong before the others."""
    blocks = [f"A {found.name_a} → B {found.name_b} · {found.questions} 题 questions"]
    if found.only_a or found.only_b:
        blocks[0] += f" · 未比较 left out: A {len(found.only_a)}, B {len(found.only_b)}"
    blocks.append(_flips("由对变错 right → wrong", found.worsened))
    blocks.append(_flips("由错变对 wrong → right", found.improved))
    if found.metrics:
        heads = (
            "指标 metric",
            "A",
            "B",
            "B − A",
            "95%",
            "升/平/降 better/same/worse",
            "p",
            "Holm p",
            "结论 verdict",
        )
        blocks.append(columns([heads, *(_metric(one) for one in found.metrics)]))
    if found.slices:
        sliced_heads = ("标签 tag", "A", "B", "B − A", "95%", "better/same/worse")
        sliced = columns([sliced_heads, *((one.tag, *_figures(one)) for one in found.slices)])
        blocks.append(
            f"按标签的通过率（仅供探索，不作结论） passed by tag (exploratory, no verdict)\n{sliced}"
        )
    changed = [(change.name, _cut(str(change.a)), "→", _cut(str(change.b))) for change in found.configuration]
    blocks.append("配置差异 configuration\n" + (columns(changed) if changed else "  相同 the same"))
    blocks.append(detectable(found.mdd, found.units, found.chance))
    return "\n\n".join(blocks)


def _flips(title: str, flips: tuple[Flip, ...]) -> str:
    rows = [
        (
            flip.id,
            _cut(flip.question),
            "/".join(CAUSES.get(flip.cause_after or flip.cause_before, ("", ""))),
        )
        for flip in flips[:MOST_FLIPS]
    ]
    more = f"\n  … 另有 and {len(flips) - MOST_FLIPS} more (--json)" if len(flips) > MOST_FLIPS else ""
    return f"{title}: {len(flips)}" + ("\n" + columns(rows) + more if rows else "")


def _metric(one: Compared) -> tuple[str, ...]:
    metric = BY_NAME.get(one.name, PASSED)
    adjusted = "—" if one.holm is None or one.name == HEADLINE else f"{one.holm:.4f}"
    verdict = _VERDICTS.get(one.verdict or "", "")
    return (f"{metric.zh} {metric.en}", *_figures(one), f"{one.difference.p:.4f}", adjusted, verdict)


def _figures(one: Compared) -> tuple[str, ...]:
    unit, found = BY_NAME.get(one.name, PASSED).unit, one.difference
    return (
        shown(one.a, unit),
        shown(one.b, unit),
        shown(found.mean, unit, "+"),
        f"[{shown(found.low, unit, '+')}, {shown(found.high, unit, '+')}]",
        f"{one.gained}/{found.ties}/{one.lost}",
    )


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1] + "…"
