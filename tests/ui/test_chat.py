"""The chat page's events and functions, without a browser."""

import asyncio
import base64
import io
import threading
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from index.errors import AnswererError
from rag.dialogue import Dialogue
from rag.history import History
from rag.settings import Settings
from tests.ui.doubles import HOSTILE, ScriptedChatbot, ScriptedLibrary, answered, passage
from tests.waiting import PATIENCE, until
from ui.access.subject import ANYBODY_HERE, SCOPE, Subject
from ui.chat import build_page, look
from ui.page.desk import Desk
from ui.page.talk import Talk
from ui.service import Service
from ui.texts import EN, ZH


def request(language="zh-CN", subject=ANYBODY_HERE):
    headers = [(b"accept-language", language.encode())]
    scope = {"type": "http", "headers": headers, "client": ("127.0.0.1", 1), "query_string": b""}
    return Request({**scope, SCOPE: subject})  # as the guard leaves it where nobody signs in


def serve(tmp_path, chatbot, **settings):
    given = Settings(home=tmp_path, **settings)
    return Service(Dialogue(chatbot, History.open(tmp_path), given), given)


def ask(service, question, until=None, **data):
    """The states of an answer; with `until`, broken off after the first for which it holds."""

    async def run():
        wrapped = SimpleNamespace(request=request(), headers=request().headers)
        event = SimpleNamespace(_data={"key": 7, "question": question, **data})
        states = Talk(service).ask(event, wrapped)
        taken = []
        async for state in states:
            taken.append(state)
            if until and until(state):
                break
        await states.aclose()
        return taken

    return asyncio.run(run())


def call(service, name, language="zh-CN", **data):
    function = {function.__name__: function for function in Desk(service).functions()}[name]
    return function(data, request(language))


@pytest.fixture
def answer():
    return answered("问", passage(), "首句在此。")


def ask_step_by_step(tmp_path, question, answer):
    """The states of an answer whose chatbot waits for each to be taken, without those that only say that it goes on."""
    steps = threading.Semaphore(1)
    chatbot = ScriptedChatbot({"问": answer}, hold=lambda: steps.acquire(timeout=PATIENCE))
    states = ask(serve(tmp_path, chatbot), question, until=lambda _: steps.release())
    return [state for state in states if state["state"] != "alive"]


def test_an_answer_comes_in_states_that_end_with_its_citation_and_its_panel(tmp_path, answer):
    states = ask_step_by_step(tmp_path, " 问 ", answer)
    assert {state["key"] for state in states} == {7}
    assert [state["state"] for state in states] == ["writing"] * (len(states) - 1) + ["done"]
    assert states[0]["passages"] == 2
    assert "首句" in states[-2]["text"]
    done = states[-1]
    assert done["status"] == "answered"
    assert f'data-answer="{done["answer"].replace("-", "&#45;").replace("_", "&#95;")}"' in done["html"]
    assert "首句在此。</mark>" in done["panel"]
    assert "前文。" in done["panel"]


def test_only_what_has_changed_is_sent(tmp_path, answer):
    states = ask_step_by_step(tmp_path, "问", answer)
    assert all("html" not in state and "panel" not in state for state in states[:-1])
    assert states[-1]["text"] == ""


def test_the_turns_before_go_along_with_a_question(tmp_path, answer):
    chatbot = ScriptedChatbot({"甲": answer})
    service = serve(tmp_path, chatbot)
    conversation = ask(service, "甲")[-1]["conversation"]
    ask(service, "乙", conversation=conversation)
    assert [turn.answer for turn in chatbot.asked[1][1]] == ["首句在此。[1]"]


def test_a_retry_takes_the_place_of_the_answer(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    first = ask(service, "甲")[-1]
    second = ask(service, "甲", conversation=first["conversation"], replaces=first["answer"])[-1]
    opened = call(service, "open", conversation=first["conversation"])
    assert [exchange["answer"] for exchange in opened["exchanges"]] == [second["answer"]]


def test_an_empty_question_is_not_asked(tmp_path):
    chatbot = ScriptedChatbot()
    service = serve(tmp_path, chatbot)
    for question in ("  ", "", 5, None, ["甲"]):
        assert ask(service, question) == []
    assert chatbot.asked == []


def test_half_a_character_does_not_break_a_question(tmp_path):
    chatbot = ScriptedChatbot()
    ask(serve(tmp_path, chatbot), "海\ud800岳")
    assert chatbot.asked[0][0] == "海?岳"


def test_what_breaks_is_shown_and_nothing_of_a_defect_is_told(tmp_path, caplog):
    for error, shown in ((AnswererError("模型断了"), "模型断了"), (RuntimeError("秘密"), ZH.failed_text)):
        last = ask(serve(tmp_path, ScriptedChatbot(error=error)), "甲")[-1]
        assert last["state"] == "failed"
        assert shown in last["html"]
        assert "秘密" not in last["html"]
    assert "秘密" in caplog.text


def test_who_asks_too_much_is_told_so_and_when_to_come_back(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    service.admission.draining = True
    last = ask(service, "甲")[-1]
    assert last["state"] == "failed"
    assert ZH.busy_title in last["html"]


def test_a_stopped_answer_is_kept_as_far_as_it_came_and_its_place_is_free(tmp_path):
    answer = answered("问", passage(), passage().text)
    steps = threading.Semaphore(2)
    chatbot = ScriptedChatbot({"问": answer}, hold=lambda: steps.acquire(timeout=PATIENCE))
    service = serve(tmp_path, chatbot)
    states = ask(service, "问", until=lambda state: bool(state.get("text")))
    assert service.admission.running == 0
    steps.release(100)
    conversation = states[0]["conversation"]
    until(lambda: service.dialogue.history.entries(conversation, ""))
    assert service.dialogue.history.entries(conversation, "")[0].status == "stopped"
    opened = call(service, "open", conversation=states[0]["conversation"])
    assert ZH.stopped in opened["exchanges"][0]["html"]
    assert "首句" in opened["exchanges"][0]["html"]


def test_a_fresh_page_over_an_empty_library_says_how_to_add_documents(tmp_path):
    for held, shown in ((0, "zhida"), (2, ZH.welcome_title)):
        service = serve(tmp_path, ScriptedChatbot(library=ScriptedLibrary(held=held)))
        assert shown in call(service, "hello")["html"]


def test_the_page_says_who_is_signed_in_and_offers_what_he_may_do(tmp_path):
    reader = Subject("林<b>", frozenset(), "reader", "password", reads=frozenset({""}))
    for auth, subject, named, leaves in (
        ("none", ANYBODY_HERE, False, False),
        ("password", reader, True, True),
        ("header", replace(reader, via="header"), True, False),  # the proxy's to end
    ):
        service = serve(tmp_path, ScriptedChatbot(), auth=auth, trusted_proxies="127.0.0.1")
        hello = {function.__name__: function for function in Desk(service).functions()}["hello"]
        html = hello({}, request(subject=subject))["html"]
        assert ('class="zd-who"' in html, 'href="logout"' in html) == (named, leaves)
        assert "<b>" not in html.replace(ZH.welcome_title, "")
        assert 'id="zd-file"' in html


def test_what_a_role_may_not_do_is_not_offered(tmp_path, monkeypatch):
    service = serve(tmp_path, ScriptedChatbot(library=ScriptedLibrary(held=0)), auth="password")
    hello = {function.__name__: function for function in Desk(service).functions()}["hello"]
    shown = {}
    for role in ("reader", "editor"):
        subject = Subject("林", frozenset(), role, "password", reads=frozenset({""}))
        shown[role] = hello({}, request(subject=subject))["html"]
    assert ZH.empty_for_readers in shown["reader"] and "zhida sync" not in shown["reader"]
    assert "zhida sync" in shown["editor"]
    monkeypatch.setattr("ui.page.desk.may", lambda subject, action: False)
    assert "zd-file" not in hello({}, request(subject=subject))["html"].replace("zd-files", "")


def test_the_page_speaks_the_language_that_is_asked_for(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    for browser, wished, texts in (
        ("zh", "", ZH),
        ("zh-CN,zh;q=0.9", "", ZH),
        ("en-US", "", EN),
        ("en-US", "zh-CN", ZH),
        ("zh-CN", "en", EN),
    ):
        start = call(service, "hello", language=browser, lang=wished)
        assert start["lang"] == texts.lang
        assert texts.placeholder in start["html"]
        assert start["texts"] == dict(texts.script)


def test_nobodys_conversation_is_told_apart_from_none(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    other = service.dialogue.history.start("somebody").id
    for name in ("open", "rename", "delete", "export"):
        for id in (other, "none", ""):
            assert set(call(service, name, conversation=id, title="新")) == {"error"}
    for name in ("feedback", "draft", "suggest"):
        assert set(call(service, name, answer="none", verdict="up")) == {"error"}


def test_conversations_are_found_renamed_and_deleted(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    conversation = ask(service, "校准多久一次")[-1]["conversation"]
    call(service, "rename", conversation=conversation, title=HOSTILE)
    listed = call(service, "conversations", find="校准")["html"]
    assert conversation in listed.replace("&#45;", "-").replace("&#95;", "_")
    assert "<script" not in listed
    assert ZH.none_found in call(service, "conversations", find="没有这种")["html"]
    call(service, "delete", conversation=conversation)
    assert ZH.no_conversations in call(service, "conversations")["html"]


def test_feedback_is_kept_with_the_answer(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    answer = ask(service, "甲")[-1]["answer"]
    assert call(service, "feedback", answer=answer, verdict="down", reason="不完整", comment="少一半") == {}
    said = service.dialogue.history.feedback_of(answer, "")
    assert (said.verdict, said.reason, said.comment) == ("down", "不完整", "少一半")
    assert "error" in call(service, "feedback", answer=answer, verdict="sideways")


def test_a_refused_question_becomes_a_draft_once(tmp_path):
    from eval.gold import read_gold

    service = serve(tmp_path, ScriptedChatbot())
    answer = ask(service, "食堂几点开门？")[-1]["answer"]
    for _ in range(2):
        assert call(service, "draft", answer=answer) == {}
    drafts = read_gold(service.library.home / "drafts.jsonl").items
    assert [(item.question, item.status) for item in drafts] == [("食堂几点开门？", "draft")]


def test_a_conversation_is_taken_away_as_markdown_and_word(tmp_path, answer):
    service = serve(tmp_path, ScriptedChatbot({"问": answer}))
    conversation = ask(service, "问")[-1]["conversation"]
    markdown = call(service, "export", conversation=conversation, format="md")
    text = base64.b64decode(markdown["content"]).decode()
    assert markdown["name"] == "问.md"
    assert text.startswith("# 问\n")
    assert "> 首句在此。" in text
    word = call(service, "export", conversation=conversation, format="docx")
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(word["content"]))) as archive:
        assert "首句在此。" in archive.read("word/document.xml").decode()


def test_what_is_no_object_is_taken_for_an_empty_one(tmp_path):
    service = serve(tmp_path, ScriptedChatbot())
    for function in Desk(service).functions():
        for data in (None, [], "x", 5, {"conversation": 5, "answer": [], "title": {}}):
            assert isinstance(function(data, request()), dict)


def test_the_page_offers_no_public_endpoint_and_sends_no_analytics(tmp_path):
    page = build_page(serve(tmp_path, ScriptedChatbot()))
    assert page.analytics_enabled is False
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}


def test_the_head_names_no_other_host(tmp_path):
    head = look()["head"].replace("http://www.w3.org/2000/svg", "")
    assert "://" not in head.replace("https?:\\/\\/", "")
