"""A language model that keeps failing is left alone for a while, and tried again."""

import threading

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from index.errors import AnswererError
from rag.answer import Turn
from rag.answerers.breaker import Breaker, is_outage
from rag.answerers.chat_model import ChatModelAnswerer
from rag.build import open_rewriter
from rag.chatbot import Chatbot
from rag.rewrite import ChatModelRewriter
from rag.settings import Settings


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(failures=3, pause=30, clock=clock)


def asked(breaker, outcome):
    """Whether the model could be asked, which then went as `outcome`."""
    try:
        breaker.enter()
    except AnswererError:
        return False
    breaker.leave(outcome)
    return True


def test_three_failures_in_a_row_open_it(breaker, clock):
    assert [asked(breaker, "failed") for _ in range(5)] == [True, True, True, False, False]
    assert not breaker.is_closed and "3" in breaker.notice
    clock.now += 29.9
    assert not asked(breaker, "answered")
    clock.now += 0.1
    assert asked(breaker, "answered") and breaker.is_closed and breaker.notice == ""


def test_an_answer_between_failures_keeps_it_closed(breaker):
    for outcome in ("failed", "failed", "answered", "failed", "failed"):
        assert asked(breaker, outcome)
    assert breaker.is_closed


def test_a_failed_trial_opens_it_for_as_long_again(breaker, clock):
    for _ in range(3):
        asked(breaker, "failed")
    clock.now += 30
    assert asked(breaker, "failed") and not asked(breaker, "answered")
    clock.now += 30
    assert asked(breaker, "answered") and asked(breaker, "answered")


def test_only_one_is_let_in_for_the_trial(breaker, clock):
    for _ in range(3):
        asked(breaker, "failed")
    clock.now += 30
    let_in = []
    barrier = threading.Barrier(8)

    def come():
        barrier.wait()
        try:
            breaker.enter()
        except AnswererError:
            return
        let_in.append(1)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == 1
    breaker.leave("left")  # its reader went away: the next one tries
    assert asked(breaker, "answered") and breaker.is_closed


@pytest.mark.parametrize(
    ("status", "outage"), [(None, True), (400, False), (401, False), (408, True), (429, True), (503, True)]
)
def test_what_the_server_refuses_is_no_outage(status, outage):
    error = RuntimeError("x")
    if status is not None:
        error.status_code = status
    assert is_outage(error) is outage


class Dead(FakeListChatModel):
    asked: int = 0
    responses: list[str] = []

    async def _astream(self, *args, **kwargs):
        self.asked += 1
        raise ConnectionError("refused")
        yield


def test_readers_get_quotations_at_once_while_it_rests(chatbot, breaker, clock):
    question = chatbot.library.documents()[0].title
    model = Dead()
    bot = Chatbot(chatbot.retriever, ChatModelAnswerer(model, breaker=breaker))
    answers = [bot.ask(question) for _ in range(5)]
    assert model.asked == 3
    assert {answer.mode for answer in answers} == {"extractive"}
    assert "refused" in answers[2].notices[0]
    assert "大模型暂不可用" in answers[4].notices[0] and "30 秒后再试" in answers[4].notices[0]
    clock.now += 30
    bot.answerer.model = FakeListChatModel(responses=["资料中没有找到。"])
    assert bot.ask(question).mode == "model" and breaker.is_closed


def test_a_reader_who_leaves_is_no_failure(chatbot, breaker):
    bot = Chatbot(
        chatbot.retriever, ChatModelAnswerer(FakeListChatModel(responses=["很长的回答"]), breaker=breaker)
    )
    for _ in range(4):
        events = bot.stream(chatbot.library.documents()[0].title)
        next(events), next(events)
        events.close()
    assert breaker.is_closed and asked(breaker, "answered")


def test_follow_ups_are_not_sent_to_a_model_that_rests(breaker):
    model = FakeListChatModel(responses=["海岳省检验检测机构的营业收入是多少？"])
    turns = [Turn("海岳省有多少家检验检测机构？", "现有检验检测机构1148家。[1]")]
    rewriter = ChatModelRewriter(model, breaker=breaker)
    assert rewriter.rewrite("营业收入呢？", turns)
    for _ in range(3):
        asked(breaker, "failed")
    assert rewriter.rewrite("营业收入呢？", turns) == ""


def test_rewriting_has_a_limit_of_its_own_and_the_answerers_breaker():
    answerer = ChatModelAnswerer(FakeListChatModel(responses=["x"]))
    rewriter = open_rewriter(Settings(chat_model="openai:x"), answerer)
    assert rewriter.seconds == 3 and rewriter.breaker is answerer.breaker
    shorter = Settings(chat_model="openai:x", rewrite_timeout=20, chat_model_timeout=1.5)
    assert open_rewriter(shorter, answerer).seconds == 1.5
