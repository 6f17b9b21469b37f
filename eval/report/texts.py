"""Every sentence of the report in Chinese and English, and what each cause of failure means.

Texts of the page stand in both languages at once and a style rule shows one of them, so that switching needs no script
and the summary reads without one. Values are put in with `str.format`; they are escaped where the text is put on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Text(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


ANCHORS: Mapping[str, Text] = {
    "missing": Text("不在资料里", "in no document"),
    "lost": Text("读取时丢失", "lost in reading"),
    "split": Text("被切断", "split apart"),
    "whole": Text("完整在段落里", "whole in a passage"),
}

STAGES: Mapping[str, Text] = {
    "total": Text("总计", "total"),
    "retrieve": Text("检索", "retrieve"),
    "rerank": Text("重排", "rerank"),
    "question": Text("理解问题", "question"),
    "answer": Text("作答", "answer"),
    "first_text": Text("首字", "first text"),
    "first": Text("首字", "first text"),
    "cite": Text("核对引用", "cite"),
    "evidence": Text("证据判断", "evidence"),
    "fused": Text("融合", "fused"),
    "lexical": Text("词语检索", "lexical"),
    "dense": Text("向量检索", "dense"),
}
"""Names of timing stages; one that is not here is shown as the system calls it."""

OUTCOMES: Mapping[str, Text] = {
    "passed": Text("通过", "Passed"),
    "failed": Text("未通过", "Failed"),
    "answered_right": Text("答对", "Answered right"),
    "answered_wrong": Text("答错", "Answered wrong"),
    "refused_rightly": Text("正确拒答", "Refused rightly"),
    "refused_wrongly": Text("误拒", "Refused wrongly"),
    "should_have_refused": Text("应拒未拒", "Should have refused"),
    "error": Text("出错", "Error"),
}
"""What became of a question: the fields of eval.metrics.refusals.RefusalMatrix, and whether it passed."""

TEXTS: Mapping[str, Text] = {
    "title": Text("评测报告", "Evaluation report"),
    "skip": Text("跳到题目", "Skip to the questions"),
    "nav": Text("本页目录", "On this page"),
    "language": Text("Switch to English", "切换为中文"),
    "system": Text("系统", "System"),
    "gold": Text("评测集", "Gold set"),
    "created": Text("时间", "Run at"),
    "questions_n": Text("{n} 题", "{n} questions"),
    "unfinished": Text(
        "运行未完成：{done} / {n} 题有结果，其余按出错计。",
        "Unfinished run: {done} of {n} questions have an answer, the rest count as errors.",
    ),
    "errors": Text("{n} 题出错，按答错计入。", "{n} questions ended in an error and count as wrong."),
    "cut": Text(
        "为控制文件大小，每题只附前 {passages} 个段落，段落超过 {characters} 字、其他文字超过 {text} 字处截断；完整内容见 items.jsonl。",
        "To keep this file small each question carries its first {passages} passages; passages are cut after {characters} and other texts "
        "after {text} characters. Everything is in items.jsonl.",
    ),
    # Headline
    "headline": Text("结论", "Headline"),
    "correct": Text("答对率", "Correct"),
    "correct_of": Text(
        "可答题中，要点齐全、无禁语、未拒答",
        "of answerable questions: every vital fact, nothing forbidden, not refused",
    ),
    "passed": Text("通过率", "Passed"),
    "passed_of": Text(
        "该答的答对，该拒的拒答", "right where there is an answer, refused where there is none"
    ),
    "mdd": Text("最小可测差异", "Detectable difference"),
    "mdd_of": Text(
        "同一评测集上两次运行相差不到这个值，多半分辨不出",
        "two runs on this set that differ by less will mostly look the same",
    ),
    "refusal_recall": Text("拒答召回", "Refusal recall"),
    "refusal_recall_of": Text("资料里没有答案时拒答", "refused where the documents hold no answer"),
    "interval": Text("95% 区间", "95% interval"),
    "too_few": Text("不足 30 题，不下结论", "fewer than 30 questions: no verdict"),
    "points": Text("{x} 个百分点", "{x} points"),
    # Comparison
    "comparison": Text("与基线相比", "Against the baseline"),
    "flips_worse": Text("由对变错", "Right → wrong"),
    "flips_better": Text("由错变对", "Wrong → right"),
    "no_flips": Text("没有", "none"),
    "baseline": Text("基线", "Baseline"),
    "this_run": Text("本次", "This run"),
    "difference": Text("差异", "Difference"),
    "p_value": Text("p（Holm 校正）", "p (Holm)"),
    "verdict_of_pair": Text("判定", "Verdict"),
    "verdict_better": Text("变好", "better"),
    "verdict_worse": Text("变差", "worse"),
    "verdict_no_difference": Text("未见差异", "none shown"),
    "verdict_too_few": Text("题数不足", "too few"),
    "slices_differ": Text(
        "各标签通过率的差异（仅供探索，不下结论）", "Share passed by tag (exploratory, no verdicts)"
    ),
    "comparison_note": Text(
        "差异为本次减基线；按题配对，区间用 BCa 自助法，p 用符号翻转检验；答对率用自己的 p，其余指标按 Holm 校正。",
        "Differences are this run less the baseline, paired by question: BCa bootstrap intervals, sign-flip permutation p; "
        "the headline keeps its own p, the other metrics are corrected together after Holm.",
    ),
    "config_diff": Text("设置差异", "Settings that differ"),
    "config_same": Text("两次运行的设置相同。", "Both runs used the same settings."),
    "setting": Text("设置", "Setting"),
    "more_flips": Text("另有 {n} 题", "{n} more"),
    # Gates
    "gates": Text("门槛", "Gates"),
    "gate": Text("条件", "Condition"),
    "measured": Text("实测", "Measured"),
    "result": Text("结果", "Result"),
    "gate_passed": Text("通过", "passed"),
    "gate_failed": Text("未通过", "failed"),
    # Funnel
    "funnel": Text("失分在哪一步", "Where questions are lost"),
    "funnel_note": Text(
        "{n} 道有证据的可答题，走到每一步（且之前各步都成立）的题数。",
        "Of {n} answerable questions with evidence, how many got as far as each step, all earlier steps included.",
    ),
    "funnel_beside": Text(
        "另有 {n} 题证据链不全但答对。", "Another {n} were answered correctly without the whole chain."
    ),
    "funnel_steps": Text("证据走到哪一步", "How far the evidence came"),
    "causes": Text("未通过的原因", "Why questions failed"),
    "causes_note": Text("点一项，下方只列这些题。", "Choose one to list its questions below."),
    "no_failures": Text("没有未通过的题。", "No question failed."),
    "step": Text("步骤", "Step"),
    # Retrieval
    "retrieval": Text("检索深度", "Retrieval depth"),
    "k_curve": Text("前 k 段里有多少证据", "Evidence among the first k passages"),
    "recall_at": Text("证据召回@k", "Evidence recall@k"),
    "all_at": Text("证据齐全@k", "All evidence@k"),
    "sent_at": Text("送入 {k}", "sent {k}"),
    "k_axis": Text("段落数 k", "passages k"),
    "k_none": Text("没有检索结果可画。", "No retrieved passages to draw."),
    # Slices
    "slices": Text("按标签", "By tag"),
    "slices_note": Text(
        "标签下的通过率；竖线为全体。题数不足 {n} 的标为样本少，仅供参考。",
        "Share passed under each tag; the line is the whole set. Fewer than {n} questions are marked as few.",
    ),
    "tag": Text("标签", "Tag"),
    "few": Text("样本少", "few"),
    "more_tags": Text(
        "另有 {n} 个标签，可在题目表中筛选。", "{n} more tags can be chosen in the question table."
    ),
    # Refusals
    "refusals": Text("拒答", "Refusals"),
    "matrix": Text("该不该答与答没答", "Should it answer, did it answer"),
    "should_answer": Text("资料里有答案", "Answerable"),
    "should_refuse": Text("资料里没有答案", "Unanswerable"),
    "did_answer": Text("作答", "Answered"),
    "did_refuse": Text("拒答", "Refused"),
    "did_fail": Text("出错", "Error"),
    "risk_coverage": Text("只答有把握的题", "Answering only when sure"),
    "risk": Text("所答之中的错误率", "Share wrong among those answered"),
    "coverage": Text("作答比例", "Share answered"),
    "auroc": Text(
        "置信度区分可答与应拒的能力 AUROC {x}（0.5 等于掷硬币，1 为完美）",
        "Confidence tells answerable from unanswerable with AUROC {x} (0.5 is a coin, 1 is perfect)",
    ),
    "confidence_none": Text("没有置信度可画。", "No confidence was given, so there is no curve."),
    # Time and cost
    "latency": Text("耗时与用量", "Time and usage"),
    "stage": Text("阶段", "Stage"),
    "tokens_in": Text("输入令牌", "Tokens in"),
    "tokens_out": Text("输出令牌", "Tokens out"),
    "cost": Text("费用", "Cost"),
    "per_question": Text("每题 {x}", "{x} a question"),
    "latency_none": Text("没有记录耗时。", "No times were recorded."),
    "latency_note": Text(
        "单位毫秒；深色到 p50，浅色到 p95，细线到 p99。",
        "Milliseconds; dark to p50, light to p95, thin line to p99.",
    ),
    # Metrics
    "metrics": Text("全部指标", "All metrics"),
    "metric": Text("指标", "Metric"),
    "value": Text("值", "Value"),
    "n": Text("题数", "n"),
    "direction": Text("方向", "Better"),
    "higher": Text("↑ 越高越好", "↑ higher"),
    "lower": Text("↓ 越低越好", "↓ lower"),
    "never_gating": Text(
        "字 F1、ROUGE-L 与完全一致只作参考、从不作门槛：把答案里的 2023 年换成 2022 年，字 F1 仍有 0.977，而正确的换一种说法只得 0.737。",
        "Character F1, ROUGE-L and exact match are shown but never gate: swapping one year, 2023 for 2022, keeps F1 at .977, "
        "while a right paraphrase gets .737.",
    ),
    # Questions
    "questions": Text("逐题", "Questions"),
    "search": Text("搜索问题、回答或编号", "Search questions, answers or ids"),
    "filter_verdict": Text("结果", "Verdict"),
    "filter_cause": Text("原因", "Cause"),
    "filter_tag": Text("标签", "Tag"),
    "filter_flip": Text("变化", "Change"),
    "any_verdict": Text("全部结果", "All verdicts"),
    "any_cause": Text("全部原因", "All causes"),
    "any_tag": Text("全部标签", "All tags"),
    "any_flip": Text("全部变化", "All changes"),
    "only_error": Text("出错", "Error"),
    "clear": Text("清除筛选", "Clear"),
    "shown": Text("{shown} / {all} 题", "{shown} of {all} questions"),
    "none_shown": Text("没有符合条件的题。", "No question matches."),
    "col_id": Text("编号", "Id"),
    "col_question": Text("问题", "Question"),
    "col_verdict": Text("结果", "Verdict"),
    "col_cause": Text("原因", "Cause"),
    "col_facts": Text("要点", "Facts"),
    "col_rank": Text("证据排名", "Evidence rank"),
    "col_time": Text("毫秒", "ms"),
    "previous": Text("上一页", "Previous"),
    "next": Text("下一页", "Next"),
    "page": Text("第 {page} / {pages} 页", "Page {page} of {pages}"),
    "keys": Text(
        "键盘：/ 搜索，↑ ↓ 选题，Enter 打开，← → 换题，Esc 关闭",
        "Keys: / search, ↑ ↓ choose, Enter open, ← → previous and next question, Esc close",
    ),
    "passed_chip": Text("通过", "Passed"),
    "failed_chip": Text("未通过", "Failed"),
    # One question
    "close": Text("关闭", "Close"),
    "previous_question": Text("上一题", "Previous question"),
    "next_question": Text("下一题", "Next question"),
    "position": Text("{i} / {n}", "{i} of {n}"),
    "why": Text("为什么没通过", "Why it failed"),
    "remedy": Text("怎么办：", "What to do: "),
    "earlier": Text("之前的对话", "Earlier in the conversation"),
    "understood": Text("理解为：", "Understood as: "),
    "asked": Text("问", "Q"),
    "said": Text("答", "A"),
    "unanswerable": Text("资料里没有答案，应当拒答。", "The documents hold no answer; refusing is right."),
    "facts": Text("应有要点", "Expected facts"),
    "minor": Text("次要", "minor"),
    "fact_found": Text("有", "found"),
    "fact_missing": Text("缺", "missing"),
    "fact_partly": Text("部分", "partly"),
    "forbidden": Text("不得出现", "Must not occur"),
    "compare_answers": Text("标准答案与回答", "Gold answer and answer"),
    "gold_answer": Text("标准答案", "Gold answer"),
    "closest_of": Text("{n} 个标准答案中最接近的", "closest of {n}"),
    "answer": Text("回答", "Answer"),
    "refusal": Text("拒答", "Refusal"),
    "no_answer": Text("（没有回答）", "(no answer)"),
    "diff_legend": Text(
        "红底：回答里没有；绿底：标准答案里没有。字面不同不等于答错，以要点为准。",
        "Red: not in the answer. Green: not in the gold answer. Other words are not yet wrong; the facts decide.",
    ),
    "claims": Text("逐句核对", "Sentence by sentence"),
    "supported": Text("有据", "supported"),
    "unsupported": Text("无据", "unsupported"),
    "citations": Text("引用", "Citations"),
    "gold_evidence": Text("应有证据", "Expected evidence"),
    "or_else": Text("或", "or"),
    "rank_of": Text("检索第 {rank} 位", "retrieved at rank {rank}"),
    "not_found": Text("未检索到", "not retrieved"),
    "was_cited": Text("已引用", "cited"),
    "was_not_cited": Text("未引用", "not cited"),
    "retrieved": Text("检索到的段落", "Retrieved passages"),
    "sent_above": Text("以上送入作答", "Sent to the answerer up to here"),
    "more_passages": Text("另有 {n} 段未附上", "{n} more are not in this file"),
    "passage_cut": Text("（有截断）", "(cut)"),
    "no_passages": Text("没有检索到段落。", "No passage was retrieved."),
    "page_of": Text("第 {n} 页", "p. {n}"),
    "score": Text("得分", "score"),
    "details": Text("耗时与其他", "Times and the rest"),
    "confidence": Text("置信度", "Confidence"),
    "mode": Text("方式", "Mode"),
    "kept": Text("沿用先前的回答", "kept from an earlier run"),
    "notices": Text("说明", "Notices"),
    "error_message": Text("出错信息", "Error"),
    "values": Text("本题指标", "Metrics of this question"),
    "open_chat": Text("在对话页打开", "Open in the chat"),
    "ask_again": Text("再问一次", "Ask again"),
    "before": Text("基线的结果", "In the baseline"),
    "link": Text("本题链接", "Link to this question"),
    # Print
    "print_failures": Text("未通过的题", "Failed questions"),
    "print_more": Text("另有 {n} 题未列出。", "{n} more are not listed."),
    "expected": Text("应有：", "Expected: "),
    # Footer
    "reproduce": Text("复现信息", "To reproduce this run"),
    "gold_hash": Text("评测集哈希", "Gold hash"),
    "config_hash": Text("设置哈希", "Settings hash"),
    "library": Text("资料库", "Library"),
    "generation": Text("资料库代次", "Library generation"),
    "seed": Text("随机种子", "Seed"),
    "seconds": Text("用时（秒）", "Seconds"),
    "host": Text("机器", "Host"),
    "versions": Text("版本", "Versions"),
    "settings": Text("设置", "Settings"),
    "no_script": Text(
        "此页的题目表需要脚本；以上汇总不需要。",
        "The question table needs scripts; the summary above does not.",
    ),
}


def text(key: str, **values: object) -> Text:
    """The text `key` with `values` put in."""
    found = TEXTS[key]
    return Text(found.zh.format(**values), found.en.format(**values)) if values else found
