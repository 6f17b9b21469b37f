"""The words for what went wrong with a question, and what to do about it, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from eval.record import Cause
from eval.report.texts import Text


class CauseText(NamedTuple):
    """What a cause of failure means, and what to do about it; its name is in eval.summary.CAUSES."""

    meaning: Text
    remedy: Text


CAUSES: Mapping[Cause, CauseText] = {
    "not_in_documents": CauseText(
        Text("证据原句不在任何资料里。", "The evidence stands in none of the documents."),
        Text(
            "补充资料；若资料里其实有，请改正评测题的引文（zhida eval lint 会指出）。",
            "Add the document; if it is there after all, mend the quotation in the gold set (zhida eval lint finds it).",
        ),
    ),
    "lost_in_reading": CauseText(
        Text(
            "文件里有这句话，读入并整理后的文本里没有。",
            "The file has the sentence, its text as read and cleaned has not.",
        ),
        Text(
            "查看该文件读出的文本（zhida export），常见于扫描件、表格、页眉页脚；可换成文本清晰的版本。",
            "Look at what was read (zhida export); scans, tables and running headers are the usual reasons.",
        ),
    ),
    "split_apart": CauseText(
        Text("证据被切进了不相邻的段落。", "The evidence is spread over passages that are not neighbours."),
        Text(
            "加大段落长度后重新同步，再比较两次评测。",
            "Sync again with larger passages and compare the two runs.",
        ),
    ),
    "not_retrieved": CauseText(
        Text("证据段落没有出现在检索结果里。", "No retrieved passage holds the evidence."),
        Text(
            "对照问法与原文用词：补充同义词、增加候选数（candidates），或换用更强的嵌入模型。",
            "Compare the wording of question and source: add synonyms, raise `candidates`, or use a stronger embedding model.",
        ),
    ),
    "ranked_low": CauseText(
        Text(
            "检索到了证据，但排在送入作答的段落之外。",
            "The evidence was retrieved but not among the passages sent.",
        ),
        Text(
            "增加送入段落数（passages）或启用更好的重排。",
            "Send more passages (`passages`) or use a better reranker.",
        ),
    ),
    "not_cited": CauseText(
        Text("证据已送入，回答却没有用它。", "The evidence was sent, the answer did not use it."),
        Text(
            "看看回答引用了哪段、为何更像答案；用语言模型作答时检查提示词。",
            "See which passage was used instead and why it looked better; with a language model, check the prompt.",
        ),
    ),
    "wrong_answer": CauseText(
        Text(
            "引用了证据，但缺少要点或出现禁语。",
            "The evidence was cited, yet facts are missing or a forbidden text occurs.",
        ),
        Text(
            "对照下方要点：回答确实错了，还是评测题漏收了另一种说法？后者请补进 any。",
            "Go through the facts below: is the answer wrong, or does the gold set lack another way to say it (`any`)?",
        ),
    ),
    "refused_wrongly": CauseText(
        Text("资料足以作答，系统却拒答。", "The documents hold the answer, the system refused."),
        Text(
            "看证据是否已送入：已送入则放宽拒答门槛，未送入则先解决检索。",
            "If the evidence was sent, relax the refusal threshold; if not, mend retrieval first.",
        ),
    ),
    "should_have_refused": CauseText(
        Text("资料里没有答案，系统却作答。", "The documents hold no answer, the system gave one."),
        Text(
            "看它引用了什么：相近的实体、错误的前提？据此收紧拒答门槛。",
            "See what it cited (a similar name? a wrong premise?) and tighten the refusal threshold.",
        ),
    ),
    "error": CauseText(
        Text("系统没有给出回答；按答错计分。", "The system gave no answer; it counts as wrong."),
        Text(
            "按下方的出错信息修复后继续运行（已有的回答不会重问）。",
            "Mend what the message below says and resume the run; finished answers are kept.",
        ),
    ),
}
