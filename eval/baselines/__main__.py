"""`make peers`: measures every system on every task whose data are there, prints the table and writes it down.

`--out FILE.md` gets the Markdown; FILE.json beside it gets every value of every question, and the questions that
another system finds and Zhida does not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from eval.baselines.base import MissingPackage
from eval.baselines.measure import Measurement, measure
from eval.baselines.systems import SYSTEMS, system
from eval.baselines.table import losses, markdown
from eval.baselines.tasks import DATA_SETS, Task, TaskError, data_task, gold_task
from eval.gold import GoldError
from index.errors import ZhidaError

SAMPLE = Path(__file__).parents[1] / "sets" / "sample"


def main(argv: Sequence[str] | None = None) -> int:
    """0 when something was measured, 2 for a user's mistake, 4 when nothing could be measured."""
    arguments = _parser().parse_args(argv)
    try:
        return run(arguments)
    except ZhidaError as error:
        print(error, file=sys.stderr)
        return 2


def run(arguments: argparse.Namespace) -> int:
    """Measure what can be measured; what is left out is said in one line each, there and in the table."""
    if arguments.again:
        return _again(arguments.again, arguments.out)
    notes: list[str] = []
    kinds = []
    for name in arguments.systems:
        try:
            kinds.append(system(name))
        except MissingPackage as error:
            _leave_out(name, error, notes)
    measurements: list[Measurement] = []
    for task in _tasks(arguments, notes):
        for kind in kinds:
            print(f"{task.name}: {kind.name} …", file=sys.stderr, flush=True)
            measurements.append(measure(kind, task))
            _keep(arguments.out, measurements)
    if not measurements:
        print("什么都没有测 nothing was measured", file=sys.stderr)
        return 4
    _show(arguments.out, measurements, notes)
    return 0


def _again(files: Sequence[Path], out: Path | None) -> int:
    """The table of earlier measurements, made again and together."""
    try:
        found = [
            one for file in files for one in json.loads(file.read_text(encoding="utf-8"))["measurements"]
        ]
        measurements = [Measurement.from_dict(one) for one in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TaskError(f"不是测量结果 not a file of measurements: {error}") from None
    _keep(out, measurements)
    _show(out, measurements, [])
    return 0


def _tasks(arguments: argparse.Namespace, notes: list[str]) -> Iterator[Task]:
    """The tasks whose data are there."""
    for name in arguments.sets:
        try:
            if name == "gold":
                yield gold_task(arguments.gold, arguments.documents)
            elif arguments.data is None:
                _leave_out(name, "没有给出 DATA no DATA folder was given", notes)
            else:
                yield data_task(arguments.data / name, arguments.questions, arguments.corpus, arguments.seed)
        except (TaskError, GoldError) as error:
            _leave_out(name, error, notes)


def _leave_out(name: str, why: object, notes: list[str]) -> None:
    notes.append(f"略去 left out: {name}: {why}")
    print(notes[-1], file=sys.stderr)


def _keep(out: Path | None, measurements: Sequence[Measurement]) -> None:
    """After each measurement, so that a run that is broken off leaves what it has."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        values = {"measurements": [one.as_dict() for one in measurements], "lost": losses(measurements)}
        out.with_suffix(".json").write_text(
            json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8"
        )


def _show(out: Path | None, measurements: Sequence[Measurement], notes: Sequence[str]) -> None:
    table = markdown(measurements, notes)
    if out is not None:
        out.write_text(table, encoding="utf-8")
    print(table, end="")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.baselines", description=__doc__)
    parser.add_argument(
        "--gold", type=Path, default=SAMPLE / "gold.jsonl", help="评测集 gold set with quotations"
    )
    parser.add_argument(
        "--documents", type=Path, default=SAMPLE / "documents", help="其文档 the folder of its documents"
    )
    parser.add_argument("--data", type=Path, help=f"数据集文件夹 folder that holds {', '.join(DATA_SETS)}")
    sets = ["gold", *DATA_SETS]
    parser.add_argument(
        "--sets", type=_names(sets), default=sets, help=f"默认全部 default all: {','.join(sets)}"
    )
    systems = list(SYSTEMS)
    parser.add_argument(
        "--systems", type=_names(systems), default=systems, help=f"默认全部 default all: {','.join(systems)}"
    )
    parser.add_argument(
        "--questions", type=int, default=300, help="每类最多题数 at most, of each type (%(default)s)"
    )
    parser.add_argument(
        "--corpus", type=int, default=5000, help="每个数据集的文档数 documents a data set (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="抽样 of the samples of questions and documents")
    parser.add_argument(
        "--again", type=Path, nargs="+", metavar="FILE.json", help="不再测，只重做表 only the table again"
    )
    parser.add_argument("--out", type=Path, help="FILE.md；旁边写 FILE.json beside it")
    return parser


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    """Reads names separated by commas."""

    def names(text: str) -> list[str]:
        given = [name.strip() for name in text.split(",") if name.strip()]
        for name in given:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} 不在其中 is none of {', '.join(known)}")
        return given

    return names


if __name__ == "__main__":
    sys.exit(main())
