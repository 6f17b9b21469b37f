"""The contract of a system under evaluation: a question in, a Record of everything about its answer out.

Knows nothing of gold sets: a system never sees what is expected of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, Protocol

from eval.record import Record
from rag.answer import Turn


class System(Protocol):
    """Whatever answers questions. Must be safe to ask from several threads at once."""

    def ask(self, question: str, turns: Sequence[Turn]) -> Record:
        """The answer to `question`, asked after `turns` (oldest first), as a record whose `id` is "".

        What goes wrong with one question (a server that is down, a time limit) comes back as a record of
        status "error" or is raised; eval.run turns what is raised into such a record.
        """

    def describe(self) -> Mapping[str, Any]:
        """What is asked, for run.json; no secret is in it.

        "system"      its name, always there
        "settings"    all that changes its answers: model, numbers, prompts
        "versions"    of the packages that it works with, by name
        "generation"  the number of the library's last change; left out where there is no library
        "library"     what it answers from: "content", a hash of the documents, and whatever else tells them

        Two systems with the same "system", "settings", "versions" and content of the library are taken to
        give the same answers: runs are resumed and answers taken from a cache by them.
        """

    def close(self) -> None:
        """Give back files and connections; it is not asked afterwards."""


def versions_of(*packages: str) -> dict[str, str]:
    """The installed versions of these packages, without those that are not installed."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
