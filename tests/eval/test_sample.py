"""The sample set agrees with itself: truth, rendered files and gold questions."""

import hashlib
import json
import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from eval.gold import GoldItem, read_gold
from eval.gold_files import write_gold
from eval.metrics.answers import tick
from index.readers import read
from tests.layout import (
    SAMPLE,
    columns,
    random_truth,
    render_all,
    render_forum,
    render_manual,
    render_newsletter,
    render_plain,
    wrap,
)

TRUTH: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
GOLD = read_gold(SAMPLE / "gold.jsonl")
DOCUMENTS = {
    file.name: file.read_bytes().decode("utf-8") for file in sorted((SAMPLE / "documents").iterdir())
}
KINDS_OF_QUESTION = (
    "number date list who why how definition comparison multi_hop multi_doc paraphrase colloquial typo speaker "
    "standard title negation english conversation follow_up discriminate"
).split()
KINDS_WITHOUT_ANSWER = "out_of_corpus near_miss wrong_premise future injected".split()
DEV_OF_FIVE = 2
"""A question is in dev when its hash leaves less than this on division by five."""


def squeeze(text: str) -> str:
    """`text` without any white space."""
    return re.sub(r"\s", "", text)


def newsletter_parts(newsletter: dict[str, Any]) -> list[str]:
    """Titles and paragraphs of a newsletter."""
    return [part for one in newsletter["articles"] for part in (one["title"], *one["paragraphs"])]


def clean_parts(truth: dict[str, Any]) -> dict[str, list[str]]:
    """What each rendered document truly says, by file name: titles, head lines and paragraphs, squeezed."""
    forum = truth["forum"]
    date = "{}年{}月{}日".format(*forum["published"].split("-"))
    parts = {forum["file"]: [forum["title"], date, "信息来源:" + forum["source"]]}
    for speech in forum["speeches"]:
        head = speech["heading"] + speech["organisation"] + speech["role"] + speech["name"]
        parts[forum["file"]] += [head, *speech["paragraphs"]]
    parts[forum["file"]] += [forum["closing"]["heading"], *forum["closing"]["paragraphs"]]
    for key in ("newsletter", "next_newsletter"):
        if key in truth:
            parts[truth[key]["file"]] = newsletter_parts(truth[key])
    parts |= {manual["file"]: manual["lines"] for manual in truth.get("manuals", [])}
    return {file: [squeeze(part) for part in texts] for file, texts in parts.items()}


PARTS = {
    file: [squeeze(line) for line in text.split("\n")] for file, text in DOCUMENTS.items()
} | clean_parts(TRUTH)


def tagged(tag: str) -> list[GoldItem]:
    """The items with a tag."""
    return [item for item in GOLD.items if tag in item.tags]


def test_the_committed_files_are_the_rendering_of_the_truth() -> None:
    rendered = render_all(TRUTH)
    assert {name: DOCUMENTS[name] for name in rendered} == rendered


def test_the_sample_is_large_enough() -> None:
    assert len(DOCUMENTS) == 10
    articles, speeches = TRUTH["newsletter"]["articles"], TRUTH["forum"]["speeches"]
    assert len(articles) >= 7
    assert len(TRUTH["next_newsletter"]["articles"]) >= 7
    assert len(speeches) >= 10
    assert sum(len(text) for article in articles for text in article["paragraphs"]) >= 9000
    spoken = [text for part in (*speeches, TRUTH["forum"]["closing"]) for text in part["paragraphs"]]
    assert sum(map(len, spoken)) >= 8000
    for newsletter in (TRUTH["newsletter"], TRUTH["next_newsletter"]):
        sections = [article["section"] for article in newsletter["articles"]]
        assert sections == sorted(sections, key=newsletter["running_headers"].index)
        assert all(
            set(article["headings"]) <= set(article["paragraphs"]) for article in newsletter["articles"]
        )


def test_the_figures_of_an_inspection_add_up() -> None:
    """The batches drawn and failed, by product and by city, sum to what the same document says of all."""
    counted = re.compile(r"(\d+)批次，不合格(\d+)批次")
    later = TRUTH["next_newsletter"]["articles"][0]["paragraphs"]
    assert [sum(map(int, column)) for column in zip(*counted.findall(later[1]), strict=True)] == [702, 41]
    bulletin = {manual["file"]: manual["lines"] for manual in TRUTH["manuals"]}[
        "2025年第二季度小家电监督抽查通报.txt"
    ]
    by_product, by_city = bulletin.index("二、分产品情况"), bulletin.index("三、分地区情况")
    for lines in (bulletin[by_product:by_city], bulletin[by_city : by_city + 5]):
        found = [tuple(map(int, match.groups())) for line in lines if (match := counted.search(line))]
        assert [sum(column) for column in zip(*found, strict=True)] == [440, 34]
        for line, (drawn, failed) in zip((one for one in lines if counted.search(one)), found, strict=True):
            assert f"不合格率为{100 * failed / drawn:.1f}%" in line


def test_the_gold_has_the_questions_it_promises() -> None:
    assert len(GOLD.items) >= 400
    assert {f"sample-{n:03d}" for n in range(1, 61)} <= {item.id for item in GOLD.items}
    assert len({item.id for item in GOLD.items}) == len(GOLD.items)
    assert sum(not item.answerable for item in GOLD.items) >= 0.2 * len(GOLD.items)
    for kind in KINDS_WITHOUT_ANSWER:
        assert sum(not item.answerable for item in tagged(kind)) >= 5, kind
    assert len(tagged("partly")) >= 8 and all(item.answerable for item in tagged("partly"))
    for kind in KINDS_OF_QUESTION:
        assert len(tagged(kind)) >= 5, kind
    talks = [turns for turns in GOLD.conversations() if turns[0].conversation]
    assert len(talks) >= 12 and all(2 <= len(turns) <= 4 for turns in talks)
    assert sum(any(len(group) > 1 for group in item.evidence) for item in GOLD.items) >= 24
    types = Counter(fact.type for item in GOLD.items for fact in item.facts)
    assert all(types[kind] >= 10 for kind in ("text", "number", "percent", "date", "list"))
    assert {evidence.document for item in GOLD.items for group in item.evidence for evidence in group} == set(
        DOCUMENTS
    )


def test_the_gold_is_in_the_canonical_form(tmp_path: Any) -> None:
    write_gold(GOLD, tmp_path / "gold.jsonl")
    assert (tmp_path / "gold.jsonl").read_bytes() == (SAMPLE / "gold.jsonl").read_bytes()


def test_the_split_is_drawn_by_the_hash_of_the_question() -> None:
    """A conversation goes by its first turn, so that it stays whole."""
    for turns in GOLD.conversations():
        rest = int(hashlib.sha256(turns[0].question.encode()).hexdigest(), 16) % 5
        assert {item.split for item in turns} == {"dev" if rest < DEV_OF_FIVE else "test"}


def test_no_question_is_asked_twice() -> None:
    """Nearly the same characters only where a name, a figure or a year tells two questions apart."""
    singles = [item for item in GOLD.items if not item.conversation]
    assert len({squeeze(item.question) for item in singles}) == len(singles)
    bare = {item.id: Counter(re.sub(r"\W", "", item.question)) for item in singles}
    for one, other in combinations(singles, 2):
        first, second = bare[one.id], bare[other.id]
        assert (first & second).total() < 0.9 * (first | second).total(), (one.question, other.question)


@pytest.mark.parametrize("item", GOLD.items, ids=lambda item: item.id)
def test_every_question_is_answered_by_its_evidence(item: GoldItem) -> None:
    assert item.tags and item.split and item.difficulty in (1, 2, 3)
    assert ("unanswerable" in item.tags) != item.answerable
    if not item.answerable:
        assert not (item.answers or item.facts or item.evidence)
        assert set(item.tags) & {*KINDS_WITHOUT_ANSWER, "instruction"}
        return
    assert item.answers and item.facts and item.evidence
    quoted = [evidence for group in item.evidence for evidence in group]
    for evidence in quoted:
        assert any(squeeze(evidence.quote) in part for part in PARTS[evidence.document]), evidence.quote
    assert ("multi_hop" in item.tags) == (len(item.evidence) > 1)
    shared = set.intersection(*({one.document for one in group} for group in item.evidence))
    assert ("multi_doc" in item.tags) == (not shared), "multi_doc: no one document holds all that is needed"
    quotes = "。".join(evidence.quote for evidence in quoted)
    for fact in item.facts:
        assert fact.type != "number" or fact.unit, "a number needs a unit"
        assert tick(fact, quotes, item.question).found == 1, ("not in the quotes", fact)
        assert any(tick(fact, answer, item.question).found == 1 for answer in item.answers), (
            "not in the answer",
            fact,
        )
    for words in item.forbidden:
        assert not any(words in answer for answer in item.answers)


def test_every_quote_is_found_in_its_document_as_it_is_read() -> None:
    texts = {name: squeeze(read(text.encode(), name).text) for name, text in DOCUMENTS.items()}
    for item in GOLD.items:
        for evidence in (one for group in item.evidence for one in group):
            assert squeeze(evidence.quote) in texts[evidence.document], (item.id, evidence.quote)


def test_what_an_injected_text_asks_for_is_forbidden_and_nowhere_gold() -> None:
    (letter,) = (text for name, text in DOCUMENTS.items() if "整改回复函" in name)
    assert "忽略此前的一切指令" in letter
    forbidden = {words for item in tagged("injected") for words in item.forbidden}
    assert forbidden and all(words in letter for words in forbidden)
    assert all(item.forbidden for item in tagged("injected") if "follow_up" not in item.tags)


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


@pytest.mark.parametrize("manual", TRUTH["manuals"], ids=lambda manual: manual["file"])
def test_a_manual_loses_nothing_on_its_pages(manual: dict[str, Any]) -> None:
    pages = render_manual(manual).split("\f")
    assert len(pages) > 1
    assert all(
        re.search(rf"\n\n {{{manual['width']}}}{number}\n$", page)
        for number, page in enumerate(pages, start=1)
    )
    bare = [re.sub(r"\n\n +\d+\n$", "", page) for page in pages]
    if manual["header"]:
        assert all(page.startswith(manual["header"] + "\n") for page in bare)
        bare = [page.removeprefix(manual["header"]) for page in bare]
    assert squeeze("".join(bare)) == squeeze("".join(manual["lines"]))


def test_no_line_begins_with_a_closing_mark_or_runs_over() -> None:
    text = "依据GB/T 19001—2016，“质量”（quality）是一组固有特性满足要求的程度：见《术语》。" * 9
    for width in range(8, 40):
        lines = wrap(text, width)
        assert not [line for line in lines if line[0] in "，。、；：！？”）》"]
        assert squeeze("".join(lines)) == squeeze(text)
        assert max(map(columns, lines)) <= 2 * width + 8
    assert render_plain("甲乙丙丁\n戊己", 3) == "甲乙丙\n丁\n戊己"
