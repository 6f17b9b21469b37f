"""`zhida eval score`: scores the answers of a run again, without asking, and writes its reports anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from index.errors import SettingsError
from ui.commands.eval.results import add_scoring_arguments, score_options, standard_of, tell
from ui.commands.options import settings_of
from ui.console import note

HELP = "不再提问，重新评分 score a run again without asking"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval score`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="评测结果文件夹 the folder of a run")
    parser.add_argument(
        "--judge",
        default="",
        metavar="PROVIDER:MODEL",
        help="另请大模型评分（不作门槛） an LLM judge as one more column; address and key from the settings",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="人工标注 people's labels as JSON lines of id and correct: how far the judge agrees with them",
    )
    add_scoring_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Scores and prints the summary."""
    from eval.gate import NOTHING_EVALUATED
    from eval.record import read_run
    from eval.run import score_run

    if arguments.labels and not arguments.judge:
        raise SettingsError("--labels 要和 --judge 一起用 --labels goes with --judge")
    gold = read_run(arguments.folder).gold
    if not gold.items:
        note("没有题目 no question in this run")
        return NOTHING_EVALUATED
    options, standard = score_options(arguments), standard_of(arguments, gold)
    judged = _judged(arguments) if arguments.judge else {}
    return tell(score_run(arguments.folder, options, judged), arguments.folder, standard)


def _judged(arguments: argparse.Namespace) -> dict[str, float]:
    """The judge's values, after telling how far people agree."""
    import json

    from tqdm import tqdm

    from eval.judge import judge_run, read_labels
    from eval.record import read_run
    from rag.answerers.chat_model import open_chat_model

    labels = read_labels(arguments.labels) if arguments.labels else {}
    settings = settings_of(arguments)
    model = open_chat_model(
        arguments.judge,
        url=settings.chat_model_url,
        key=settings.chat_model_key,
        timeout=settings.chat_model_timeout,
    )
    found = read_run(arguments.folder)
    with tqdm(total=len(found.records), desc="评判 judging", unit="", disable=None) as bar:
        values = judge_run(found, arguments.folder, model, arguments.judge, labels, lambda _: bar.update())
    report = json.loads((arguments.folder / "judge.json").read_text(encoding="utf-8"))
    missing, agreed = len(report["without_verdict"]), report["agreement"]
    if missing:
        note(f"{missing} 题没有评判结果 the judge gave no verdict on {missing} questions")
    if labels and not agreed:
        note(f"人工标注里没有这次评判的题 no label is of a question that was judged: {arguments.labels}")
    if agreed:
        kappa = "—" if agreed["kappa"] is None else f"{agreed['kappa']:.2f}"
        note(
            f"与人工一致 agreement with people: {agreed['accuracy']:.1%} (n={agreed['n']}), Cohen's kappa {kappa}"
        )
    return values
