"""A filter as a condition in SQL, saying of the rows of passages and documents what Where.admits says of a passage."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from index.passage import Where, period

_NONE: frozenset[str] = frozenset()


def of_documents(where: Where) -> Where:
    """What `where` asks of whole documents."""
    return replace(where, speakers=_NONE, publishers=_NONE, published_from="", published_to="")


def conditions(where: Where) -> tuple[str, list[str]]:
    """What has to hold of a passage joined with its document, and the values of its parameters."""
    clauses: list[str] = []
    values: list[str] = []
    for column, wanted in (
        ("documents.name", where.documents),
        ("documents.collection", where.collections),
        ("passages.speaker_name", where.speakers),
        ("passages.publisher", where.publishers),
        ("documents.status", where.statuses),
    ):
        if wanted:
            clauses.append(_among(column, wanted))
            values += sorted(wanted)
    if where.readable is not None:
        clauses.append(_among("documents.collection", where.readable))
        values += sorted(where.readable)
    if where.dated:
        date = "passages.published"
        clauses.append(f"{date} <> ''")
        # As in passage.period: 2024-02 begins on 2024-02-01 and ends on 2024-02-31 at the latest.
        if where.published_to:
            clauses.append(f"{date} || substr('-01-01', length({date}) - 3) <= ?")
            values.append(period(where.published_to)[1])
        if where.published_from:
            clauses.append(f"{date} || substr('-12-31', length({date}) - 3) >= ?")
            values.append(period(where.published_from)[0])
    return " AND ".join(clauses) or "1 = 1", values


def _among(column: str, values: Collection[str]) -> str:
    return f"{column} IN ({', '.join('?' * len(values))})" if values else "1 = 0"
