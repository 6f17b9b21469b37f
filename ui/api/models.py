"""What goes over the wire, with examples: requests, which are checked, and answers, which are described."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from index.passage import ISO_DATE, Where
from rag.answer import Turn
from ui.limits import QUESTION_LENGTH

TURNS = 50
NAMES = 1000  # of documents, speakers… in one request
NAME_LENGTH = 1000  # characters of a document's name
ID_LENGTH = 64
TITLE_LENGTH = 200

# A length makes pydantic look into a string, so that halves of surrogate pairs are refused as well.
Question = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_LENGTH),
    Field(examples=["海岳省有多少家检验检测机构？"]),
]
Name = Annotated[str, StringConstraints(max_length=NAME_LENGTH)]
Names = list[Name]
Date = Annotated[str, StringConstraints(pattern=rf"^(?:{ISO_DATE.pattern})?$"), Field(examples=["2024-05"])]
Id = Annotated[str, StringConstraints(max_length=ID_LENGTH, pattern=r"^[A-Za-z0-9_-]*$")]

SOURCE: dict[str, Any] = {
    "passage_id": 7,
    "document": "计量简报.txt",
    "collection": "",
    "title": "全省计量工作见闻",
    "heading": "",
    "url": "",
    "published": "2024-05-20",
    "publisher": "质量周刊",
    "speaker": "林晓",
    "speaker_title": "某市市场监管局局长",
    "page": None,
}
PASSAGE: dict[str, Any] = {
    **SOURCE,
    "start": 100,
    "end": 121,
    "text": "海岳省计量院今年完成校准证书三百二十份。",
}
CITATION: dict[str, Any] = {
    "number": 1,
    **SOURCE,
    "start": 100,
    "end": 121,
    "quote": PASSAGE["text"],
    "dates": {"今年": "2024"},
    "passage": PASSAGE["text"],
    "supported": True,
    "also_in": [],
    "unsure": False,
}
ANSWER: dict[str, Any] = {
    "question": "海岳省计量院今年完成多少份校准证书？",
    "standalone_question": "海岳省计量院今年完成多少份校准证书？",
    "status": "answered",
    "answer": "海岳省计量院今年完成校准证书三百二十份。[1]",
    "citations": [CITATION],
    "mode": "extractive",
    "confidence": 0.93,
    "notices": [],
    "timings_ms": {"total": 12.5, "retrieve": 8.1, "evidence": 3.2, "answer": 0.1, "cite": 1.1},
    "answer_id": "hM2bq1Yw0dJkq0aX4mC9fA",
    "conversation_id": "",
}
DOCUMENT: dict[str, Any] = {
    "name": "计量简报.txt",
    "collection": "",
    "title": "计量简报",
    "passages": 12,
    "characters": 2310,
    "size": 6930,
    "media_type": "text/plain",
    "added_at": "2026-01-05T08:30:00+00:00",
    "status": "",
    "published": "2024-05-20",
    "effective": "",
    "notices": [],
    "version": 1,
}
UPLOAD: dict[str, Any] = {
    "upload_id": "Yw0dJkq0aX4mC9fAhM2bq1",
    "name": "计量简报.txt",
    "collection": "",
    "state": "added",
    "error": "",
    "notices": [],
}
CONVERSATION: dict[str, Any] = {
    "conversation_id": "q1Yw0dJkq0aX4mC9fAhM2b",
    "title": "校准证书",
    "created": "2026-01-05T08:30:00.000+00:00",
    "changed": "2026-01-05T08:31:12.000+00:00",
    "answers": 2,
}


class EarlierTurn(BaseModel):
    """One earlier exchange of the conversation, oldest first."""

    question: Question
    answer: str = Field("", max_length=20_000, examples=["三百二十份。[1]"])
    standalone_question: str = Field("", max_length=QUESTION_LENGTH)


class AskBody(BaseModel):
    """A question, what came before it, and where to search. Everything but the question may be left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": ANSWER["question"]},
                {
                    "question": "比上年多多少？",
                    "turns": [{"question": ANSWER["question"], "answer": ANSWER["answer"]}],
                    "published_from": "2024",
                },
            ]
        }
    )

    question: Question
    turns: list[EarlierTurn] = Field(default_factory=list, max_length=TURNS)
    conversation_id: Id = Field(
        "",
        description="A conversation of POST /api/conversations: its turns count, and the answer is kept in it.",
    )
    documents: Names = Field(default_factory=list, max_length=NAMES)
    collections: Names = Field(default_factory=list, max_length=NAMES)
    speakers: Names = Field(default_factory=list, max_length=NAMES)
    publishers: Names = Field(default_factory=list, max_length=NAMES)
    statuses: Names = Field(default_factory=list, max_length=NAMES)
    published_from: Date = ""
    published_to: Date = ""

    def where(self, readable: frozenset[str] | None = None) -> Where:
        """What to search in, for who may read `readable`."""
        return Where(
            documents=frozenset(self.documents),
            collections=frozenset(self.collections),
            speakers=frozenset(self.speakers),
            publishers=frozenset(self.publishers),
            statuses=frozenset(self.statuses),
            published_from=self.published_from,
            published_to=self.published_to,
            readable=readable,
        )

    def earlier(self) -> list[Turn]:
        """The turns as the chatbot takes them."""
        return [Turn(turn.question, turn.answer, turn.standalone_question) for turn in self.turns]


class FeedbackBody(BaseModel):
    """What a reader says about an answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "answer_id": ANSWER["answer_id"],
                    "verdict": "down",
                    "reason": "wrong",
                    "comment": "年份不对",
                }
            ]
        }
    )

    answer_id: Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH)]
    verdict: Literal["up", "down"]
    reason: str = Field("", max_length=100)
    comment: str = Field("", max_length=4000)


class TitleBody(BaseModel):
    """A conversation's title; empty for that of its first question."""

    title: str = Field("", max_length=TITLE_LENGTH, examples=["校准证书"])


def told(example: object, words: str) -> dict[str, Any]:
    """How a successful answer looks, for the description of the API."""
    return {"description": words, "content": {"application/json": {"example": example}}}


def refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How errors of these statuses look, for the description of the API."""
    words = {
        404: "没有 not there",
        413: "太大 too large",
        422: "请求有误 wrong request",
        429: "自己的问题太多 too many questions of one's own",
        503: "现在用不了 not available now",
    }
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        found[status] = told({"error": words[status]}, words[status])
        if status in (429, 503):
            found[status]["headers"] = {
                "Retry-After": {"description": "秒 seconds", "schema": {"type": "integer", "minimum": 1}}
            }
    return found
