"""The words of the chat page in Chinese and English.

Chinese comes first: English is used only for a browser that asks for another language. What the
documents say is never translated.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. Fields with {} are filled by `str.format`."""

    tagline: str
    library: str
    library_empty: str
    empty_text: str
    ways_to_add: tuple[tuple[str, str], ...]
    """(introduction, command) of each way to put documents into the library."""
    welcome_title: str
    welcome_text: str
    searching: str
    writing: str
    nothing_found: str
    finished: str
    mode_extractive: str
    mode_model: str
    stopped: str
    refused_title: str
    nearest: str
    failed_title: str
    failed_text: str
    cited: str
    considered: str
    close: str
    panel_empty: str
    no_citation: str
    unsupported: str
    meaning: str
    page: str
    open_original: str
    copy: str
    copied: str
    retry: str
    sources: str
    stage_names: tuple[tuple[str, str], ...]

    def stage(self, name: str) -> str:
        """What a retrieval stage is called on the page; a stage without a name keeps its own."""
        return dict(self.stage_names).get(name, name)


ZH = Texts(
    tagline="每一句都能查到原文",
    library="{documents} 份文件 · {passages} 段",
    library_empty="资料库是空的",
    empty_text="还没有可查的文件。在运行质答的电脑上，用下面任一种办法添加，然后刷新本页：",
    ways_to_add=(
        ("关闭服务，运行 ", "make chat DOCS=文件夹"),
        ("不必关闭服务，另开一个终端，在项目文件夹运行 ", ".venv/bin/zhida sync 文件夹"),
    ),
    welcome_title="想从资料里知道什么？",
    welcome_text="回答只取自资料库，句末的编号可以点开原文。资料里没有的，会直接说没有。",
    searching="正在检索…",
    writing="找到 {passages} 段，正在回答…",
    nothing_found="没有找到相近的段落…",
    finished="查阅 {passages} 段 · {seconds} 秒",
    mode_extractive="原文摘录",
    mode_model="模型撰写",
    stopped="已停止",
    refused_title="资料未载",
    nearest="最接近的段落",
    failed_title="这次没有答成",
    failed_text="程序出了错，详情见服务日志。请重试。",
    cited="引用来源",
    considered="全部候选段落",
    close="关闭",
    panel_empty="提问后，这里显示答案所依据的原文。",
    no_citation="这个回答没有引用原文。",
    unsupported="原文不足以支持这一句",
    meaning="文中“{}”即 {}",
    page="第 {} 页",
    open_original="查看原网页",
    copy="复制",
    copied="已复制",
    retry="重试",
    sources="来源",
    stage_names=(("lexical", "词语"), ("dense", "语义"), ("fused", "合并"), ("rerank", "精排")),
)

EN = Texts(
    tagline="Every sentence leads to its source",
    library="{documents} documents · {passages} passages",
    library_empty="The library is empty",
    empty_text="There is nothing to ask about yet. On the computer that runs Zhida, add documents in one of "
    "these ways, then reload this page:",
    ways_to_add=(
        ("Stop the service and run ", "make chat DOCS=FOLDER"),
        ("Or leave it running and, in the project's folder, run ", ".venv/bin/zhida sync FOLDER"),
    ),
    welcome_title="What would you like to know?",
    welcome_text="Answers come from the library only; a number opens its source. What the documents "
    "do not say, is said to be missing.",
    searching="Searching…",
    writing="{passages} passages found, answering…",
    nothing_found="No passage comes near…",
    finished="{passages} passages read · {seconds} s",
    mode_extractive="quoted",
    mode_model="written by a model",
    stopped="Stopped",
    refused_title="Not in the documents",
    nearest="Nearest passages",
    failed_title="No answer this time",
    failed_text="Something broke on our side; the server's log has the details. Please retry.",
    cited="Sources",
    considered="All passages considered",
    close="Close",
    panel_empty="Ask, and the source of the answer shows here.",
    no_citation="This answer cites nothing.",
    unsupported="The source does not fully support this sentence",
    meaning="“{}” in the text is {}",
    page="page {}",
    open_original="Open the original",
    copy="Copy",
    copied="Copied",
    retry="Retry",
    sources="Sources",
    stage_names=(("lexical", "words"), ("dense", "meaning"), ("fused", "fused"), ("rerank", "reranked")),
)


def texts_for(accept_language: str) -> Texts:
    """The language for an Accept-Language header: English where its first language is not Chinese."""
    first = accept_language.split(",")[0].strip().lower()
    return ZH if not first or first == "*" or first.startswith("zh") else EN


LABELS = {
    "zh": {
        "question": "问题",
        "placeholder": "输入问题，按 Enter 发送",
        "new": "新对话",
        "chat": "对话",
    },
    "en": {
        "question": "Question",
        "placeholder": "Type a question, Enter sends",
        "new": "New conversation",
        "chat": "Conversation",
    },
}
"""Labels that the browser itself chooses by its language, keyed as gr.I18n takes them."""
