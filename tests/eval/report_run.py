"""A run of any size for tests of the report: plausible figures, and texts that try everything a page can be tried with."""

from __future__ import annotations

import random
from dataclasses import replace

from eval.gold import Evidence, Fact, GoldItem, GoldSet, PastTurn
from eval.record import Claim, EvidenceTrace, FactTick, Found, Record, Run, RunInfo, Score

HOSTILE = (
    "<script>window.hacked=1</script>",
    '<img src="http://evil.example/a.png" onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "]]><svg onload=window.hacked=1>",
    "\"' onmouseover='window.hacked=1' x=\"",
    "javascript:window.hacked=1//",
    "{{data}} {{script}} ${window.hacked=1} {n}",
    "\u202egnp.exe\u202c \u2066倒\u2069 \u200f",
    "行\u2028段\u2029分\x00隔\x1b[2J",
    "😀" * 12,
    "极长词" + "无空格ABC" * 40,
    "<style>*{display:none}</style><base href='http://evil.example/'>",
    "&lt;b&gt; &amp; &#x3c;",
)
TAGS = ("事实", "数字", "日期", "多跳", "口语", "人物", "列表", "标准条款", "错别字", "<b>坏标签</b>")
_SENTENCES = (
    "2023年全省共修复个体工商户经营异常状态六十六万户。",
    "江苏开展信用修复“一对一”提醒服务，覆盖十三个设区市。",
    "检验检测机构应当每三年复评一次，逾期未复评的暂停资质。",
    "山东、江西、云南、西藏建立“两书同达”机制。",
    "全国质量月的主题是增强质量意识，推进质量强国建设。",
    "仓库温度计的校准周期为九十天，到期前七天由计量员收回。",
    "企业标准化良好行为评价分为五个等级，最高为五A级。",
    "抽样检验不合格的批次，应在二十四小时内隔离并通知供方。",
)
_CAUSES = (
    "not_in_documents",
    "lost_in_reading",
    "split_apart",
    "not_retrieved",
    "ranked_low",
    "not_cited",
    "wrong_answer",
    "refused_wrongly",
)
_WEIGHTS = (1, 1, 1, 5, 3, 2, 6, 3)


def make_run(n: int = 1000, seed: int = 7, hostile: bool = True, name: str = "试验 run-a") -> Run:
    """A finished run of `n` questions, a fifth of them unanswerable, every tenth a conversation's second turn."""
    chance = random.Random(seed)
    passages = [_passage(i, chance, hostile) for i in range(max(20, n * 3))]
    made = [_question(i, chance, passages, hostile) for i in range(n)]
    info = RunInfo(
        name=name + (HOSTILE[0] if hostile else ""),
        created="2026-11-21T04:15:00+08:00",
        gold_name="sample.jsonl",
        gold_hash="3f0c" * 16,
        questions=n,
        system="zhida extractive",
        settings={"passages": 8, "candidates": 50, "note": HOSTILE[1] if hostile else ""},
        config_hash="ab12" * 4,
        generation=12,
        versions={"zhida": "0.2.0", "python": "3.11.2"},
        host={"cpu": "2 × x86-64", "memory_gb": 8},
        seconds=93.4,
        finished=True,
    )
    gold = GoldSet(tuple(item for item, _, _ in made), "sample.jsonl")
    return Run(info, gold, {record.id: record for _, record, _ in made}, tuple(score for _, _, score in made))


def only(run: Run, keep: int) -> Run:
    """The first `keep` questions of a run."""
    items = run.gold.items[:keep]
    ids = {item.id for item in items}
    return replace(
        run,
        gold=GoldSet(items, run.gold.name),
        records={key: record for key, record in run.records.items() if key in ids},
        scores=run.scores[:keep],
    )


def _passage(i: int, chance: random.Random, hostile: bool) -> Found:
    text = "".join(chance.choice(_SENTENCES) for _ in range(chance.randint(4, 14)))
    if hostile and i % 9 == 0:
        text = text[:60] + HOSTILE[i // 9 % len(HOSTILE)] + text[60:]
    return Found(
        f"简报_{i % 97:03}.txt" if not hostile or i % 31 else f"{HOSTILE[1]}.txt",
        text + f"编号{i}。",
        i * 400,
        i * 400 + len(text),
        title=f"质量工作简报第{i % 40 + 1}期",
        passage_id=i,
    )


def _question(
    i: int, chance: random.Random, passages: list[Found], hostile: bool
) -> tuple[GoldItem, Record, Score]:
    answerable = i % 5 != 4
    turn = i % 10 == 1 and answerable
    item_id = f"对话-{i - 1}#1" if turn else f"对话-{i}#0" if i % 10 == 0 else f"q-{i:04}"
    extra = HOSTILE[i // 3 % len(HOSTILE)] if hostile and i % 3 == 0 else ""
    source = chance.choice(passages)
    quote = source.text[5:45]
    ticks = tuple(
        FactTick(f"{chance.randint(2, 99)}项{extra[:30]}", j == 0, 1.0) for j in range(chance.randint(1, 3))
    )
    passed = chance.random() < 0.8
    cause = "" if passed else chance.choices(_CAUSES, _WEIGHTS)[0] if answerable else "should_have_refused"
    if i % 97 == 50:
        passed, cause = False, "error"
    refused = (cause == "refused_wrongly") if answerable else passed
    rank = (
        None
        if cause in _CAUSES[:4]
        else 12
        if cause == "ranked_low"
        else min(8, 1 + int(chance.expovariate(0.6)))
    )
    retrieved = _ranking(chance, passages, source, rank)
    answer = "" if cause == "error" else f"{quote}[1]。{chance.choice(_SENTENCES)}[2]{extra}"
    tags = tuple(
        dict.fromkeys([chance.choice(TAGS[:-1]), chance.choice(TAGS)] + ([] if answerable else ["拒答"]))
    )
    item = GoldItem(
        item_id,
        f"第{i}问：{chance.choice(_SENTENCES)[:18]}是多少？{extra}",
        history=(PastTurn("上一句问了什么？" + extra, "答了这个。"),) if i % 17 == 3 else (),
        answerable=answerable,
        answers=(f"{quote[:-3]}九十九。{extra[:20]}", "另一种说法") if answerable else (),
        facts=tuple(Fact(any=(tick.shown,)) for tick in ticks) if answerable else (),
        forbidden=("2022年",) if i % 11 == 0 else (),
        evidence=((Evidence(source.document, quote, 3), Evidence("另一份.txt", "别的说法")),)
        if answerable
        else (),
        tags=tags,
        conversation=f"对话-{i - i % 10}" if i % 10 == 0 or turn else "",
    )
    confidence = min(1.0, max(0.0, chance.gauss(0.75 if passed and answerable else 0.45, 0.15)))
    status = "error" if cause == "error" else "refused" if refused else "answered"
    record = Record(
        item_id,
        item.question,
        status,
        answer if status == "answered" else "资料里没有找到答案。" if refused else "",
        standalone_question="单独的问法" + extra if turn else item.question,
        citations=() if status != "answered" else _citations(source, quote, retrieved, extra),
        retrieved=tuple(retrieved),
        sent=8,
        mode="extractive",
        notices=("今年指2023年。",) if i % 13 == 0 else (),
        timings_ms=_times(chance),
        tokens={"input": 1200, "output": 80} if i % 2 else {},
        confidence=round(confidence, 3),
        error="连接超时 timed out " + extra if status == "error" else "",
    )
    return item, record, _score(item, record, passed, cause, rank, ticks, chance)


def _ranking(chance: random.Random, passages: list[Found], source: Found, rank: int | None) -> list[Found]:
    ranked = chance.sample(passages, 20)
    if rank is not None:
        ranked[rank - 1] = source
    return [
        replace(
            one,
            score=2.0 - place / 12,
            stages={"lexical": 9.1 - place / 3, "dense": 0.7 - place / 50, "fused": 1.9},
        )
        for place, one in enumerate(ranked)
    ]


def _citations(
    source: Found, quote: str, retrieved: list[Found], extra: str
) -> tuple[dict[str, object], ...]:
    first = {
        "number": 1,
        "document": source.document,
        "title": source.title,
        "quote": quote,
        "passage": source.text,
    }
    other = retrieved[1]
    second = {
        "number": 2,
        "document": other.document,
        "title": extra,
        "page": 4,
        "quote": other.text[:30],
        "supported": False,
    }
    return first | {"page": 2, "supported": True}, second


def _times(chance: random.Random) -> dict[str, float]:
    retrieve, answer = chance.lognormvariate(3.2, 0.4), chance.lognormvariate(2.6, 0.6)
    return {"retrieve": retrieve, "evidence": 3.0, "answer": answer, "total": retrieve + answer + 3}


def _score(
    item: GoldItem,
    record: Record,
    passed: bool,
    cause: str,
    rank: int | None,
    ticks: tuple[FactTick, ...],
    chance: random.Random,
) -> Score:
    anchor = {"not_in_documents": "missing", "lost_in_reading": "lost", "split_apart": "split"}.get(
        cause, "whole"
    )
    cited = cause in ("", "wrong_answer") and record.status == "answered"
    ticks = ticks if passed else tuple(replace(tick, found=0.0) for tick in ticks)
    values = {
        "error": float(record.status == "error"),
        "total_ms": record.timings_ms["total"],
        "char_f1": chance.random(),
    }
    if item.answerable:
        values |= {
            "correct": float(passed),
            "fact_recall": float(passed),
            "over_refusal": float(record.status == "refused"),
        }
        values |= {f"evidence_recall@{k}": float(rank is not None and rank <= k) for k in (1, 3, 5, 10)}
    else:
        values |= {"refusal_recall": float(record.status == "refused")}
    return Score(
        item.id,
        item.answerable,
        record.status == "refused",
        values,
        cause,  # type: ignore[arg-type]
        ticks if item.answerable else (),
        (EvidenceTrace(rank, cited, anchor),) if item.answerable else (),  # type: ignore[arg-type]
        (Claim("第一句有据。", (1,), True), Claim("第二句没有依据。", (2,), False))
        if record.status == "answered"
        else (),
        item.tags,
        cluster=item.conversation or item.id,
    )
