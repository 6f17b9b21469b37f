"""From a gold item and its record to a Score: every metric that applies, the ticks and traces, and the cause of a failure.

A refused or failed answer to a question that has one is wrong in every figure that it could have earned; an error is
shown apart as well (`error`), and is no refusal. A metric that does not apply to a question has no value, so that its
mean is over those it applies to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eval.funnel import Outcome, cause_of
from eval.gold import GoldItem, GoldSet
from eval.metrics.answers import Embed, answer_values, number_precision
from eval.metrics.citations import checked_claims, citation_values, cited_groups, evidence_values, sources
from eval.metrics.matching import first_rank
from eval.metrics.operations import operations_values
from eval.metrics.refusals import refusal_values, was_refused
from eval.metrics.retrieval import retrieval_values
from eval.record import Anchor, EvidenceTrace, Record, Score
from rag.cite import without_marks

_BEST_FIRST: tuple[Anchor, ...] = ("whole", "split", "lost", "missing")


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How answers are scored.

    `answer_limit`     characters of an answer, without marks, within which facts count; 0 is no limit
    `prices`           of a million tokens, by "input" and "output"
    `embed`            texts to unit vectors, for `similarity`, which is left out without it
    `shows_passages`   whether the system says what it retrieved; where not, retrieval has no figures
    `shows_citations`  whether it cites with documents; where not, evidence_cited has no figure
    """

    answer_limit: int = 200
    prices: Mapping[str, float] = field(default_factory=dict)
    embed: Embed | None = None
    shows_passages: bool = True
    shows_citations: bool = True


def score_all(
    gold: GoldSet,
    records: Mapping[str, Record],
    anchors: Mapping[str, Sequence[Sequence[Anchor]]] | None = None,
    options: ScoreOptions = ScoreOptions(),
) -> tuple[Score, ...]:
    """A score for each gold item, in their order. An item without a record is an error and wrong.

    What no record of the whole run has, passages or citations, the system is taken not to show.
    """
    options = replace(
        options,
        shows_passages=options.shows_passages and any(one.retrieved for one in records.values()),
        shows_citations=options.shows_citations and any(one.citations for one in records.values()),
    )
    return tuple(
        score_record(item, records.get(item.id) or _absent(item), (anchors or {}).get(item.id), options)
        for item in gold.items
    )


def score_record(
    item: GoldItem,
    record: Record,
    anchors: Sequence[Sequence[Anchor]] | None = None,
    options: ScoreOptions = ScoreOptions(),
) -> Score:
    """The score of one answer. `anchors` has one list for each group of the item's evidence, one anchor an alternative."""
    error, refused = record.status == "error", was_refused(record)
    sent = record.sent or len(record.retrieved)
    ranks = [first_rank(group, record.retrieved) for group in item.evidence]
    claims = [] if error or refused else checked_claims(record)
    values = refusal_values(item.answerable, refused)
    if not error:
        values |= citation_values(record, claims) if not refused else {}
        values |= {} if refused else _said(item, record)
    answered, ticks = (
        answer_values(item, record, refused, options.answer_limit, options.embed)
        if item.answerable
        else ({}, ())
    )
    values |= answered
    if item.answerable and options.shows_citations:
        values |= evidence_values(item, record)
    if item.answerable and options.shows_passages:
        values |= retrieval_values(item, record.retrieved, sent, ranks)
    values |= operations_values(record, options.prices)
    traces = _traces(item, record, ranks, anchors)
    failed = not values.get("correct", float(not refused)) if item.answerable else not refused
    outcome = Outcome(
        item.answerable, failed, refused, error, sent, options.shows_passages, options.shows_citations
    )
    return Score(
        id=item.id,
        answerable=item.answerable,
        refused=refused,
        values=values,
        cause=cause_of(outcome, traces),
        facts=ticks,
        evidence=traces,
        claims=tuple(claims),
        tags=item.tags,
        weight=item.weight,
        cluster=cluster_of(item),
    )


def cluster_of(item: GoldItem) -> str:
    """What makes an item's score depend on others': its conversation, else its first document, else itself."""
    if item.conversation:
        return item.conversation
    return next((one.document for group in item.evidence for one in group), item.id)


def _said(item: GoldItem, record: Record) -> dict[str, float]:
    """What holds of any answer that was given: its length, and whether its numbers come from somewhere."""
    known = [*sources(record).values(), item.question, record.standalone_question]
    known += [text for turn in item.history for text in (turn.question, turn.answer)]
    precision = number_precision(record.answer, known)
    length = {"answer_length": float(len(without_marks(record.answer)))}
    return length if precision is None else length | {"number_precision": precision}


def _traces(
    item: GoldItem,
    record: Record,
    ranks: Sequence[int | None],
    anchors: Sequence[Sequence[Anchor]] | None,
) -> tuple[EvidenceTrace, ...]:
    cited = cited_groups(item, record)
    best = [min(group, key=_BEST_FIRST.index, default=None) for group in anchors or []]
    best += [None] * (len(ranks) - len(best))
    return tuple(
        EvidenceTrace(rank, is_cited, anchor)
        for rank, is_cited, anchor in zip(ranks, cited, best, strict=False)
    )


def _absent(item: GoldItem) -> Record:
    return Record(item.id, item.question, "error", "", error="没有作答 no answer was recorded")
