"""The viewer's words in its two languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """All of them; {} takes a number or a date."""

    lang: str
    other: str
    other_lang: str
    home: str
    skip: str
    outline: str
    close: str
    view_text: str
    view_pages: str
    views: str
    original: str
    copy: str
    copied: str
    copy_selection: str
    here: str
    published: str
    effective: str
    pages: str
    page: str
    characters: str
    notices: str
    unsure: str
    unsure_here: str
    web_page: str
    lost: str
    moved: str
    no_clause: str
    part: str
    parts: str
    earlier: str
    later: str
    out_of_force: str
    nothing: str
    gone_title: str
    gone: str
    failed_title: str


ZH = Words(
    lang="zh-CN",
    other="English",
    other_lang="en",
    home="质答",
    skip="跳到正文",
    outline="目录",
    close="关闭",
    view_text="文本",
    view_pages="页面",
    views="显示方式",
    original="打开原件",
    copy="复制链接",
    copied="已复制链接",
    copy_selection="复制此处的链接",
    here="链接到此处",
    published="{} 发布",
    effective="{} 起施行",
    pages="{} 页",
    page="第 {} 页",
    characters="{} 字",
    notices="读取时的说明",
    unsure="部分文字由图片识别得来，可能有误；文中以虚线标出，请对照原件。",
    unsure_here="由图片识别，可能有误",
    web_page="原网页",
    lost="链接所指的句子已不在这份文件里：文件更新过。下面是现在的全文。",
    moved="文件更新过，链接所指的句子换了位置，现标在这里。",
    no_clause="这份文件里没有这一条。",
    part="第 {} 部分，共 {} 部分",
    parts="分部分显示",
    earlier="← 上一部分",
    later="下一部分 →",
    out_of_force="已不再有效，引用前请核对新版本。",
    nothing="这份文件没有文字。",
    gone_title="没有这份文件",
    gone="它可能已从资料库移除，也可能您无权查看。",
    failed_title="现在打不开这份文件",
)

EN = Words(
    lang="en",
    other="中文",
    other_lang="zh-CN",
    home="Zhida 质答",
    skip="Skip to the text",
    outline="Contents",
    close="Close",
    view_text="Text",
    view_pages="Pages",
    views="View",
    original="Open the original",
    copy="Copy link",
    copied="Link copied",
    copy_selection="Copy link to this place",
    here="Link to here",
    published="published {}",
    effective="in force from {}",
    pages="{} pages",
    page="Page {}",
    characters="{} characters",
    notices="Notes from reading the file",
    unsure="Some of the text was recognised in pictures and may be wrong; it is underlined with dots. Check the original.",
    unsure_here="recognised in a picture, may be wrong",
    web_page="web page",
    lost="The sentence that this link points to is no longer in this document, which has been updated. This is its text now.",
    moved="The document has been updated and the sentence of this link has moved; it is marked where it stands now.",
    no_clause="This document has no such clause.",
    part="Part {} of {}",
    parts="Parts",
    earlier="← Earlier part",
    later="Later part →",
    out_of_force="No longer in force: look for the current version before you rely on it.",
    nothing="This document has no text.",
    gone_title="No such document",
    gone="It may have been removed from the library, or you may not be allowed to see it.",
    failed_title="This document cannot be opened now",
)

OUT_OF_FORCE = frozenset({"废止", "作废", "失效", "被代替", "被替代"})
"""Statuses of what is no longer in force."""


def words_for(asked: str, accept_language: str) -> Words:
    """The words for ?lang=, else for an Accept-Language header: English where its first language is not Chinese."""
    first = (asked or accept_language).split(",")[0].split(";")[0].strip().lower()
    return ZH if not first or first == "*" or first.startswith("zh") else EN
