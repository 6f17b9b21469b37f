"""How a passage's source is named wherever it is shown: title, speaker, facts in one order."""

from __future__ import annotations

from index.passage import Passage


def title(passage: Passage) -> str:
    """《Title》 of the article, with titles inside it in 〈〉 as Chinese punctuation asks; else the document."""
    if not passage.article:
        return passage.document
    return f"《{passage.article.replace('《', '〈').replace('》', '〉')}》"


def speaker(passage: Passage) -> str:
    """Organisation, role and name of who speaks; empty where nobody does."""
    return f"{passage.speaker.title}{passage.speaker.name}" if passage.speaker else ""


def facts(passage: Passage, page: str = "第 {} 页") -> list[str]:
    """Speaker, publisher, date, document and page, as far as they are known; `page` is how a page is named."""
    place = page.format(passage.page) if passage.page is not None else ""
    known = [speaker(passage), passage.publisher, passage.published, passage.document, place]
    return [fact for fact in dict.fromkeys(known) if fact]
