"""What a careful user of the other libraries sets for Chinese: sentence ends to split at, and jieba's words."""

from __future__ import annotations

import logging

import jieba

jieba.setLogLevel(logging.WARNING)  # it would say where it keeps its cache

SEPARATORS = ["\n\n", "\n", "。", "．", "！", "？", "；", "，", "、", " ", "\u200b", ""]
"""The marks that LangChain's page on languages without word boundaries adds, larger units before smaller ones."""


def jieba_words(text: str) -> list[str]:
    """The words of jieba's mode for search engines, in lower case, without punctuation and white space."""
    return [word for word in jieba.lcut_for_search(text.lower()) if any(map(str.isalnum, word))]


def spaced(text: str) -> str:
    """The same words with spaces between them, for libraries that take a pattern but no function."""
    return " ".join(jieba_words(text))
