"""Every system by the name that `--systems` takes. A library is imported only when it is measured."""

from __future__ import annotations

import importlib

from eval.baselines.base import Baseline, MissingPackage

OURS = "zhida"

SYSTEMS = {
    OURS: ("zhida", "Zhida"),
    "langchain": ("langchain", "LangChain"),
    "langchain+jieba": ("langchain", "LangChainChinese"),
    "langchain-short+jieba": ("langchain", "LangChainShort"),
    "langchain-bm25+jieba": ("langchain", "LangChainWords"),
    "llama-index": ("llama_index", "LlamaIndex"),
    "llama-index+jieba": ("llama_index", "LlamaIndexChinese"),
    "haystack": ("haystack", "Haystack"),
    "haystack+jieba": ("haystack", "HaystackChinese"),
}
"""Name → module of this package and class. "+jieba" is what a careful Chinese user sets."""


def system(name: str) -> type[Baseline]:
    """The class of a system. Raises MissingPackage if its library is not installed."""
    module, kind = SYSTEMS[name]
    try:
        found: type[Baseline] = getattr(importlib.import_module(f"eval.baselines.{module}"), kind)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("eval", "rag", "index"):
            raise
        raise MissingPackage(error) from None
    return found
