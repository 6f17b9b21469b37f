"""The page for the owners of documents: what it says, and that nothing in a name or reason becomes markup."""

import ast
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from index.passage import Hygiene
from index.sync import SyncReport
from ui.advice import OTHER, advice_for
from ui.sync_report import MOST_LISTED, Occasion, report_page

ROOT = Path(__file__).parents[2]
PAYLOADS = [
    "<script>alert(1)</script>.pdf",
    '"><img src=x onerror=alert(1)>.docx',
    "</td></table><iframe src=//evil.example>.txt",
    "javascript:alert(1)//.md",
    "' onmouseover='alert(1)",
    "</style><style>*{background:url(//evil.example/x)}",
    "&lt;b&gt;&#60;script&#62;",
    "{{template}} ${x} %s {0}",
    "换行\n<svg/onload=alert(1)>\r\u2028\u202egpj.exe\x1b[2J\x00",
    "]]><!--<base href=//evil.example/>-->",
]
REPORT = SyncReport(
    added=["甲.txt"],
    updated=["乙.pdf"],
    removed=["旧.txt"],
    unchanged=["丙.txt", "丁.txt"],
    failed=[
        ("/d/扫描.pdf", "扫描.pdf: 没有找到文字（扫描件？） no text found (scan?)"),
        ("/d/密.pdf", "密.pdf: PDF 已加密，需要口令 the PDF is encrypted; 请另存为不加密的文件"),
    ],
    notices={"乙.pdf": ("乙.pdf: 第 2 页识别把握不大（61%），请核对原件 recognised with little confidence",)},
    documents=4,
    passages=99,
    seconds=1.25,
    files={"甲.txt": Hygiene(wraps_joined=7, articles=1), "乙.pdf": Hygiene(wraps_joined=5, articles=2)},
)


def page(report: SyncReport, similar: list[tuple[str, ...]] | None = None) -> str:
    occasion = Occasion(datetime(2026, 3, 4, 5, 6), Path("/h"), [Path("/d")], report.notices, similar)
    return report_page(report, occasion)


class Outline(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_says_what_to_do_about_each_file_in_both_languages() -> None:
    text = page(REPORT)
    said = " ".join(Outline(text).texts)
    for words in (
        "扫描.pdf",
        "no text found (scan?)",
        "已加密",
        "去掉口令后另存",
        "save it without a password",
    ):
        assert words in said
    assert "识别把握不大" in said and "check these pages against the original" in said
    for count in ("新增 added", "失败 failed", "未变 unchanged", "2026-03-04 05:06"):
        assert count in said
    assert re.search(r"接回断行 wraps joined</dt><dd>12<", text)  # 7 + 5
    assert "几乎相同" not in said


def test_the_page_needs_no_script_and_asks_nobody_for_anything() -> None:
    outline = Outline(page(REPORT))
    assert not {"script", "img", "link", "a", "iframe", "form", "object", "base"} & set(outline.tags)
    assert not any(name in ("src", "href") or name.startswith("on") for name, _ in outline.attributes)
    policy = next(value for name, value in outline.attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_near_duplicates_are_shown_when_somebody_has_looked_for_them() -> None:
    said = " ".join(Outline(page(REPORT, [("通知.pdf", "通知（副本）.pdf")])).texts)
    assert "几乎相同" in said and "通知（副本）.pdf" in said
    assert "几乎相同" in page(REPORT, [])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_names_and_reasons_stay_text(payload: str) -> None:
    harmless = Outline(page(_with("x")))
    hostile = page(_with(payload), [(payload, "b")])
    expected = Outline(page(_with("x"), [("x", "b")]))
    found = Outline(hostile)
    assert found.tags == expected.tags and found.attributes == expected.attributes
    assert len(harmless.tags) < len(found.tags)
    assert not re.search("[\x00-\x09\x0b-\x1f\u2028\u202a-\u202e]", hostile)


def _with(text: str) -> SyncReport:
    return replace(
        REPORT,
        added=[text],
        removed=[text],
        unchanged=[text],
        failed=[(text, f"{text}: broken {text}")],
        notices={text: (f"hidden {text}",)},
        files={text: Hygiene()},
        message=text,
    )


def test_very_long_lists_are_cut_with_a_word_about_the_rest() -> None:
    many = replace(REPORT, unchanged=[f"{i}.txt" for i in range(MOST_LISTED + 7)])
    assert "还有 7 行 and 7 more" in page(many)


def messages() -> list[str]:
    """What the readers may say: the texts given to ReadError in their sources, with … for what is filled in."""
    found = set()
    for file in [*(ROOT / "index/readers").rglob("*.py"), ROOT / "index/reading.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ReadError" and node.args:
                found.add(_text(node.args[0]))
    return sorted(text for text in found if len(text.replace("…", "").strip(" :.")) > 3)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"


@pytest.mark.parametrize("message", messages())
def test_every_reason_of_the_readers_has_a_remedy(message: str) -> None:
    assert advice_for(message) is not OTHER


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("没有找到文字（扫描件？） no text found (scan?)", "没有文字"),
        ("文件是空的 the file is empty", "没有文字"),
        ("读取超过 60 秒，已停止 reading took longer than 60 s and was stopped", "太大"),
        ("reading it takes more memory than the limit of 2048 MiB", "太大"),
        ("无法读取 cannot be read: Permission denied", "读不到"),
        ("链接指向文件夹之外 the link leads out of the folder", "不是可读"),
        ("refused: packed 900 times, a zip bomb", "内容可疑"),
        ("不支持 .exe 文件 files of type .exe cannot be read; 支持 supported: .csv", "格式不支持"),
        ("1 pictures were not read; damaged, too large or of another format", "图片读不了"),
        ("图片需要文字识别 a picture needs OCR; no tesseract", "图片需要"),
    ],
)
def test_kinds_of_trouble(reason: str, kind: str) -> None:
    assert advice_for(reason).kind.startswith(kind)
