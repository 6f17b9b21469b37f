"""The sample set agrees with itself: truth, rendered files and gold questions."""

import json
import re
from typing import Any

import pytest

from tests.layout import SAMPLE, columns, random_truth, render_forum, render_newsletter, render_plain, wrap

TRUTH: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
GOLD: list[dict[str, Any]] = [
    json.loads(line) for line in (SAMPLE / "gold.jsonl").read_text(encoding="utf-8").splitlines()
]


def squeeze(text: str) -> str:
    """`text` without any white space."""
    return re.sub(r"\s", "", text)


def clean_parts(truth: dict[str, Any]) -> dict[str, list[str]]:
    """What each document truly says, by file name: titles, head lines and paragraphs, squeezed."""
    newsletter, forum = truth["newsletter"], truth["forum"]
    date = "{}年{}月{}日".format(*forum["published"].split("-"))
    parts = {newsletter["file"]: [], forum["file"]: [forum["title"], date, "信息来源:" + forum["source"]]}
    for article in newsletter["articles"]:
        parts[newsletter["file"]] += [article["title"], *article["paragraphs"]]
    for speech in forum["speeches"]:
        head = speech["heading"] + speech["organisation"] + speech["role"] + speech["name"]
        parts[forum["file"]] += [head, *speech["paragraphs"]]
    parts[forum["file"]] += [forum["closing"]["heading"], *forum["closing"]["paragraphs"]]
    return {file: [squeeze(part) for part in texts] for file, texts in parts.items()}


@pytest.mark.parametrize(("part", "render"), [("newsletter", render_newsletter), ("forum", render_forum)])
def test_the_committed_files_are_the_rendering_of_the_truth(part: str, render: Any) -> None:
    committed = (SAMPLE / "documents" / TRUTH[part]["file"]).read_bytes().decode("utf-8")
    assert committed == render(TRUTH)


def test_the_sample_is_large_enough() -> None:
    articles, speeches = TRUTH["newsletter"]["articles"], TRUTH["forum"]["speeches"]
    assert len(articles) >= 7
    assert len(speeches) >= 10
    assert [article["section"] for article in articles] == sorted(
        (article["section"] for article in articles), key=TRUTH["newsletter"]["running_headers"].index
    )
    assert sum(len(text) for article in articles for text in article["paragraphs"]) >= 9000
    spoken = [text for part in (*speeches, TRUTH["forum"]["closing"]) for text in part["paragraphs"]]
    assert sum(map(len, spoken)) >= 8000
    for article in articles:
        assert set(article["headings"]) <= set(article["paragraphs"])


def test_the_gold_has_sixty_questions_and_a_fifth_without_an_answer() -> None:
    assert len({item["id"] for item in GOLD}) == len({item["question"] for item in GOLD}) == len(GOLD) == 60
    assert sum(not item["answerable"] for item in GOLD) == 12


@pytest.mark.parametrize("item", GOLD, ids=lambda item: item["id"])
def test_every_question_is_answered_by_its_evidence(item: dict[str, Any]) -> None:
    assert set(item) == {"id", "question", "answer", "facts", "evidence", "answerable", "tags"}
    if not item["answerable"]:
        assert item["answer"] is None
        assert not item["facts"] and not item["evidence"]
        return
    parts = clean_parts(TRUTH)
    assert item["facts"] and item["evidence"]
    for evidence in item["evidence"]:
        assert any(squeeze(evidence["quote"]) in part for part in parts[evidence["doc"]]), evidence["quote"]
    quotes = squeeze("".join(evidence["quote"] for evidence in item["evidence"]))
    for alternatives in item["facts"]:
        assert any(fact in item["answer"] for fact in alternatives), alternatives
        assert any(squeeze(fact) in quotes for fact in alternatives), alternatives


@pytest.mark.parametrize("seed", range(20))
def test_random_truth_is_deterministic_and_its_rendering_loses_nothing(seed: int) -> None:
    truth = random_truth(seed)
    assert truth == random_truth(seed)
    rendered = render_newsletter(truth, width=24 + seed % 12, seed=seed)
    assert rendered == render_newsletter(truth, width=24 + seed % 12, seed=seed)
    links = "|".join(re.escape(article["url"]) for article in truth["newsletter"]["articles"])
    headers = "|".join(truth["newsletter"]["running_headers"])
    bare = re.sub(rf"(?m)^(?:{links}|\s*(?:{headers})|\d+) *$", "", rendered)
    for file, parts in clean_parts(truth).items():
        text = squeeze(bare if file == truth["newsletter"]["file"] else render_forum(truth))
        for part in parts:
            assert part in text


def test_no_line_begins_with_a_closing_mark_or_runs_over() -> None:
    text = "依据GB/T 19001—2016，“质量”（quality）是一组固有特性满足要求的程度：见《术语》。" * 9
    for width in range(8, 40):
        lines = wrap(text, width)
        assert not [line for line in lines if line[0] in "，。、；：！？”）》"]
        assert squeeze("".join(lines)) == squeeze(text)
        assert max(map(columns, lines)) <= 2 * width + 8
    assert render_plain("甲乙丙丁\n戊己", 3) == "甲乙丙\n丁\n戊己"
