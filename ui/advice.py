"""What the owner of a document can do about a file that was not read, or not read wholly.

Readers say in one line what is wrong; here each kind of it has a short name and a remedy. Matched by the words of
the reason, since it may come from a child process, an archive or a mail's attachment. First match counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """A kind of trouble and its remedy, each in Chinese with English beside."""

    kind: str
    kind_en: str
    remedy: str
    remedy_en: str


_KINDS: tuple[tuple[str, Advice], ...] = (
    (
        r"pictures were not read; .*damaged|picture is damaged|picture is too large",
        Advice(
            "图片读不了",
            "pictures that cannot be opened",
            "把图片另存为 PNG 或 JPEG（不超过原因中的上限）再放入；只是装饰就不用管",
            "save the picture as PNG or JPEG within the limit and put it back; leave it if it is decoration",
        ),
    ),
    (
        r"recognition took",
        Advice(
            "识别用时过长",
            "recognition takes too long",
            "请拆分文件，或把图片缩小、改为可以复制文字的版本",
            "split the file, make its pictures smaller, or put in a version whose text can be copied",
        ),
    ),
    (
        r"needs OCR|a scan needs|tesseract|not read \(OCR\)|pictures.* were not read|recognition failed",
        Advice(
            "图片需要文字识别",
            "pictures need OCR",
            "请管理员安装 tesseract-ocr 与 tesseract-ocr-chi-sim，或提供可以复制文字的版本",
            "install tesseract-ocr and tesseract-ocr-chi-sim, or put in a version whose text can be copied",
        ),
    ),
    (
        r"page cannot be shown",
        Advice(
            "页面打不开",
            "a page that cannot be drawn",
            "用阅读器打开看看，再另存一份",
            "open it in a viewer and save it again",
        ),
    ),
    (
        r"little confidence",
        Advice(
            "识别把握不大",
            "recognised with little confidence",
            "请对照原件核对这些页；更清楚的扫描（300 dpi 以上）会好一些",
            "check these pages against the original; a clearer scan (300 dpi or more) helps",
        ),
    ),
    (
        r"no text|holds no web page|page is empty|is empty|no files|nothing in the archive",
        Advice(
            "没有文字（扫描件或空文件？）",
            "no text (a scan, or empty?)",
            "打开看看：是扫描件就换成可以复制文字的版本，是空文件就删除或补上内容",
            "open it: replace a scan by a version whose text can be copied, delete or fill an empty file",
        ),
    ),
    (
        r"encrypted|password",
        Advice(
            "已加密", "encrypted", "去掉口令后另存，再放回原处", "save it without a password and put it back"
        ),
    ),
    (
        r"refused",
        Advice(
            "内容可疑或超出限制，已拒绝",
            "refused as suspicious or beyond the limits",
            "请向来源确认文件；没有问题就用原来的软件重新导出或拆分",
            "ask where it came from; if it is sound, export it again or split it",
        ),
    ),
    (
        r"too large|too many|too much text|too deeply|more memory|took longer|over the limit|unpacks to more|only (the first|pages)"
        r"|too much",
        Advice(
            "太大或太复杂",
            "too large or too complex",
            "拆成几个较小的文件再放入",
            "split it into several smaller files",
        ),
    ),
    (
        r"cannot tell the encoding|its bytes are not|not valid Unicode|is binary, not text",
        Advice(
            "文字编码认不出",
            "encoding not recognised",
            "用编辑器打开，另存为 UTF-8 文本",
            "open it in an editor and save it as UTF-8 text",
        ),
    ),
    (
        r"cannot be read; 支持 supported|packed in a way|binary workbook|needs the package",
        Advice(
            "格式不支持",
            "format not supported",
            "另存为原因中列出的格式之一（如 .docx、.xlsx、.pdf、.txt）；缺少软件包时请管理员安装",
            "save it in one of the formats that the reason lists; where a package is missing, have it installed",
        ),
    ),
    (
        r"broken|damaged|crashed|page cannot be shown|not valid|not XML|not a mail|not a ZIP|cannot be parsed|is not what",
        Advice(
            "文件已损坏",
            "broken file",
            "用办公软件打开后重新导出；打不开就换一份副本",
            "open it in its program and export it again; if it does not open, find another copy",
        ),
    ),
    (
        r"hidden|cannot be seen",
        Advice(
            "含有看不见的文字",
            "holds hidden text",
            "隐藏文字未收入；确需收入就在原文件中取消隐藏，来历不明就先核对来源",
            "hidden text was left out; unhide it in the file if it belongs there, else check where the file came from",
        ),
    ),
    (
        r"link leads|not a regular file",
        Advice(
            "不是可读的文件",
            "not a readable file",
            "用文件本身代替这个链接，或从文件夹中移走",
            "put the file itself in place of the link, or take it out of the folder",
        ),
    ),
    (
        r"cannot be read|changed while|cannot start|cannot be run|was stopped|attachment was not read",
        Advice(
            "读不到",
            "could not be opened",
            "检查读取权限、共享盘是否挂载、文件是否正被占用，然后再同步一次",
            "check permissions, the mounted share and whether a program holds the file, then sync again",
        ),
    ),
)
_COMPILED = tuple((re.compile(pattern), advice) for pattern, advice in _KINDS)

OTHER = Advice("其他", "other", "见原因", "see the reason")


def advice_for(reason: str) -> Advice:
    """The remedy for a reason or notice as readers word them; OTHER for one that nobody has thought of."""
    return next((advice for pattern, advice in _COMPILED if pattern.search(reason)), OTHER)
