"""Follow-up questions completed by a language model, and the check that it has added nothing of its own.

What it writes is used only if every number, name and quoted word in it was said before, and nothing of the question
was lost; else the rules of rag.followup do it. A model that is slow or fails costs a few seconds, once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from index import words
from index.errors import AnswererError
from rag.answer import Turn
from rag.answerers.breaker import Breaker
from rag.facts import missing
from rag.question import content_terms

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SECONDS = 3.0
"""How long a model may take; the answer itself is still to come."""

LONGEST = 300
"""Characters beyond which it is no question any more."""

_PREFIX = re.compile(r"^(?:完整|改写后?|独立)?的?问题[：:]\s*")


class Rewriter(Protocol):
    """Makes a question stand alone."""

    def rewrite(self, question: str, turns: Sequence[Turn], names: Sequence[str] = ()) -> str:
        """`question` as it would be asked without the turns before it; "" where that cannot be said."""


class ChatModelRewriter:
    """Rewrites with a LangChain chat model, for at most `seconds`, and not at all while `breaker` is open."""

    def __init__(
        self, model: BaseChatModel, seconds: float = SECONDS, breaker: Breaker | None = None
    ) -> None:
        self.model = model
        self.seconds = seconds
        self.breaker = breaker or Breaker()

    def rewrite(self, question: str, turns: Sequence[Turn], names: Sequence[str] = ()) -> str:
        """What the model makes of it, if that is faithful; "" else, and when it fails or takes too long."""
        if not self.breaker.is_closed:  # the answer will try whether the model is back
            return ""
        # langchain_core costs half a second: only where a model is used
        from rag.answerers.chat_model import complete
        from rag.prompt import rewriting_messages

        try:
            written = complete(self.model, rewriting_messages(question, turns), self.seconds)
        except AnswererError:  # the rules stand in, and the answer itself will tell of a model that is dead
            return ""
        rewritten = _PREFIX.sub("", written.strip().strip("“”\"'`")).strip()
        return rewritten if is_faithful(rewritten, question, turns, names) else ""


def is_faithful(rewritten: str, question: str, turns: Sequence[Turn], names: Sequence[str] = ()) -> bool:
    """Whether a rewritten question holds nothing that was not said, and all that the question itself says.

    Numbers, dates, 《titles》, standard numbers, Latin words and known names must have been said before; so must most of the
    other words, since an answer in place of a question brings new ones.
    """
    if not rewritten or len(rewritten) > LONGEST or "\n" in rewritten:
        return False
    said = "；".join([question, *(f"{turn.question}；{turn.standalone}；{turn.answer}" for turn in turns)])
    if missing(rewritten, said) or missing(question, rewritten):
        return False
    if any(name in rewritten and name not in said for name in names):
        return False
    terms = content_terms(rewritten, names)
    plain = words.normalize(said)
    new = [term for term in terms if term not in plain]
    return len(new) <= len(terms) // 4
