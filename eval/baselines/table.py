"""The measurements as one table in Markdown: every system beside Zhida, with intervals and paired differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.baselines.measure import Measurement, Row
from eval.baselines.systems import OURS
from eval.baselines.tasks import TaskError
from eval.statistics import Difference, bootstrap_interval, holm, paired_difference

RANKED = ("hit@1", "hit@5", "mrr@10", "recall@10")
QUOTED = ("recall@1000c", "passages_correct", "correct")
TITLES = {
    "hit@1": "hit@1",
    "hit@5": "hit@5",
    "mrr@10": "MRR@10",
    "recall@10": "recall@10",
    "recall@1000c": "recall in 1,000 characters",
    "passages_correct": "Correct: best passages, 200 characters",
    "correct": "Correct: answer",
}
ANSWERS = """Long passages hold more, so that ranks of passages flatter them: recall in 1,000 characters counts what stands
in the same amount of retrieved text. Correct is 1 where a text holds every vital fact of the gold answer. No system but
Zhida answers without a language model, so for the others the text is that of their best passages, cut at 200 characters,
which is the length that Zhida's answers have; this compares texts of one length, not chatbots."""
SEED = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One system's rows of one group of questions."""

    task: str
    group: str
    measured: Measurement
    rows: tuple[Row, ...]

    def values(self, metric: str) -> list[float]:
        """A value a question, in the questions' order."""
        return [row.values[metric] for row in self.rows]


def markdown(measurements: Sequence[Measurement], notes: Iterable[str] = ()) -> str:
    """All tables, with what they mean. Differences are Zhida − the other system: above 0, Zhida is better."""
    lines = lines_of(measurements)
    parts = ["# Zhida beside other libraries' recipes", _legend(measurements), *notes]
    parts += [_ranked(lines), _quoted([line for line in lines if QUOTED[0] in line.rows[0].values])]
    return "\n\n".join(part for part in parts if part) + "\n"


def lines_of(measurements: Sequence[Measurement]) -> list[Line]:
    """A line for each group of questions and each system, Zhida first."""
    lines = []
    for measured in measurements:
        for group in dict.fromkeys(row.group for row in measured.rows):
            rows = tuple(row for row in measured.rows if row.group == group)
            lines.append(Line(measured.task, group, measured, rows))
    order = {key: place for place, key in enumerate(dict.fromkeys((one.task, one.group) for one in lines))}
    return sorted(lines, key=lambda one: (order[one.task, one.group], one.measured.system != OURS))


def differences(lines: Sequence[Line], metric: str) -> dict[tuple[str, str, str], tuple[Difference, float]]:
    """Zhida − other by (task, group, system), with p after Holm's correction over all of them."""
    ours = {(line.task, line.group): line for line in lines if line.measured.system == OURS}
    found = {}
    for line in lines:
        mine = ours.get((line.task, line.group))
        if mine is not None and line is not mine:
            if [row.id for row in mine.rows] != [row.id for row in line.rows]:
                raise TaskError(
                    f"题目不同，不能配对 not the same questions, cannot be paired: {line.task} {line.group}"
                )
            key = (line.task, line.group, line.measured.system)
            found[key] = paired_difference(line.values(metric), mine.values(metric), seed=SEED)
    adjusted = holm([one.p for one in found.values()])
    return {key: (one, p) for (key, one), p in zip(found.items(), adjusted, strict=True)}


def losses(measurements: Sequence[Measurement]) -> dict[str, list[dict[str, object]]]:
    """By group: the questions whose gold some other system has among its first five and Zhida has not."""
    lines = lines_of(measurements)
    ours = {(line.task, line.group): line for line in lines if line.measured.system == OURS}
    found: dict[str, dict[str, dict[str, object]]] = {}
    for line in lines:
        mine = ours.get((line.task, line.group))
        if mine is None or line is mine:
            continue
        for own, other in zip(mine.rows, line.rows, strict=True):
            if other.values["hit@5"] > own.values["hit@5"]:
                lost = found.setdefault(f"{line.task} {line.group}", {}).setdefault(
                    own.id,
                    {"id": own.id, "question": own.question, "gold": own.gold, "found": own.found, "by": []},
                )
                by = lost["by"]
                assert isinstance(by, list)
                by.append(line.measured.system)
    return {group: list(questions.values()) for group, questions in found.items()}


def _ranked(lines: Sequence[Line]) -> str:
    compared = differences(lines, "mrr@10")
    head = ["questions", "system", *(TITLES[name] for name in RANKED)]
    head += ["Zhida − it, MRR@10", "p (Holm)", "index, CPU s", "query, CPU ms"]
    rows = []
    for line in lines:
        cells = [_questions(line), line.measured.system, *(_interval(line.values(name)) for name in RANKED)]
        cells += _difference(compared.get((line.task, line.group, line.measured.system)))
        cells += [f"{line.measured.index_cpu:.2f}", f"{line.measured.query_cpu * 1000:.1f}"]
        rows.append(cells)
    return "## Retrieval\n\n" + _table(head, rows)


def _quoted(lines: Sequence[Line]) -> str:
    """What counts where passages differ in length, and the answers."""
    if not lines:
        return ""
    compared = {name: differences(lines, name) for name in QUOTED}
    head = ["questions", "system", "characters a passage"]
    for name in QUOTED:
        head += [TITLES[name], "Zhida − it", "p (Holm)"]
    rows = []
    for line in lines:
        cells = [_questions(line), line.measured.system, f"{line.measured.passage_length:.0f}"]
        for name in QUOTED:
            key = (line.task, line.group, line.measured.system)
            cells += [_interval(line.values(name)), *_difference(compared[name].get(key))]
        rows.append(cells)
    return f"## Passages of different length, and answers\n\n{ANSWERS}\n\n{_table(head, rows)}"


def _legend(measurements: Sequence[Measurement]) -> str:
    recipes = dict.fromkeys((one.system, one.recipe) for one in measurements)
    return "\n".join(
        [
            "Same documents, same questions, same embedding model for all; only the recipe differs. Mean [95% bootstrap",
            "interval]; differences are paired by question, Zhida − the other: above 0, Zhida is better; p is of a sign-flip",
            "test, after Holm's correction over its column. Where evidence is a quotation, passages are ranked; else",
            "documents are, each where its first passage stands. CPU: seconds of processor time, children included,",
            "without what is loaded once.",
            "",
            *(f"- {name}: {recipe}" for name, recipe in recipes),
        ]
    )


def _questions(line: Line) -> str:
    documents = f"{line.measured.documents:,}"
    if line.measured.documents < line.measured.of:
        documents += f" of {line.measured.of:,}"
    name = line.task if line.group == line.task else f"{line.task} {line.group}"
    return f"{name} (n={len(line.rows)}, {documents} documents)"


def _interval(values: Sequence[float]) -> str:
    interval = bootstrap_interval(values, seed=SEED)
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _difference(found: tuple[Difference, float] | None) -> list[str]:
    if found is None:
        return ["", ""]
    difference, p = found
    return [f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]", f"{p:.4f}"]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(one.replace("|", "\\|") for one in row) + " |" for row in cells)
