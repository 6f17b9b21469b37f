"""Example questions are made from what the passages say."""

from index.passage import Speaker
from rag.build import open_chatbot
from rag.settings import Settings
from tests.ui.doubles import passage
from ui.examples import choose, examples


def questions(text, **changes):
    return [example.question for example in examples([passage(text, speaker=None, **changes)])]


def test_a_clause_with_one_figure_becomes_its_question():
    assert questions("规模以上装备企业有612家，产值可观。") == ["规模以上装备企业有多少家？"]
    assert questions("全省现有在册工业企业5.3万户。") == ["全省现有在册工业企业多少户？"]
    assert questions("公司的年复合增长率达到43%。") == ["公司的年复合增长率达到百分之多少？"]


def test_clauses_that_do_not_stand_alone_are_passed_over():
    for clause in (
        "其中规模以上企业有612家",
        "误收的风险约为约4%",
        "占比不到三成3%",
        "企业612家",
        "第十二条明确规定了3项",
        "比上年同期增长了20项",
    ):
        assert questions(f"{clause}。") == []


def test_an_article_gives_one_question_of_each_kind():
    pair = [passage("规模以上装备企业有612家。"), passage("全省现有在册工业企业5.3万户。")]
    assert [example.question for example in examples(pair)] == [
        "规模以上装备企业有多少家？",
        "林晓担任什么职务？",
    ]


def test_a_speaker_without_a_post_gives_no_question():
    assert not list(examples([passage("甲。", speaker=Speaker("林晓"))]))


def test_only_answered_questions_are_offered(home):
    chatbot = open_chatbot(Settings(home=home))
    for question in choose(chatbot):
        assert chatbot.ask(question).status == "answered"
