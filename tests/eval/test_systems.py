"""The systems under evaluation: Zhida as it is served, endpoints over real sockets, files of answers."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from eval.record import Record
from eval.systems.answers_file import AnswersError, AnswersFile
from eval.systems.completion import read_completion
from eval.systems.openai_compatible import Endpoint, OpenAiCompatible
from eval.systems.zhida import ZhidaSystem
from index.errors import SettingsError
from rag.answer import Turn
from rag.answerers.chat_model import ChatModelAnswerer
from rag.build import open_chatbot
from rag.chatbot import Chatbot
from rag.receipts import without_secrets
from rag.retrieve import Retriever
from rag.settings import Settings
from tests.eval.scripted_server import Reply, completion, serving
from tests.waiting import PATIENCE

QUESTION = "海岳省有多少家检验检测机构？"


# Zhida


@pytest.fixture(scope="module")
def zhida(sample_library):
    return ZhidaSystem(open_chatbot(Settings(), sample_library), Settings(chat_model_key="secret"))


def test_what_is_recorded_is_what_is_served(zhida):
    served = zhida.chatbot.ask(QUESTION)
    record = zhida.ask(QUESTION, ())
    assert (record.status, record.answer) == (served.status, served.text)
    assert record.citations == tuple(citation.as_dict() for citation in served.citations)
    assert record.confidence == served.confidence and record.mode == "extractive" and record.tokens == {}
    assert record.sent == len(served.hits) == 8
    assert [found.passage_id for found in record.retrieved[:8]] == [hit.passage.id for hit in served.hits]
    assert set(record.retrieved[0].stages) == {"lexical", "dense", "fused", "rerank"}


@pytest.mark.parametrize("question", [QUESTION, "谁提出了质量强省？", "电饭煲的抽查结果", "quality"])
def test_the_first_of_the_deeper_list_are_those_that_are_served(zhida, question):
    record = zhida.ask(question, ())
    deeper = zhida.chatbot.retriever.search(record.standalone_question, zhida.depth)
    assert [found.passage_id for found in record.retrieved] == [hit.passage.id for hit in deeper]
    assert len(record.retrieved) == zhida.depth == 20
    scores = [found.score for found in record.retrieved]
    assert scores == sorted(scores, reverse=True)


def test_the_list_is_never_deeper_than_the_candidates(sample_library):
    chatbot = Chatbot(
        Retriever(sample_library, candidates=12), open_chatbot(Settings(), sample_library).answerer
    )
    assert ZhidaSystem(chatbot, Settings()).depth == 12


def test_times_are_in_order(zhida):
    timings = zhida.ask(QUESTION, ()).timings_ms
    assert 0 < timings["retrieve"] <= timings["first"] <= timings["total"] + 50
    assert (
        abs(sum(timings[stage] for stage in ("retrieve", "evidence", "answer", "cite")) - timings["total"])
        < 0.01
    )


def test_a_follow_up_is_asked_with_its_turns(zhida):
    first = zhida.ask(QUESTION, ())
    record = zhida.ask("营业收入呢？", [Turn(first.question, first.answer, first.standalone_question)])
    assert "检验检测机构" in record.standalone_question and "87.4亿元" in record.answer


def test_a_chat_models_tokens_are_counted(sample_library):
    message = AIMessage(
        "共有1543家[1]。",
        usage_metadata={"input_tokens": 900, "output_tokens": 12, "total_tokens": 912},
        response_metadata={"model_name": "scripted"},
    )

    class Scripted(GenericFakeChatModel):
        def _stream(self, *_, **__):
            raise NotImplementedError  # whole answers keep their usage

    model = Scripted(messages=iter([message]))
    chatbot = Chatbot(Retriever(sample_library), ChatModelAnswerer(model))
    chatbot.answerer.model = _Whole(model)
    record = ZhidaSystem(chatbot, Settings()).ask(QUESTION, ())
    assert record.tokens == {"input": 900, "output": 12}


class _Whole:
    """A chat model that streams its answer as one piece."""

    def __init__(self, model):
        self._model = model

    async def astream(self, messages):
        yield await self._model.ainvoke(messages)


def test_the_description_has_no_secret_and_tells_the_content(zhida):
    described = zhida.describe()
    text = json.dumps(described, ensure_ascii=False)
    assert '"secret"' not in text and described["system"] == "zhida"
    assert described["settings"]["passages"] == 8 and described["settings"]["embedder"]
    assert described["generation"] == zhida.library.generation
    assert len(described["library"]["content"]) == 64 and len(described["versions"]["code"]) == 12
    assert json.dumps(zhida.describe(), ensure_ascii=False) == text


def test_secrets_in_an_address_are_left_out():
    assert without_secrets("https://me:pw@host:81/v1?api-key=abc#x") == "https://host:81/v1"
    assert without_secrets("") == ""


# Endpoints


def ask(server, question="多少家？", turns=(), **options):
    system = OpenAiCompatible(Endpoint(server.url, "m", **options), wait=0.01)
    try:
        return system.ask(question, turns)
    finally:
        system.close()


def test_an_endpoint_is_asked_with_the_whole_conversation():
    with serving(Reply(completion("42家。"))) as server:
        record = ask(
            server,
            "营收呢？",
            [Turn("多少家？", "42家。"), Turn("断了的？")],
            key="k",
            system_prompt="只答一句。",
        )
    path, headers, body = server.asked[0]
    assert path == "/v1/chat/completions" and headers["Authorization"] == "Bearer k"
    assert body == {
        "model": "m",
        "temperature": 0.0,
        "stream": False,
        "messages": [
            {"role": "system", "content": "只答一句。"},
            {"role": "user", "content": "多少家？"},
            {"role": "assistant", "content": "42家。"},
            {"role": "user", "content": "断了的？"},
            {"role": "user", "content": "营收呢？"},
        ],
    }
    assert (record.status, record.answer, record.tokens) == ("answered", "42家。", {"input": 11, "output": 7})
    assert record.timings_ms["total"] > 0 and record.citations == ()


def test_without_a_key_none_is_sent_and_more_can_be_added_to_the_request():
    with serving(Reply(completion("42家。"))) as server:
        ask(server, extra={"temperature": 0.5, "extra_body": {"reference": True}, "stream": True})
    _, headers, body = server.asked[0]
    assert "Authorization" not in headers
    assert (
        body["temperature"] == 0.5 and body["extra_body"] == {"reference": True} and body["stream"] is False
    )


def test_a_whole_address_is_taken_as_it_is():
    assert Endpoint("http://h/v1/", "m").address == "http://h/v1/chat/completions"
    assert Endpoint("http://h/x/chat/completions", "m").address == "http://h/x/chat/completions"
    assert Endpoint("http://h/v1?version=2", "m").address == "http://h/v1/chat/completions?version=2"


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000/v1", "ftp://h/v1", "http://"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(SettingsError):
        OpenAiCompatible(Endpoint(url, "m"))


def test_what_may_pass_is_tried_again():
    with serving(Reply({}, 503), Reply(b"", hang_up=True), Reply(completion("好。"))) as server:
        assert ask(server).answer == "好。"
    assert len(server.asked) == 3


def test_after_the_last_try_the_reason_is_told():
    with serving(Reply({"error": {"message": "overloaded"}}, 503)) as server:
        record = ask(server, retries=1)
    assert len(server.asked) == 2
    assert record.status == "error" and "503" in record.error and "overloaded" in record.error


def test_a_server_that_asks_to_wait_is_waited_for_or_left_alone():
    with serving(Reply({}, 429, {"Retry-After": "1"}), Reply(completion("好。"))) as server:
        started = time.monotonic()
        assert ask(server).answer == "好。" and time.monotonic() - started >= 1
    with serving(Reply({}, 429, {"Retry-After": "3600"})) as server:
        assert "429" in ask(server).error
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply({"error": "no such model"}, 404), "HTTP 404"),
        (Reply(b"<html>"), "not JSON"),
        (Reply(b"[1]"), "not an object"),
        (Reply({"choices": []}), "no choices"),
        (Reply({"code": 102, "message": "The chat is not yours."}), "not yours"),
        (Reply(completion(None)), "empty answer"),
        (Reply({}, 301, {"Location": "http://127.0.0.1:9/"}), "HTTP 301"),
    ],
)
def test_what_is_no_answer_is_an_error_that_is_asked_once(reply, reason):
    with serving(reply) as server:
        record = ask(server)
    assert record.status == "error" and reason in record.error and record.answer == ""
    assert len(server.asked) == 1


def test_a_slow_answer_is_an_error_and_not_asked_again():
    with serving(Reply(completion("晚了。"), delay=PATIENCE)) as server:
        record = ask(server, timeout=0.2)
        assert record.status == "error" and "timed out" in record.error
        assert 150 < record.timings_ms["total"] < PATIENCE * 1000 / 2
        assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_an_error():
    with serving(Reply({})) as server:
        pass
    record = ask(server, retries=1)
    assert record.status == "error" and "ConnectError" in record.error


def test_a_key_that_comes_back_is_not_kept():
    with serving(Reply({"error": "bad key sk-123"}, 401)) as server:
        record = ask(server, key="sk-123")
        system = OpenAiCompatible(Endpoint("http://u:pw@127.0.0.1:1/v1?k=sk-123", "m", key="sk-123"))
    assert "sk-123" not in record.error and "***" in record.error
    assert "sk-123" not in json.dumps(system.describe()) and "pw" not in json.dumps(system.describe())
    assert "sk-123" not in repr(system.endpoint)


def test_a_refusal_is_known_by_its_words_or_its_field():
    with serving(
        Reply(completion("资料中没有找到相关信息。")), Reply(completion(None, refusal="I can't."))
    ) as server:
        assert ask(server).status == "refused"
        assert ask(server).status == "refused"


# What a completion says

CHUNK = {"content": "全市检测机构42家。", "document_name": "报告.txt", "similarity": 0.9}
CITED = {
    "number": 1,
    "document": "报告.txt",
    "title": "",
    "url": "",
    "quote": "全市检测机构42家。",
    "passage": "全市检测机构42家。",
}


@pytest.mark.parametrize(
    ("text", "message", "whole"),
    [
        ("42家【1】。", {"citations": [{"content": CHUNK["content"], "document": "报告.txt"}]}, {}),
        (
            "42家[doc1]。",
            {"context": {"citations": [{"content": CHUNK["content"], "filepath": "a\\报告.txt"}]}},
            {},
        ),
        ("42家 [ID:0]。", {"reference": {"chunks": {"0": CHUNK}}}, {}),
        ("42家[ID:20]。", {"reference": {"chunks": {"20": CHUNK}}}, {}),
        ("42家[ID:0]。", {"reference": [CHUNK]}, {}),
        ("42家[1]。", {}, {"citations": [{"text": CHUNK["content"], "source": "/docs/报告.txt"}]}),
        ("42家[^1]。", {}, {"documents": [{"text": CHUNK["content"], "metadata": {"source": "报告.txt"}}]}),
        (
            "42家[1]。",
            {"sources": [{"source": {"name": "报告.txt"}, "document": [CHUNK["content"]], "metadata": [{}]}]},
            {},
        ),
    ],
)
def test_sources_are_found_where_systems_put_them(text, message, whole):
    found = read_completion({**completion(text, **message), **whole})
    assert found.text.replace(" ", "") == "42家[1]。"
    assert found.citations() == (CITED,)
    assert [(one.document, one.text) for one in found.retrieved()] == [("报告.txt", CHUNK["content"])]


def test_only_what_is_marked_is_cited():
    sources = [
        {"text": "甲", "document": "a"},
        {"text": "乙", "document": "b"},
        {"text": "丙", "document": "c"},
    ]
    found = read_completion(completion("先[3]，后[1，3]。见[9]。", citations=sources))
    assert found.text == "先[3]，后[1][3]。见[9]。"
    assert [one["document"] for one in found.citations()] == ["a", "c"] and len(found.retrieved()) == 3
    assert read_completion(completion("没有标号。", citations=sources)).citations() == ()


def test_addresses_are_sources_too():
    found = read_completion({**completion("见[1]。"), "citations": ["https://h/docs/a.pdf?x=1"]})
    assert found.citations()[0]["document"] == "a.pdf"
    assert found.citations()[0]["url"] == "https://h/docs/a.pdf?x=1"


def test_annotations_become_marks_where_they_end():
    text = "甲有3项。乙有5项。"
    one = {"type": "url_citation", "url_citation": {"url": "http://h/a.txt", "title": "a", "end_index": 4}}
    two = {"type": "file_citation", "file_citation": {"filename": "b.txt", "quote": "乙有5项"}}
    found = read_completion(completion(text, annotations=[one, two, one, {"type": "other"}]))
    assert found.text == "甲有3项[1][1]。乙有5项。[2]"
    assert [(c["number"], c["document"], c["quote"]) for c in found.citations()] == [
        (1, "a", ""),
        (2, "b.txt", "乙有5项"),
    ]


def test_thoughts_are_not_the_answer_and_parts_are_joined():
    assert read_completion(completion("<think>是41？不，42。</think>\n\n42家。")).text == "42家。"
    parts = completion(None)
    parts["choices"][0]["message"]["content"] = [
        {"type": "text", "text": "42"},
        {"type": "text", "text": "家。"},
    ]
    assert read_completion(parts).text == "42家。"


def test_links_are_not_marks():
    assert read_completion(completion("见[1](http://h)。")).text == "见[1](http://h)。"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "citations",
                    "context",
                    "reference",
                    "chunks",
                    "0",
                    "7",
                    "annotations",
                    "content",
                    "type",
                    "number",
                ]
            )
            | st.sampled_from(
                ["url_citation", "end_index", "source", "document", "metadata", "score", "usage"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, json_values)
def test_no_completion_breaks_the_reader(message, body):
    given_message = message if isinstance(message, dict) else {"content": message}
    whole = {**(body if isinstance(body, dict) else {}), "choices": [{"message": given_message}]}
    found = read_completion(whole)
    assert all(citation["number"] in found.cited for citation in found.citations())


# Files of answers


def answers_file(tmp_path, *lines):
    file = tmp_path / "answers.jsonl"
    file.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
    )
    return AnswersFile(file)


def test_an_answer_needs_no_more_than_an_id(tmp_path):
    records = answers_file(
        tmp_path,
        {"id": "a", "answer": "42家[1]。"},
        "",
        {"id": 7, "answer": "资料中没有提到。"},
        {"id": "c", "answer": " "},
        {"id": "d", "answer": None, "status": "refused"},
    ).records
    assert {id: record.status for id, record in records.items()} == {
        "a": "answered",
        "7": "refused",
        "c": "error",
        "d": "refused",
    }


def test_what_ask_batch_writes_is_read_whole(tmp_path, zhida):
    answer = zhida.chatbot.ask(QUESTION)
    record = answers_file(tmp_path, {"id": "a", **answer.as_dict()}).records["a"]
    assert record == Record(
        "a",
        QUESTION,
        "answered",
        answer.text,
        standalone_question=QUESTION,
        citations=tuple(citation.as_dict() for citation in answer.citations),
        mode="extractive",
        timings_ms=record.timings_ms,
        confidence=record.confidence,
    )
    assert record.confidence == round(answer.confidence, 3) and record.timings_ms["total"] > 0


def test_an_error_says_why(tmp_path):
    records = answers_file(
        tmp_path,
        {"id": "a", "answer": "", "status": "error", "notices": ["太长 too long"]},
        {"id": "b", "answer": ""},
    ).records
    assert records["a"].error == "太长 too long" and records["b"].error


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "[]",
        '{"id": "b"',
        '{"answer": "甲"}',
        '{"id": true, "answer": "甲"}',
        '{"id": "b", "answer": 3}',
        '{"id": "b", "answer": "甲", "status": "ok"}',
        '{"id": "b", "answer": "甲", "citations": "x"}',
        '{"id": "b", "answer": "甲", "citations": ["x"]}',
        '{"id": "b", "answer": "甲", "retrieved": [{"surprise": 1}]}',
        '{"id": "a", "answer": "乙"}',
    ],
)
def test_a_bad_line_is_named(tmp_path, line):
    with pytest.raises(AnswersError, match="第 2 行"):
        answers_file(tmp_path, {"id": "a", "answer": "甲"}, line)


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(AnswersError):
        AnswersFile(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AnswersError, match="UTF-8"):
        AnswersFile(tmp_path / "binary")
