"""A chatbot with a memory over a small library: what is recorded, what a record is good for later, and replaying it."""

import json
import zlib
from dataclasses import replace

import pytest

from index.errors import AnswererError, NotThere
from index.library import Library
from index.passage import Where
from rag.answer import Answer, Citation, Done, Retrieved, Text, Turn
from rag.answerers.extractive import ExtractiveAnswerer
from rag.chatbot import Chatbot
from rag.dialogue import Dialogue, circumstances, prompt_hash
from rag.history import History
from rag.receipts import Receipt, citation_states
from rag.replay import compare, replay
from rag.retrieve import Retriever
from rag.settings import Settings

QUESTION = "校准证书由谁保存几年？"


@pytest.fixture
def library(tmp_path, folder, embedder):
    library = Library.open(tmp_path / "home", embedder, create=True)
    library.sync([folder])
    return library


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


@pytest.fixture
def dialogue(library, settings):
    chatbot = Chatbot(Retriever(library), ExtractiveAnswerer())
    return Dialogue(chatbot, History.open(settings.home), settings)


def recorded(dialogue, question=QUESTION, **options):
    done = dialogue.ask(question, **options)
    return done, dialogue.history.receipt(done.answer_id, options.get("owner", ""))


def test_what_is_streamed_is_what_the_chatbot_streams(dialogue):
    conversation = dialogue.history.start("甲")
    events = list(dialogue.stream(QUESTION, conversation.id, owner="甲"))
    plain = list(dialogue.chatbot.stream(QUESTION))
    assert [type(event) for event in events] == [type(event) for event in plain]
    assert [e for e in events if isinstance(e, Text)] == [e for e in plain if isinstance(e, Text)]
    assert replace(events[-1].answer, timings_ms={}) == replace(plain[-1].answer, timings_ms={})
    ids = {(e.answer_id, e.conversation) for e in events if isinstance(e, Retrieved | Done)}
    assert len(ids) == 1 and ids.pop()[1] == conversation.id


def test_a_record_holds_everything(dialogue, library):
    where = Where(documents=frozenset(["计量/校准.txt", "质量.txt"]), readable=frozenset(["", "~x"]))
    turns = [Turn("甲？", "乙。", "甲怎样？")]
    done, receipt = recorded(dialogue, where=where, turns=turns, owner="甲")
    assert receipt.answer == json.loads(json.dumps(done.answer.as_dict()))
    assert receipt.to_answer() == replace(
        done.answer, timings_ms=receipt.answer["timings_ms"], confidence=receipt.answer["confidence"]
    )
    assert (receipt.to_turns(), receipt.to_where()) == (turns, where)
    assert receipt.generation == library.generation > 0
    assert receipt.settings["candidates"] == 50 and receipt.settings["embedder"] == "hashing"
    assert receipt.model == "extractive" and receipt.prompt_hash == "" and receipt.program
    assert {"lexical", "dense", "fused"} <= set(receipt.passages[0]["stages"])
    assert receipt.cited[0]["text"] == done.answer.citations[0].passage.text
    assert Receipt.unpacked(receipt.packed()) == receipt


def test_a_record_has_no_secret(library, settings):
    settings = replace(
        settings,
        chat_model="openai:qwen",
        chat_model_url="http://user:SECRET@host/v1?key=SECRET",
        chat_model_key="SECRET",
    )
    dialogue = Dialogue(
        Chatbot(Retriever(library), ExtractiveAnswerer()), History.open(settings.home), settings
    )
    _, receipt = recorded(dialogue)
    assert "SECRET" not in json.dumps(receipt.as_dict())
    assert receipt.settings["chat_model_url"] == "http://host/v1" and receipt.model == "openai:qwen"


def test_the_hash_of_the_prompt_follows_the_prompt(tmp_path):
    file = tmp_path / "prompt.txt"
    file.write_text("只答一句。", encoding="utf-8")
    ours = prompt_hash(Settings(chat_model="openai:x"))
    assert ours and prompt_hash(Settings(chat_model="openai:x", prompt_file=str(file))) not in ("", ours)


def test_turns_come_from_the_conversation(dialogue):
    conversation = dialogue.history.start("")
    dialogue.ask("供应商多久评价一次？", conversation.id)
    second = dialogue.ask("分为几级？", conversation.id)
    assert "供应商" in second.answer.standalone_question
    assert [turn.question for turn in dialogue.history.turns(conversation.id, "")] == [
        "供应商多久评价一次？",
        "分为几级？",
    ]
    again = dialogue.ask("分为哪几级？", conversation.id, replaces=second.answer_id)
    assert [e.answer_id for e in dialogue.history.entries(conversation.id, "")][1:] == [again.answer_id]


def test_a_conversation_of_somebody_else_is_not_there(dialogue):
    conversation = dialogue.history.start("甲")
    for options in ({}, {"turns": []}):
        with pytest.raises(NotThere):
            next(dialogue.stream(QUESTION, conversation.id, owner="乙", **options))
    assert dialogue.history.entries(conversation.id, "甲") == []


@pytest.mark.parametrize("events", [1, 2])
def test_an_answer_that_is_broken_off_is_recorded_as_stopped(dialogue, events):
    conversation = dialogue.history.start("")
    stream = dialogue.stream(QUESTION, conversation.id)
    seen = [next(stream) for _ in range(events)]
    stream.close()
    (entry,) = dialogue.history.entries(conversation.id, "")
    assert entry.status == "stopped" and entry.answer_id == seen[0].answer_id
    assert entry.answer["answer"] == "".join(event.delta for event in seen[1:])
    assert entry.receipt.passages and dialogue.history.turns(conversation.id, "") == []


def test_an_answer_that_has_come_whole_is_not_stopped_any_more(dialogue):
    stream = dialogue.stream(QUESTION)
    done = [event for event, _ in zip(stream, range(50), strict=False)][-1]
    stream.close()
    assert dialogue.history.receipt(done.answer_id, "").status == "answered"


def test_an_answer_that_fails_is_recorded_as_an_error(dialogue, monkeypatch):
    def broken(*_, **__):
        yield Retrieved("问？", ())
        raise AnswererError("坏了")

    monkeypatch.setattr(dialogue.chatbot, "stream", broken)
    conversation = dialogue.history.start("")
    with pytest.raises(AnswererError):
        list(dialogue.stream("问？", conversation.id))
    assert [e.status for e in dialogue.history.entries(conversation.id, "")] == ["error"]


def test_answering_goes_on_without_a_history_and_says_so(library, settings, tmp_path):
    dialogue = Dialogue(
        Chatbot(Retriever(library), ExtractiveAnswerer()), History.open(tmp_path / "none"), settings
    )
    conversation = dialogue.history.start("")
    done = dialogue.ask(QUESTION, conversation.id)
    assert done.answer.status == "answered" and "内存" in done.answer.notices[-1]
    assert "内存" not in str(dialogue.history.entries(conversation.id, "")[0].answer["notices"])
    assert dialogue.ask("那报废呢？", conversation.id).answer.status


# What a record is good for when documents change


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")


def test_an_old_citation_never_moves_and_says_what_became_of_its_document(dialogue, library, folder):
    conversation = dialogue.history.start("")
    dialogue.ask(QUESTION, conversation.id)
    (entry,) = dialogue.history.entries(conversation.id, "")
    shown = entry.to_answer().citations[0]
    assert citation_states(entry.receipt, library) == {1: "same"}

    def after(change):
        change()
        library.sync([folder])
        now = dialogue.history.entries(conversation.id, "")[0]
        assert now.to_answer().citations[0] == shown
        return citation_states(now.receipt, library)[1]

    name = "计量/校准.txt"
    assert (
        after(
            lambda: write(
                folder, name, "新的前言。" * 80 + "计量器具应当按周期送检校准。校准证书由计量室保存三年。"
            )
        )
        == "same"
    )
    assert after(lambda: write(folder, name, "校准证书由计量室保存五年。")) == "changed"
    assert after(lambda: (folder / name).unlink()) == "gone"


def test_nothing_is_read_for_citations_that_have_not_moved(dialogue, library, monkeypatch):
    _, receipt = recorded(dialogue)
    monkeypatch.setattr(library, "document", lambda *_: pytest.fail("read a document"))
    assert set(citation_states(receipt, library).values()) == {"same"}


def test_replaying_an_unchanged_library_shows_no_difference(dialogue, settings):
    _, receipt = recorded(dialogue)
    difference = replay(receipt, dialogue.chatbot, settings)
    assert difference.same and not (difference.answer or difference.passages or difference.circumstances)
    assert json.loads(json.dumps(difference.as_dict()))["same"] is True


def test_replaying_shows_what_a_changed_document_changes(dialogue, settings, library, folder):
    _, receipt = recorded(dialogue)
    write(folder, "计量/校准.txt", "计量器具应当按周期送检校准。校准证书由计量室保存五年。")
    library.sync([folder])
    difference = replay(receipt, dialogue.chatbot, replace(settings, candidates=40))
    assert not difference.same and "三年" in difference.before and "五年" in difference.now
    assert [one.quote for one in difference.cited_anew] == ["校准证书由计量室保存五年。"]
    assert [one.quote for one in difference.cited_no_more] == ["校准证书由计量室保存三年。"]
    assert set(difference.circumstances) == {"generation", "settings.candidates"}
    assert (difference.circumstances["settings.candidates"].before, difference.citations[1]) == (
        50,
        "changed",
    )
    assert any(place.now is None for place in difference.passages)


def test_replaying_repeats_turns_and_filter(dialogue, settings):
    conversation = dialogue.history.start("")
    dialogue.ask("供应商多久评价一次？", conversation.id)
    nowhere = Where(documents=frozenset(["没有.txt"]))
    first = dialogue.ask("分为几级？", conversation.id)
    second = dialogue.ask("分为几级？", conversation.id, nowhere)
    for done in (first, second):
        receipt = dialogue.history.receipt(done.answer_id, "")
        assert replay(receipt, dialogue.chatbot, settings).same
    assert (first.answer.status, second.answer.status) == ("answered", "refused")


def test_another_order_of_passages_is_told_and_is_no_difference(dialogue, settings):
    done, receipt = recorded(dialogue)
    today = circumstances(settings, dialogue.chatbot.library)
    other = replace(done.answer, hits=done.answer.hits[::-1])
    difference = compare(receipt, other, today)
    assert difference.same and {(p.before, p.now) for p in difference.passages} >= {(1, len(other.hits))}
    worded = replace(done.answer, text="别的。")
    assert not compare(receipt, worded, today).same
    cited = replace(done.answer, citations=())
    assert not compare(receipt, cited, today).same and isinstance(done.answer.citations[0], Citation)
    assert not compare(replace(receipt, status="stopped"), done.answer, today).same


def test_uploads_go_with_their_conversation(dialogue, library, tmp_path):
    upload = tmp_path / "上传"
    upload.mkdir()
    write(upload, "私.txt", "私人的资料在此。")
    gone, kept = dialogue.history.start("甲"), dialogue.history.start("乙")
    for conversation in (gone, kept):
        library.sync([upload], collection="~" + conversation.id)
    dialogue.delete(gone.id, "甲")
    assert {info.collection for info in library.documents()} == {"", "~" + kept.id}
    dialogue.forget("乙")
    assert {info.collection for info in library.documents()} == {""}


def test_history_days_rules_what_expires(dialogue):
    conversation = dialogue.history.start("")
    assert dialogue.expire() == []
    dialogue.settings = replace(dialogue.settings, history_days=1)
    with dialogue.history._store._disk.begin() as connection:
        connection.exec_driver_sql("UPDATE conversations SET changed = '2020'")
    assert dialogue.expire() == [conversation.id]


def test_a_record_of_another_version_can_still_be_read():
    old = Receipt("a", "", "", "2026", "answered", Answer("问", "问", "answered", "答").as_dict()).as_dict()
    newer = {**old, "added_later": 1}
    del old["program"]
    for record in (old, newer):
        packed = zlib.compress(json.dumps(record).encode())
        assert Receipt.unpacked(packed).question == "问"
    with pytest.raises(ValueError, match="damaged"):
        Receipt.unpacked(packed[:-4] + b"\0\0\0\0")
