from dataclasses import replace
from itertools import pairwise

from index.passage import Hit, Where
from rag.build import open_retriever
from rag.langchain import ZhidaRetriever
from rag.question import understand
from rag.rerank import CoverageReranker
from rag.retrieve import Retriever, join_neighbours
from rag.settings import Settings

QUESTION = "海岳省有多少家检验检测机构？"


def test_every_stage_keeps_its_score(chatbot):
    hits = chatbot.retriever.search(QUESTION, 5)
    assert len(hits) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all({"lexical", "dense", "fused", "rerank"} <= set(hit.stages) for hit in hits)


def test_single_modes_are_those_of_the_library(chatbot):
    for mode in ("lexical", "dense"):
        ours = chatbot.retriever.search(QUESTION, 5, mode)
        theirs = chatbot.library.search(QUESTION, 5, mode)
        assert [hit.passage.id for hit in ours] == [hit.passage.id for hit in theirs]


def test_the_filter_holds_in_every_mode(chatbot):
    name = chatbot.library.documents()[0].name
    for mode in ("hybrid", "lexical", "dense"):
        hits = chatbot.retriever.search(QUESTION, 20, mode, Where(documents=frozenset([name])))
        assert hits and {hit.passage.document for hit in hits} == {name}


def test_a_dense_score_is_the_inner_product_of_the_stored_vectors(chatbot):
    hit = chatbot.retriever.search(QUESTION, 3)[2]
    (vector,) = chatbot.library.vectors([hit.passage.id])
    assert abs(hit.stages["dense"] - float(vector @ chatbot.library.encode_query(QUESTION))) < 1e-5


def test_a_term_counts_once_however_often_it_is_repeated(chatbot):
    first, second = (hit.passage for hit in chatbot.retriever.search(QUESTION, 2))
    asked = understand("机构的营收")
    repeated = first.__class__(document="a", start=0, end=10, text="机构机构机构机构机构")
    once = first.__class__(document="a", start=0, end=6, text="机构营收很好")
    scores = CoverageReranker().score(asked, [repeated, once], {})
    assert scores.shape == (2,) and scores[1] > scores[0]
    assert first.id != second.id


def test_neighbours_are_joined_into_one_exact_stretch(chatbot):
    library = chatbot.library
    passages = [p for p in library.all_passages() if p.kind == "body"]
    one = next(
        p
        for p, q in zip(passages, passages[1:], strict=False)
        if p.article == q.article and p.heading == q.heading
    )
    around = library.neighbours(one, 0, 1)
    joined = join_neighbours([Hit(passage, 1.0) for passage in reversed(around)], library)
    assert len(joined) == 1
    text = library.document(one.document).text
    assert joined[0].text == text[joined[0].start : joined[0].end] == text[around[0].start : around[-1].end]


def test_what_has_changed_since_is_not_joined(chatbot):
    first = next(p for p in chatbot.library.all_passages() if p.kind == "body")
    gone = [replace(p, document="gone.txt") for p in chatbot.library.neighbours(first, 0, 1)]
    assert join_neighbours([Hit(p, 1.0) for p in gone], chatbot.library) == gone
    moved = [replace(p, text="另" + p.text[1:]) for p in chatbot.library.neighbours(first, 0, 1)]
    assert join_neighbours([Hit(p, 1.0) for p in moved], chatbot.library) == moved


def test_as_a_langchain_retriever(chatbot):
    documents = ZhidaRetriever(retriever=chatbot.retriever, k=3).invoke(QUESTION)
    assert len(documents) == 3
    text = chatbot.library.document(documents[0].metadata["document"]).text
    assert documents[0].page_content == text[documents[0].metadata["start"] : documents[0].metadata["end"]]


def ids(hits):
    return [hit.passage.id for hit in hits]


def test_the_settings_defaults_rank_as_the_retriever_alone(chatbot):
    plain, built = Retriever(chatbot.library), open_retriever(Settings(), chatbot.library)
    one, other = plain.search(QUESTION, 50), built.search(QUESTION, 50)
    assert [(hit.passage.id, hit.score) for hit in one] == [(hit.passage.id, hit.score) for hit in other]


def test_a_fusion_weight_of_nothing_leaves_the_lexical_order(chatbot):
    settings = Settings(fusion_weight=0.0, rerank_weight=0.0)
    hits = open_retriever(settings, chatbot.library).search(QUESTION, 5)
    assert ids(hits) == ids(chatbot.library.search(QUESTION, 5, "lexical"))
    assert all("rerank" not in hit.stages and hit.stages["fused"] == hit.score for hit in hits)


def test_no_reranker_is_a_rerank_weight_of_nothing(chatbot):
    none = open_retriever(Settings(reranker="none"), chatbot.library).search(QUESTION, 8)
    zero = open_retriever(Settings(rerank_weight=0.0), chatbot.library).search(QUESTION, 8)
    assert [(hit.passage.id, hit.score) for hit in none] == [(hit.passage.id, hit.score) for hit in zero]


def test_a_great_rerank_weight_leaves_the_reranker_to_decide(chatbot):
    hits = open_retriever(Settings(rerank_weight=100.0), chatbot.library).search(QUESTION, 8)
    scores = [hit.stages["rerank"] for hit in hits]
    assert all(one >= other - 0.05 for one, other in pairwise(scores))
