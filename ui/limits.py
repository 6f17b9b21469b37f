"""How much one request may ask for, the same on the command line, in files of questions, the API and the page."""

from __future__ import annotations

QUESTION_LENGTH = 2000
"""Characters. What is longer is a pasted document, not a question."""

HITS = 1000
"""Passages that one search may return: far more than anybody reads, far less than memory holds."""

COLLECTION = 100
"""Characters of a collection's name."""

BODY_SIZE = 1_000_000
"""Bytes of a request's body. A long conversation takes a tenth of it; what files are sent in may have more, see the setting upload_size."""


def too_long(question: str) -> str:
    """Why a question is longer than allowed, in one line; "" when it is not."""
    if len(question) <= QUESTION_LENGTH:
        return ""
    return (
        f"问题太长，{len(question)} 字，最多 {QUESTION_LENGTH} 字 "
        f"the question has {len(question)} characters, at most {QUESTION_LENGTH} are allowed"
    )
