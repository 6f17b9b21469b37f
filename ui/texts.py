"""The words of the chat page in Chinese and English.

Chinese comes first: English is used only for a browser that asks for another language. What the
documents say is never translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. Fields with {} are filled by `str.format`."""

    lang: str
    """As the page names its language."""
    tagline: str
    library: str
    library_empty: str
    empty_text: str
    empty_for_readers: str
    """Where who reads the page may not add documents."""
    ways_to_add: tuple[tuple[str, str], ...]
    """(introduction, command) of each way to put documents into the library."""
    welcome_title: str
    welcome_text: str
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
    no_citation: str
    unsupported: str
    meaning: str
    page: str
    open_original: str
    copy: str
    retry: str
    sources: str
    busy_title: str
    up: str
    down: str
    draft: str
    citation: str
    """With {number} and {source}: how a screen reader names a citation."""
    evidence: str
    scores: str
    total: str
    unsure: str
    viewer: str
    source_changed: str
    source_gone: str
    also_in: str
    question: str
    placeholder: str
    keys: str
    send: str
    stop: str
    new: str
    conversation: str
    conversations: str
    no_conversations: str
    none_found: str
    untitled: str
    find: str
    rename: str
    delete: str
    export_markdown: str
    export_word: str
    exported: str
    theme: str
    signed_in: str
    sign_out: str
    attach: str
    files: str
    collections: str
    everything: str
    common: str
    editing: str
    cancel: str
    follow_up: str
    stage_names: tuple[tuple[str, str], ...]
    script: Mapping[str, str]
    """What the page's script says by itself, by the names it uses."""

    def stage(self, name: str) -> str:
        """What a retrieval stage is called on the page; a stage without a name keeps its own."""
        return dict(self.stage_names).get(name, name)


ZH = Texts(
    lang="zh-CN",
    tagline="每一句都能查到原文",
    library="{documents} 份文件 · {passages} 段",
    library_empty="资料库是空的",
    empty_text="还没有可查的文件。在运行质答的电脑上，用下面任一种办法添加，然后刷新本页：",
    empty_for_readers="还没有您可以查阅的文件。请联系管理员。",
    ways_to_add=(
        ("关闭服务，运行 ", "make chat DOCS=文件夹"),
        ("不必关闭服务，另开一个终端，在项目文件夹运行 ", ".venv/bin/zhida sync 文件夹"),
    ),
    welcome_title="想从资料里知道什么？",
    welcome_text="回答只取自资料库，句末的编号可以点开原文。资料里没有的，会直接说没有。",
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
    no_citation="这个回答没有引用原文。",
    unsupported="原文不足以支持这一句",
    meaning="文中“{}”即 {}",
    page="第 {} 页",
    open_original="查看原网页",
    copy="复制",
    retry="重试",
    sources="来源",
    busy_title="现在提问的人太多",
    up="有帮助",
    down="没帮助",
    draft="加入测试题",
    citation="引用 {number}：{source}",
    evidence="答案的依据",
    scores="按得分排列；每一步的得分都越高越好，只能在同一个问题里比较。",
    total="总分",
    unsure="这段文字由图片识别而来，可能有错字，请与原件核对。",
    viewer="在全文中查看",
    source_changed="这份文件后来改过，下面是回答时的原文。",
    source_gone="这份文件已不在资料库，下面是回答时的原文。",
    also_in="同样的内容也见于：{}",
    question="问题",
    placeholder="输入问题",
    keys="Enter 发送 · Shift+Enter 换行",
    send="发送",
    stop="停止",
    new="新对话",
    conversation="对话",
    conversations="对话记录",
    no_conversations="还没有对话。",
    none_found="没有找到这样的对话。",
    untitled="未命名的对话",
    find="搜索对话",
    rename="改名",
    delete="删除",
    export_markdown="导出 Markdown",
    export_word="导出 Word",
    exported="导出于 {date}",
    theme="切换深色或浅色",
    signed_in="已登录：{}",
    sign_out="退出登录",
    attach="添加文件，只在这个对话里可查",
    files="这个对话的文件",
    collections="在哪些资料里查",
    everything="全部资料",
    common="公共资料",
    editing="正在修改上一个问题",
    cancel="取消",
    follow_up="可以接着问",
    stage_names=(
        ("lexical", "词语"),
        ("dense", "语义"),
        ("fused", "合并"),
        ("rerank", "精排"),
        ("lookup", "条款定位"),
    ),
    script=MappingProxyType(
        {
            "waiting": "前面还有 {} 个问题，正在排队…",
            "searching": "正在检索…",
            "writing": "找到 {} 段，正在回答…",
            "nothing": "没有找到相近的段落…",
            "ready": "回答完毕",
            "stopped": "已停止",
            "retry": "重试",
            "edit": "修改问题",
            "copied": "已复制",
            "lost": "与服务的连接断了。请检查网络或服务，然后重试。",
            "reason": "哪里不好？",
            "reasons": "答非所问|引用不对|不完整|已过时|其他",
            "comment": "可以补充一句（可不填）",
            "submit": "提交",
            "thanks": "谢谢，已记下",
            "draft": "加入测试题",
            "drafted": "已加入待审的测试题",
            "opening": "正在打开…",
            "confirm": "再点一次删除，不能恢复",
            "deleted": "已删除",
            "failed": "没有办成，请再试一次",
            "uploading": "正在读取…",
            "uploaded": "可以问了",
            "remove": "移除",
            "chosen": "{} 类资料",
            "everything": "全部资料",
            "today": "今天",
            "yesterday": "昨天",
            "name": "对话的名称",
            "drop": "松开即可添加",
        }
    ),
)

EN = Texts(
    lang="en",
    tagline="Every sentence leads to its source",
    library="{documents} documents · {passages} passages",
    library_empty="The library is empty",
    empty_text="There is nothing to ask about yet. On the computer that runs Zhida, add documents in one of "
    "these ways, then reload this page:",
    empty_for_readers="There is nothing that you may read yet. Please ask an administrator.",
    ways_to_add=(
        ("Stop the service and run ", "make chat DOCS=FOLDER"),
        ("Or leave it running and, in the project's folder, run ", ".venv/bin/zhida sync FOLDER"),
    ),
    welcome_title="What would you like to know?",
    welcome_text="Answers come from the library only; a number opens its source. What the documents "
    "do not say, is said to be missing.",
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
    no_citation="This answer cites nothing.",
    unsupported="The source does not fully support this sentence",
    meaning="“{}” in the text is {}",
    page="page {}",
    open_original="Open the original",
    copy="Copy",
    retry="Retry",
    sources="Sources",
    busy_title="Too many questions right now",
    up="Helpful",
    down="Not helpful",
    draft="Make it a test question",
    citation="Citation {number}: {source}",
    evidence="What the answer rests on",
    scores="Best first. Of every score, higher is better; compare them within one question only.",
    total="total",
    unsure="This text was recognised in a picture and may hold mistakes; check it against the original.",
    viewer="Read it in the document",
    source_changed="This document has changed since; below is what it said then.",
    source_gone="This document is no longer in the library; below is what it said then.",
    also_in="The same is said in: {}",
    question="Question",
    placeholder="Type a question",
    keys="Enter sends · Shift+Enter for a new line",
    send="Send",
    stop="Stop",
    new="New chat",
    conversation="Conversation",
    conversations="Conversations",
    no_conversations="No conversation yet.",
    none_found="No conversation like that.",
    untitled="Untitled conversation",
    find="Search conversations",
    rename="Rename",
    delete="Delete",
    export_markdown="Export as Markdown",
    export_word="Export to Word",
    exported="Exported on {date}",
    theme="Dark or light",
    signed_in="Signed in as {}",
    sign_out="Sign out",
    attach="Add files, for this conversation only",
    files="Files of this conversation",
    collections="Where to search",
    everything="All documents",
    common="Common documents",
    editing="Changing the last question",
    cancel="Cancel",
    follow_up="Go on with",
    stage_names=(
        ("lexical", "words"),
        ("dense", "meaning"),
        ("fused", "fused"),
        ("rerank", "reranked"),
        ("lookup", "clause"),
    ),
    script=MappingProxyType(
        {
            "waiting": "{} questions come first, waiting…",
            "searching": "Searching…",
            "writing": "{} passages found, answering…",
            "nothing": "No passage comes near…",
            "ready": "The answer is there",
            "stopped": "Stopped",
            "retry": "Retry",
            "edit": "Change the question",
            "copied": "Copied",
            "lost": "The connection to the service is lost. Check the network or the service, then retry.",
            "reason": "What is wrong with it?",
            "reasons": "Beside the point|Wrong source|Incomplete|Out of date|Other",
            "comment": "Anything to add (optional)",
            "submit": "Send",
            "thanks": "Thank you, noted",
            "draft": "Make it a test question",
            "drafted": "Added to the test questions to be reviewed",
            "opening": "Opening…",
            "confirm": "Click again to delete for good",
            "deleted": "Deleted",
            "failed": "That did not work, please try again",
            "uploading": "Reading…",
            "uploaded": "ready",
            "remove": "Remove",
            "chosen": "{} collections",
            "everything": "All documents",
            "today": "Today",
            "yesterday": "Yesterday",
            "name": "Name of the conversation",
            "drop": "Drop to add",
        }
    ),
)


def texts_for(accept_language: str) -> Texts:
    """The language for an Accept-Language header: English where its first language is not Chinese."""
    first = accept_language.split(",")[0].strip().lower()
    return ZH if not first or first == "*" or first.startswith("zh") else EN
