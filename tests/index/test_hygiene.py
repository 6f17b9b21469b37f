"""Made-up newsletters and reports, rendered as PDFs and web pages give them, must come back as they were.

The truth is known, so this states what cleaning promises: no wrap, title, running header, page number or
link inside a passage, and every article and speaker found.
"""

import json
import re

import pytest

from index.lines import squeeze
from index.readers import read
from index.split import split
from tests import layout

SEEDS = range(24)
WIDTHS = (26, 30, 32, 40)
SHARE_OF_PARAGRAPHS = 0.99
"""The layout leaves a few line ends that could be either: full lines whose traces of a paragraph's end are lost."""


def cases():
    """(name, truth, width, seed): the committed sample, and random documents."""
    sample = json.loads((layout.SAMPLE / "truth.json").read_text(encoding="utf-8"))
    yield from ((f"sample-{width}", sample, width, width) for width in (28, 32, 36, 40))
    yield from (
        (f"random-{seed}-{width}", layout.random_truth(seed), width, seed)
        for seed in SEEDS
        for width in WIDTHS
    )


@pytest.fixture(scope="module")
def newsletters():
    """(name, articles of the truth, document, passages) for every case."""
    found = []
    for name, truth, width, seed in cases():
        data = layout.render_newsletter(truth, width=width, seed=seed).encode()
        document = read(data, f"{name}.txt")
        found.append((name, truth["newsletter"]["articles"], document, split(document)))
    return found


@pytest.fixture(scope="module")
def reports():
    """(name, forum of the truth, document, passages) for the sample and every seed."""
    found = []
    for name, truth, width, _ in cases():
        if width == WIDTHS[-1]:
            document = read(layout.render_forum(truth).encode(), f"{name}.txt")
            found.append((name, truth["forum"], document, split(document)))
    return found


def paragraphs_of(document):
    """The lines of all bodies, without white space."""
    return {squeeze(line) for a in document.articles for line in document.text[a.start : a.end].split("\n")}


def test_paragraphs_come_back_whole(newsletters):
    total = missing = 0
    for _, articles, document, _ in newsletters:
        found = paragraphs_of(document)
        for article in articles:
            total += len(article["paragraphs"])
            missing += sum(squeeze(paragraph) not in found for paragraph in article["paragraphs"])
    assert total > 4000
    assert missing <= (1 - SHARE_OF_PARAGRAPHS) * total, (
        f"{missing} of {total} paragraphs were not found whole"
    )


def test_nothing_of_a_body_is_lost_and_nothing_added(newsletters):
    for name, articles, document, _ in newsletters:
        bodies = {squeeze(a.title): squeeze(document.text[a.start : a.end]) for a in document.articles}
        for article in articles:
            assert bodies[squeeze(article["title"])] == squeeze("".join(article["paragraphs"])), name


def test_every_article_is_found_with_link_section_and_date(newsletters):
    for name, articles, document, _ in newsletters:
        assert len(document.articles) == document.hygiene.articles == len(articles), name
        for article, found in zip(articles, document.articles, strict=True):
            assert squeeze(found.title) == squeeze(article["title"]), name
            assert (found.url, found.section) == (article["url"], article["section"]), name
            if article["published"]:
                assert found.published == article["published"], name
        assert document.hygiene.contents_entries == len(articles), name


def test_sub_headings_are_found(newsletters):
    total = missing = 0
    for _, articles, document, _ in newsletters:
        for article, found in zip(articles, document.articles, strict=True):
            headings = [squeeze(text) for _, text in found.headings]
            total += len(article["headings"])
            missing += sum(squeeze(heading) not in headings for heading in article["headings"])
    assert missing <= 0.01 * total


def test_no_title_header_number_or_link_in_a_body_passage(newsletters):
    for name, articles, _, passages in newsletters:
        furniture = (
            {squeeze(a["title"]) for a in articles}
            | {a["section"] for a in articles}
            | {a["url"] for a in articles}
        )
        for passage in passages:
            if passage.kind == "body":
                lines = [squeeze(line) for line in passage.text.split("\n")]
                assert not any(mark in line for mark in furniture for line in lines), name
                assert not any(line.isdigit() for line in lines), name


def test_no_sentence_is_broken_inside_a_passage(newsletters):
    """A line end inside a passage is a paragraph's end: the truth has one there, but for the few that are ambiguous."""
    total = broken = 0
    for _, articles, _, passages in newsletters:
        ends = tuple(squeeze(paragraph)[-12:] for article in articles for paragraph in article["paragraphs"])
        for passage in passages:
            for line in passage.text.split("\n")[:-1]:
                total += 1
                broken += not squeeze(line).endswith(ends)
    assert broken <= 0.005 * total


def test_every_speaker_is_found_with_organisation_and_role(reports):
    for name, forum, document, _ in reports:
        expected = [(s["heading"], s["name"], s["organisation"], s["role"]) for s in forum["speeches"]]
        found = [
            (a.title, a.speaker.name, a.speaker.organisation, a.speaker.role)
            for a in document.articles
            if a.speaker
        ]
        assert found == expected, name


def test_sections_of_a_report_hold_until_the_next(reports):
    for name, forum, document, _ in reports:
        section = ""
        speeches = [article for article in document.articles if article.speaker]
        for speech, found in zip(forum["speeches"], speeches, strict=True):
            section = speech["section"] or section
            assert found.section == section, name


def test_a_report_keeps_its_date_source_and_declaration(reports):
    for name, forum, document, passages in reports:
        assert (document.title, document.published) == (forum["title"], forum["published"]), name
        assert document.publisher == forum["source"], name
        assert any(
            forum["source"] in p.text and p.text.startswith(forum["published"][:4]) for p in passages
        ), name
        declaration = document.articles[-1]
        assert (declaration.title, declaration.speaker) == (forum["closing"]["heading"], None), name


def test_captions_and_leftovers_of_a_page_are_in_no_passage(reports):
    for name, forum, _, passages in reports:
        names = {speech["name"].split("(")[0] for speech in forum["speeches"]}
        lines = {line for passage in passages for line in passage.text.split("\n")}
        assert not lines & (names | {"打印", "关闭窗口"}), name


def test_speeches_come_back_whole(reports):
    for name, forum, document, _ in reports:
        bodies = ["\n".join(speech["paragraphs"]) for speech in forum["speeches"]]
        found = [document.text[a.start : a.end] for a in document.articles if a.speaker]
        assert [squeeze(text) for text in found] == [squeeze(text) for text in bodies], name


def test_head_passages_name_the_speaker_without_the_section(reports):
    for name, forum, _, passages in reports:
        heads = [passage.text for passage in passages if passage.kind == "head" and passage.speaker]
        assert len(heads) == len(forum["speeches"]), name
        for text, speech in zip(heads, forum["speeches"], strict=True):
            assert text == f"{speech['heading']} {speech['organisation']}{speech['role']} {speech['name']}", (
                name
            )


@pytest.mark.parametrize("width", [24, 32])
def test_text_wrapped_like_mail_comes_back(width):
    """Only the lines' ends tell here, so that a paragraph may stay joined to a full line above it."""
    truth = json.loads((layout.SAMPLE / "truth.json").read_text(encoding="utf-8"))
    paragraphs = [p for speech in truth["forum"]["speeches"] for p in speech["paragraphs"] if len(p) > 60]
    document = read(layout.render_plain("\n".join(paragraphs), width).encode(), "a.txt")
    found = paragraphs_of(document)
    assert sum(squeeze(paragraph) in found for paragraph in paragraphs) >= 0.85 * len(paragraphs)
    assert squeeze(document.text) == squeeze("".join(paragraphs))


def test_clean_paragraphs_are_left_as_they_are():
    truth = json.loads((layout.SAMPLE / "truth.json").read_text(encoding="utf-8"))
    for article in truth["newsletter"]["articles"]:
        text = "\n".join(article["paragraphs"])
        document = read(text.encode(), "a.txt")
        assert document.text == re.sub(r"\n+", "\n", text)
        assert document.hygiene.wraps_joined == document.hygiene.headers_dropped == 0
