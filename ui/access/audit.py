"""The audit log: who did what, when and from where, in home/access.db. Nothing in it is ever changed or removed.

Questions and answers are not in it; see rag.history for those.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import insert, select

from ui.access.store import AccessUnavailable, Store, audit, now

LENGTH = 300  # characters of what an action was about

_log = logging.getLogger("zhida")


@dataclass(frozen=True, slots=True)
class Event:
    """One line. `outcome` is "ok", or why not."""

    who: str
    action: str
    object: str = ""
    via: str = ""
    address: str = ""
    outcome: str = "ok"
    time: str = ""


class Audit:
    """The log of one access.db."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, event: Event) -> None:
        """Adds a line. Where that cannot be done, what was done stands all the same, and the service's log says so."""
        row = {name: getattr(event, name)[:LENGTH] for name in ("who", "via", "action", "object")}
        row |= {"address": event.address[:LENGTH], "outcome": event.outcome[:LENGTH], "time": now()}
        try:
            with self._store.writing() as connection:
                connection.execute(insert(audit), row)
        except AccessUnavailable as error:
            _log.error("not in the audit log: %s %s: %s", event.who, event.action, error)

    def last(self, most: int = 100, who: str | None = None) -> list[Event]:
        """The last lines, the newest first; of one user if he is named."""
        if not self._store.exists:
            return []
        query = select(audit).order_by(audit.c.number.desc()).limit(most)
        if who is not None:
            query = query.where(audit.c.who == who)
        with self._store.reading() as connection:
            return [
                Event(row.who, row.action, row.object, row.via, row.address, row.outcome, row.time)
                for row in connection.execute(query)
            ]
