"""`zhida eval run`: asks a gold set, or takes a file of answers, and says how good the answers are."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import SettingsError
from ui.commands.eval import told
from ui.commands.eval.results import add_scoring_arguments, score_options, standard_of, tell
from ui.commands.options import require_documents, settings_of, whole_number
from ui.console import note

if TYPE_CHECKING:
    from eval.gold import GoldSet
    from eval.record import Run
    from eval.run import RunOptions
    from eval.systems.openai_compatible import Endpoint

HELP = "提问并评分 ask a gold set and score the answers"
MOST_PARALLEL = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval run`."""
    parser.add_argument("gold", type=Path, metavar="GOLD", help="评测集 gold questions: .jsonl, .csv, .xlsx")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="结果文件夹；已有同一评测则续跑 where the run goes; one of the same questions and settings is resumed",
    )
    parser.add_argument("--fresh", action="store_true", help="不续跑，重新开始 begin anew in that folder")
    parser.add_argument("--retry-errors", action="store_true", help="出错的题再问一次 ask again what failed")
    parser.add_argument(
        "--parallel",
        type=whole_number(MOST_PARALLEL),
        default=1,
        metavar="N",
        help="同时问几题 questions at a time",
    )
    _add_choice(parser)
    _add_others(parser)
    add_scoring_arguments(parser)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_argument_group("只问一部分 some of the questions")
    chosen.add_argument("--limit", type=whole_number(10**6), metavar="N", help="只问前 N 题 the first N only")
    chosen.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help="有此标签的（可多次） with this tag"
    )
    chosen.add_argument("--split", default="", metavar="NAME", help="属于 dev 或 test 的 of this split")
    chosen.add_argument(
        "--id", action="append", default=[], metavar="ID", help="这一题（可多次） this question"
    )


def _add_others(parser: argparse.ArgumentParser) -> None:
    others = parser.add_argument_group("评测别的系统 other systems")
    others.add_argument(
        "--answers", type=Path, metavar="FILE", help="答案文件，不提问 answers as JSON lines of id and answer"
    )
    others.add_argument(
        "--endpoint",
        default="",
        metavar="URL",
        help="OpenAI 兼容接口的地址 base URL, such as http://127.0.0.1:8000/v1",
    )
    others.add_argument("--model", default="", metavar="NAME", help="该接口的模型名 model of the endpoint")
    others.add_argument(
        "--key-from",
        default="",
        metavar="VARIABLE",
        help="密钥所在的环境变量 environment variable with its key",
    )
    others.add_argument("--system-prompt", type=Path, metavar="FILE", help="系统提示词文件 a text file")
    others.add_argument(
        "--extra",
        default="",
        metavar="JSON",
        help="请求里另加的内容 more for the request, such as '{\"top_p\": 0.1}'",
    )
    others.add_argument(
        "--timeout",
        type=whole_number(3600),
        default=120,
        metavar="S",
        help="每题最多等几秒 seconds to wait (120)",
    )
    others.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="答案缓存；接口默认用资料库下的 eval-cache answers kept by content; for endpoints HOME/eval-cache",
    )
    others.add_argument("--no-cache", action="store_true", help="不用缓存 ask everything")


def run(arguments: argparse.Namespace) -> int:
    """Asks what is missing, scores, prints the summary; the exit codes are those of eval.gate."""
    # These load what answers; a mistake in the arguments is told without them.
    from eval.gate import NOTHING_EVALUATED
    from eval.gold import GoldError
    from eval.gold_files import read_any
    from eval.run import score_run

    _refuse_both(arguments)
    try:
        gold = _chosen(read_any(arguments.gold), arguments)
    except GoldError as error:
        return told.tell(error)
    if not gold.items:
        note("没有要评测的题目 no question to evaluate")
        return NOTHING_EVALUATED
    options, standard = score_options(arguments), standard_of(arguments, gold)
    try:
        kept = sum(record.cached for record in _answer(gold, arguments).records.values())
    except KeyboardInterrupt:
        note(f"已中断，再运行同一命令即可继续 interrupted, the same command goes on: --out {arguments.out}")
        raise
    if kept:
        note(f"{kept} 个答案取自缓存，耗时为当时的 {kept} answers are from the cache, and so are their times")
    return tell(score_run(arguments.out, options), arguments.out, standard)


def _refuse_both(arguments: argparse.Namespace) -> None:
    if arguments.answers and arguments.endpoint:
        raise SettingsError("--answers 与 --endpoint 只能选一个 give either --answers or --endpoint")
    if bool(arguments.endpoint) != bool(arguments.model):
        raise SettingsError("--endpoint 和 --model 要一起给 --endpoint and --model go together")


def _chosen(gold: GoldSet, arguments: argparse.Namespace) -> GoldSet:
    """What counts and was asked for; what is left out is said."""
    approved = gold.approved()
    drafts = len(gold.items) - len(approved.items)
    if drafts:
        note(f"{drafts} 道未审定的题不计入 {drafts} questions of drafts do not count")
    known = {item.id for item in approved.items}
    unknown = [one for one in arguments.id if one not in known]
    if unknown:
        raise SettingsError(f"评测集里没有这一题 no such question in the gold set: {unknown[0]}")
    chosen = approved.select(
        lambda item: (
            (not arguments.id or item.id in arguments.id)
            and (not arguments.tag or bool(set(arguments.tag) & set(item.tags)))
            and (not arguments.split or item.split == arguments.split)
        )
    )
    return replace(chosen, items=chosen.items[: arguments.limit])


def _answer(gold: GoldSet, arguments: argparse.Namespace) -> Run:
    """The run, with every question answered by whoever was chosen."""
    from eval.run import RunOptions, run_answers, run_gold

    options = RunOptions(
        name=arguments.out.resolve().name,
        parallel=arguments.parallel,
        fresh=arguments.fresh,
        retry_errors=arguments.retry_errors,
        cache=_cache(arguments),
    )
    if arguments.answers:
        from eval.systems.answers_file import AnswersFile

        return run_answers(gold, AnswersFile(arguments.answers), arguments.out, options)
    with _progress(gold, options) as options:
        if arguments.endpoint:
            from eval.systems.openai_compatible import OpenAiCompatible

            endpoint = OpenAiCompatible(_endpoint(arguments))
            try:
                return run_gold(gold, endpoint, arguments.out, options)
            finally:
                endpoint.close()
        from eval.systems.zhida import ZhidaSystem

        zhida = ZhidaSystem.open(settings_of(arguments))
        try:
            require_documents(zhida.library)
            return run_gold(gold, zhida, arguments.out, replace(options, library=zhida.library))
        finally:
            zhida.close()


def _cache(arguments: argparse.Namespace) -> Path | None:
    """By default only for endpoints: Zhida answers in milliseconds, and kept answers would tell old times."""
    if arguments.no_cache or arguments.answers:
        return None
    if arguments.cache:
        return Path(arguments.cache)
    return settings_of(arguments).home / "eval-cache" if arguments.endpoint else None


def _endpoint(arguments: argparse.Namespace) -> Endpoint:
    """What to ask. The key is read from the variable that is named, and from nowhere else: no other server gets it."""
    from eval.systems.openai_compatible import Endpoint

    key = os.environ.get(arguments.key_from, "").strip() if arguments.key_from else ""
    if arguments.key_from and not key:
        raise SettingsError(f"环境变量 {arguments.key_from} 没有设置 this variable is not set or empty")
    try:
        prompt = (
            arguments.system_prompt.read_text(encoding="utf-8-sig").strip() if arguments.system_prompt else ""
        )
        extra: Any = json.loads(arguments.extra) if arguments.extra else {}
    except UnicodeDecodeError:
        raise SettingsError(f"应为 UTF-8 文本 should be text in UTF-8: {arguments.system_prompt}") from None
    except (ValueError, RecursionError):
        extra = None
    if not isinstance(extra, dict):
        raise SettingsError(f"--extra 应为 JSON 对象 should be a JSON object: {arguments.extra}")
    return Endpoint(
        arguments.endpoint, arguments.model, key, prompt, timeout=float(arguments.timeout), extra=extra
    )


@contextmanager
def _progress(gold: GoldSet, options: RunOptions) -> Iterator[RunOptions]:
    """`options` with a bar that moves with each answer, also over those that an earlier start has got."""
    from tqdm import tqdm

    with tqdm(total=len(gold.items), desc="评测 evaluating", unit="", disable=None) as bar:
        yield replace(options, on_record=lambda _: bar.update())
