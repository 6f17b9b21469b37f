"""The cross-encoder as a reranker: a tiny model with random weights shows that it is asked rightly."""

import numpy as np
import pytest

from index.errors import ModelError
from index.passage import Passage
from rag.build import open_retriever
from rag.matching import comparable, holds, weigh
from rag.question import understand
from rag.rerank import IN_CONTEXT, CoverageReranker, CrossEncoderReranker, open_reranker
from rag.settings import Settings

QUESTION = "计量器具多久送检？"


def passage(text, article=""):
    return Passage(document="某.txt", start=0, end=len(text), text=text, article=article)


def make_cross_encoder(folder, outputs=1):
    """A BERT of one layer over single characters, saved as sentence-transformers reads it."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    characters = sorted(set(QUESTION + "计量器具应当按周期送检校准。食堂十一点开门"))
    vocabulary = folder / "vocab.txt"
    folder.mkdir()
    vocabulary.write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), encoding="utf-8"
    )
    tokenizer = BertTokenizerFast(str(vocabulary), model_max_length=64)
    config = BertConfig(
        vocab_size=len(characters) + 5,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=outputs,
        initializer_range=1.0,  # so that different texts get different scores
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "tiny")


def test_a_cross_encoder_scores_each_passage_with_its_title(model):
    reranker = open_reranker(str(model))
    passages = [
        passage("计量器具应当按周期送检。"),
        passage("食堂十一点开门。"),
        passage("食堂十一点开门。", article="送检"),
    ]
    scores = reranker.score(understand(QUESTION), passages, {})
    assert scores.shape == (3,) and scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all() and scores[1] != scores[2]
    alone = reranker.score(understand(QUESTION), passages[1:2], {})
    assert abs(alone[0] - scores[1]) < 1e-5  # a score does not depend on what is scored beside it
    assert reranker.score(understand(QUESTION), [], {}).shape == (0,)


def test_a_passage_that_is_too_long_for_the_model_is_cut_not_refused(model):
    scores = open_reranker(str(model)).score(understand(QUESTION), [passage("计量器具" * 200)], {})
    assert scores.shape == (1,)


def test_a_retriever_takes_it_by_its_path(model, chatbot):
    settings = Settings(reranker=str(model), candidates=5)
    hits = open_retriever(settings, chatbot.library).search(QUESTION, 5)
    assert len(hits) == 5 and all(0 < hit.stages["rerank"] < 1 for hit in hits)


def test_a_model_that_is_not_here_or_no_reranker_is_one_clear_line(tmp_path):
    with pytest.raises(ModelError, match="nowhere"):
        open_reranker(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty"):
        CrossEncoderReranker(str(tmp_path / "empty"))
    with pytest.raises(ModelError, match="3"):
        CrossEncoderReranker(str(make_cross_encoder(tmp_path / "three", outputs=3)))


def test_names():
    assert isinstance(open_reranker("coverage"), CoverageReranker)
    assert isinstance(open_reranker(""), CoverageReranker)


def test_coverage_is_the_weighted_share_of_the_terms_in_text_or_context():
    asked = understand(QUESTION)
    assert asked.terms
    rarity = dict.fromkeys(asked.terms, 2.0)
    passages = [
        passage("计量器具应当按周期送检", "校准"),
        passage("食堂十一点开门", "计量器具的送检"),
        passage("食堂十一点开门"),
        passage("计量器具应当按周期送检", "校准"),
    ]
    weights = weigh(rarity, asked.terms)
    for score, one in zip(CoverageReranker().score(asked, passages, rarity), passages, strict=True):
        context = comparable(f"{one.context} {one.published}")
        shares = [
            weight * max(holds(term, comparable(one.text)), IN_CONTEXT * holds(term, context))
            for term, weight in weights.items()
        ]
        assert score == pytest.approx(sum(shares) / sum(weights.values()), abs=1e-6)
    assert CoverageReranker().score(asked, [], rarity).shape == (0,)
