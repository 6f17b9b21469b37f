"""The whole way of a question, over the sample corpus, with nothing replaced."""

import json
from pathlib import Path

import pytest

from eval.gold import read_gold
from eval.run import run_gold, score_run
from eval.systems.zhida import ZhidaSystem
from index.embed import open_embedder
from index.library import Library
from index.passage import Hit, Passage, Speaker
from index.readers import read
from rag.answer import Done, Retrieved, Text, Turn
from rag.answerers.extractive import CLAUSE, ExtractiveAnswerer
from rag.chatbot import Chatbot, enough_to_read
from rag.cite import MARK, check
from rag.evidence import Evidence
from rag.question import understand
from rag.retrieve import Retriever
from rag.settings import Settings
from tests.waiting import costs_less

GOLD = Path(__file__).parents[2] / "eval" / "sets" / "sample" / "gold.jsonl"


def test_events_come_in_order_and_end_with_the_answer(chatbot):
    events = list(chatbot.stream("海岳省有多少家检验检测机构？"))
    assert isinstance(events[0], Retrieved) and isinstance(events[-1], Done)
    assert all(isinstance(event, Text) for event in events[1:-1]) and len(events) > 2
    assert "".join(event.delta for event in events[1:-1]) == events[-1].answer.text


@pytest.fixture(scope="module")
def sample_run(chatbot, tmp_path_factory):
    """Every fifth question of the sample, asked and scored."""
    gold = read_gold(GOLD).approved()
    fifth = {item.id for item in gold.items[::5]}
    folder = tmp_path_factory.mktemp("run")
    run_gold(gold.select(lambda item: item.id in fifth), ZhidaSystem(chatbot, Settings()), folder)
    return score_run(folder)


def test_every_citation_is_an_exact_stretch_of_its_document(chatbot, sample_run):
    for record in sample_run.records.values():
        for citation in record.citations:
            text = chatbot.library.document(citation["document"]).text
            assert citation["quote"] == text[citation["start"] : citation["end"]]
            assert citation["quote"] in citation["passage"]
            assert f"[{citation['number']}]" in record.answer


def test_a_quoted_answer_is_supported_by_construction(sample_run):
    for record in sample_run.records.values():
        assert "〔未核实〕" not in record.answer
        assert (record.status == "answered") == bool(record.citations)


def test_quality_on_the_sample_does_not_fall(sample_run):
    """Floors well under what is reached, so that only a real loss fails; `make bench` prints the figures."""

    def mean(name):
        values = [score.values[name] for score in sample_run.scores if name in score.values]
        return sum(values) / len(values)

    assert mean("correct") >= 0.55
    assert mean("evidence_cited") >= 0.65
    assert mean("over_refusal") <= 0.25
    assert mean("refusal_recall") >= 0.35
    assert mean("citation_validity") == 1.0


def test_a_refusal_names_what_is_missing_and_what_is_nearest(chatbot):
    answer = chatbot.ask("广东省有多少家检验检测机构？")
    assert answer.status == "refused" and answer.citations == ()
    assert "广东" in answer.text and "最接近的资料" in answer.text and answer.hits


def test_an_empty_question_is_refused_not_an_error(chatbot):
    assert chatbot.ask("？？？").status == "refused"


def test_a_follow_up_is_understood_from_the_turn_before(chatbot):
    first = chatbot.ask("海岳省有多少家检验检测机构？")
    turns = [Turn(first.question, first.text, first.standalone_question)]
    answer = chatbot.ask("营业收入呢？", turns)
    assert "87.4亿元" in answer.text and "检验检测机构" in answer.standalone_question


def test_who_says_it_is_answered_with_name_and_byline(chatbot):
    first = chatbot.ask("海岳省有多少家检验检测机构？")
    turns = [Turn(first.question, first.text, first.standalone_question)]
    answer = chatbot.ask("这是谁介绍的？", turns)
    assert "段慕白" in answer.text
    assert any("段慕白" in citation.quote for citation in answer.citations)


def test_an_answer_is_plain_data(chatbot):
    record = chatbot.ask("海岳省有多少家检验检测机构？").as_dict()
    assert json.loads(json.dumps(record, ensure_ascii=False)) == record
    assert set(record) >= {
        "question",
        "standalone_question",
        "status",
        "answer",
        "citations",
        "mode",
        "timings_ms",
    }
    assert record["citations"][0]["speaker"] == "段慕白"


def piece(text, speaker=None):
    return Evidence(Passage("a.txt", 0, len(text), text, speaker=speaker), 0, len(text))


@pytest.mark.parametrize(("length", "sentences"), [(200, 3), (13, 2), (1, 1)])
def test_an_extractive_answer_keeps_to_its_length(length, sentences):
    evidence = [piece("甲是第一句。"), piece("乙是第二句。"), piece("丙是第三句。")]
    assert len(list(ExtractiveAnswerer(length).stream(understand("什么？"), evidence, []))) == sentences


@pytest.mark.parametrize(("sentences", "quoted"), [(1, 1), (35, 35), (36, 35), (40, 35)])
def test_a_clause_asked_for_is_quoted_whole_or_says_that_it_goes_on(sentences, quoted):
    text = "检定每年一次，费用由使用单位承担。" * sentences  # 17 characters each; 35 of them have 595
    passage = Passage("法.md", 0, len(text), text)
    clause = [Evidence(passage, at, at + 17, wording=True) for at in range(0, len(text), 17)]
    pieces = list(ExtractiveAnswerer(200).stream(understand("《检定法》第二条"), clause, ()))
    assert len(pieces) == quoted
    checked = check("".join(pieces), clause)
    assert not checked.unverified and len(checked.citations) == len(pieces)
    assert ("……[35]" in checked.text) == (sentences > 35)


def test_a_clause_is_quoted_from_all_its_passages(tmp_path):
    clause = "".join(
        f"第{n}类灯具应当每年检验{n}次，检验费用由生产者承担，记录保存{n}年。" for n in range(3, 19)
    )
    text = f"灯具质量法\n第一条　为了照明，制定本法。\n第二条　{clause}\n第三条　依照第二条处罚。\n第四条　本法自公布之日起施行。\n"
    with Library.open(tmp_path, open_embedder(""), create=True) as library:
        library.add(read(text.encode(), "灯具质量法.txt"), text.encode())
        answer = Chatbot(Retriever(library), ExtractiveAnswerer()).ask("《灯具质量法》第二条是什么？")
    assert MARK.sub("", answer.text) == f"第二条　{clause}" and 350 < len(clause) < CLAUSE
    assert len({one.passage.id for one in answer.citations}) > 1 and not answer.notices


def test_short_clauses_are_read_until_there_is_as_much_text_as_elsewhere():
    def found(length, heading):
        return [Hit(Passage("法.md", 0, length, "甲" * length, heading=heading), 1.0)] * 24

    for heading, length, read_in_all in (
        ("", 23, 8),
        ("总则", 23, 8),
        ("总则 › 第一条", 23, 24),
        ("8.5 生产 › 8.5.1", 115, 16),
        ("第一条", 230, 8),
        ("第一条", 300, 8),
    ):
        assert len(list(enough_to_read(found(length, heading), 8))) == read_in_all


def test_the_speaker_of_first_person_words_is_named():
    speaker = Speaker("周岚", "市质检院", "院长")
    text = "".join(
        ExtractiveAnswerer().stream(understand("怎么做？"), [piece("我们建了三个实验室。", speaker)], [])
    )
    assert text == "周岚：我们建了三个实验室。[1]"
    text = "".join(ExtractiveAnswerer().stream(understand("谁建的？"), [piece("实验室建成。", speaker)], []))
    assert text == "周岚（市质检院院长）：实验室建成。[1]"


def test_marks_in_a_source_are_not_taken_for_citations():
    source = "此说见文献[12]，参见[3,4]【5】。"
    text = "".join(ExtractiveAnswerer().stream(understand("什么？"), [piece(source)], []))
    assert text == "此说见文献〔12〕，参见〔3,4〕〔5〕。[1]"
    assert check(text, [piece(source)]).citations[0].quote == source


@pytest.mark.parametrize(
    "question",
    [
        ("海 " * 1000)[:2000],
        "和、" * 1000,
        "GB/T" * 500,
        "2025年" * 400,
        "海岳省" * 600,
        "一" * 2000,
        "《" * 2000,
        "的是" * 1000,
    ],
)
def test_no_question_stalls_the_chatbot(chatbot, question):
    costs_less(2, lambda: chatbot.ask(question))
