"""The chat page's events, without a browser."""

import asyncio
from types import SimpleNamespace

from index.errors import AnswererError
from tests.ui.doubles import ScriptedChatbot, ScriptedLibrary, answered, passage
from ui.chat import Conversation, Talk, build_page
from ui.texts import ZH

REQUEST = SimpleNamespace(headers={"accept-language": "zh-CN"})


def drive(stream):
    async def run():
        return [outputs async for outputs in stream]

    return asyncio.run(run())


def test_an_answer_is_shown_in_stages_and_ends_with_its_citation():
    chatbot = ScriptedChatbot({"问": answered("问", passage(), "首句在此。")}, pause=0.1)
    conversation = Conversation()
    outputs = drive(Talk(chatbot).ask(" 问 ", conversation, REQUEST))
    replies = [output[0][1]["content"] for output in outputs if isinstance(output[0], list)]
    assert ZH.searching in replies[0]
    assert any(ZH.writing.format(passages=2) in reply and "growing" in reply for reply in replies)
    assert 'href="#cite-1-1"' in replies[-1]
    assert '<mark id="cite-1-1">首句在此。</mark>' in conversation.panel(ZH)
    assert not conversation.exchanges[0].open


def test_the_turns_before_go_along_with_a_question():
    chatbot = ScriptedChatbot({"甲": answered("甲", passage(), "首句在此。")})
    conversation = Conversation()
    for question in ("甲", "乙"):
        drive(Talk(chatbot).ask(question, conversation, REQUEST))
    assert [turn.answer for turn in chatbot.asked[1][1]] == ["首句在此。[1]"]


def test_retry_replaces_the_last_answer():
    chatbot = ScriptedChatbot()
    conversation = Conversation()
    drive(Talk(chatbot).ask("甲", conversation, REQUEST))
    drive(Talk(chatbot).retry(conversation, REQUEST))
    assert [question for question, _ in chatbot.asked] == ["甲", "甲"]
    assert len(conversation.exchanges) == 1


def test_an_empty_question_and_a_retry_of_nothing_do_nothing():
    chatbot = ScriptedChatbot()
    drive(Talk(chatbot).ask("  ", Conversation(), REQUEST))
    drive(Talk(chatbot).retry(Conversation(), REQUEST))
    assert chatbot.asked == []


def test_half_a_character_does_not_break_a_question():
    chatbot = ScriptedChatbot()
    drive(Talk(chatbot).ask("海\ud800岳", Conversation(), REQUEST))
    assert chatbot.asked[0][0] == "海?岳"


def test_a_fresh_page_over_an_empty_library_says_how_to_add_documents():
    for documents, shown in ((0, "zhida sync"), (2, ZH.welcome_title)):
        library = ScriptedLibrary(documents=documents)
        _, chat, _ = Talk(ScriptedChatbot(library=library)).greet(REQUEST)
        assert shown in chat.placeholder


def test_what_breaks_is_shown_and_the_conversation_goes_on(caplog):
    for error, shown in ((AnswererError("模型断了"), "模型断了"), (RuntimeError("秘密"), ZH.failed_text)):
        conversation = Conversation()
        drive(Talk(ScriptedChatbot(error=error)).ask("甲", conversation, REQUEST))
        assert shown in conversation.exchanges[0].reply
        assert "秘密" not in conversation.exchanges[0].reply
        assert conversation.turns() == []
    assert "秘密" in caplog.text


def test_stop_keeps_what_was_written():
    conversation = Conversation()
    talk = Talk(ScriptedChatbot({"问": answered("问", passage(), "首句在此。")}, pause=0.1))

    async def run():
        stream = talk.ask("问", conversation, REQUEST)
        async for _ in stream:
            if conversation.exchanges[0].written:
                break
        await stream.aclose()

    asyncio.run(run())
    talk.stop(conversation, REQUEST)
    assert ZH.stopped in conversation.exchanges[0].reply
    assert "首句" in conversation.exchanges[0].reply
    assert conversation.turns() == []


def test_the_page_offers_no_public_endpoint_and_sends_no_analytics():
    page = build_page(ScriptedChatbot())
    assert page.analytics_enabled is False
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}
