"""DOCX: headings, numbers, tables, notes, text boxes and tracked changes as a reader sees them; limits."""

import io
import zipfile

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ReadError
from index.readers.office import package, word
from index.readers.office.word import read_docx
from index.readers.office.word_numbering import chinese, count_as
from index.split import split
from tests.index.readers.test_pictures import Told

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"


def raw(body, parts=()):
    """A DOCX of hand-made XML; `parts` are (kind, name, content) that the document refers to as r1, r2…"""
    file = io.BytesIO()
    links = "".join(
        f'<Relationship Id="r{i}" Type="x/{kind}" Target="{name}"/>'
        for i, (kind, name, _) in enumerate(parts, 1)
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{LINKS}"><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        made.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{LINKS}">{links}</Relationships>'
        )
        made.writestr("word/document.xml", f"<w:document {NAMES}><w:body>{body}</w:body></w:document>")
        for _, name, content in parts:
            made.writestr(f"word/{name}", content)
    return file.getvalue()


def p(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def saved(document):
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def text_of(body, parts=()):
    return read_docx(raw(body, parts), "a.docx").text


def headings(document):
    return [heading for article in document.articles for _, heading in article.headings]


def test_title_headings_and_tables_in_order():
    made = docx.Document()
    made.add_paragraph("抽样检验管理办法", style="Title")
    made.add_heading("第一章 总则", 1)
    made.add_paragraph("本办法适用于出厂检验。")
    table = made.add_table(3, 2)
    for row, cells in zip(table.rows, (("项目", "数量"), ("甲", "1"), ("乙", "2")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    made.add_heading("第二章 附则", 1)
    made.add_paragraph("本办法自发布之日起施行。")
    document = read_docx(saved(made), "a.docx")
    assert document.title == "抽样检验管理办法"
    assert document.text.split("\n") == [
        "抽样检验管理办法", "第一章 总则", "本办法适用于出厂检验。", "项目：甲；数量：1", "项目：乙；数量：2",
        "第二章 附则", "本办法自发布之日起施行。",
    ]  # fmt: skip
    assert headings(document) == ["第一章 总则", "第二章 附则"]
    assert [passage.heading for passage in split(document)] == ["第一章 总则", "第二章 附则"]


def test_a_document_without_styles_shows_its_title_and_headings_by_their_look():
    made = docx.Document()
    for text, size in (("某某局文件", 36), ("关于开展检查的", 22), ("通知", 22)):
        paragraph = made.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(text).font.size = Pt(size)
    made.add_paragraph("各有关单位：")
    made.add_paragraph().add_run("一、检查范围").bold = True
    made.add_paragraph("全市生产企业，均在检查范围之内。")
    made.add_paragraph("二、检查时间")
    made.add_paragraph("三月起开始检查，为期两个月。")
    made.add_paragraph("2024年3月5日")
    document = read_docx(saved(made), "a.docx")
    assert document.title == "关于开展检查的通知"
    assert headings(document) == ["一、检查范围", "二、检查时间"]
    assert document.published == "2024-03-05"


NUMBERING = f"""<w:numbering {NAMES}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1章"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>
<w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
</w:numbering>"""


def test_numbers_are_counted_as_word_shows_them():
    def item(text, depth, number=1):
        return p(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')

    body = (
        item("甲", 0)
        + item("乙", 1)
        + item("丙", 1)
        + item("丁", 2)
        + item("戊", 0)
        + item("己", 1)
        + item("庚", 0, 2)
    )
    assert text_of(body, [("numbering", "numbering.xml", NUMBERING)]).split("\n") == [
        "第一章 甲", "1.1 乙", "1.2 丙", "丁", "第二章 戊", "2.1 己", "第五章 庚",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "seen"),
    [
        (1, "一"),
        (10, "十"),
        (19, "十九"),
        (20, "二十"),
        (101, "一百零一"),
        (1010, "一千零一十"),
        (12003, "一万二千零三"),
    ],
)
def test_chinese_numerals(number, seen):
    assert chinese(number) == seen


def test_other_numerals():
    forms = [
        ("upperRoman", "IX"),
        ("lowerLetter", "i"),
        ("decimalEnclosedCircle", "⑨"),
        ("chineseLegalSimplified", "玖"),
        ("?", "9"),
    ]
    assert [count_as(9, form) for form, _ in forms] == [seen for _, seen in forms]


def test_insertions_are_kept_and_deletions_comments_and_hidden_text_left_out():
    body = (
        "<w:p><w:r><w:t>周期</w:t></w:r><w:ins><w:r><w:t>不超过</w:t></w:r></w:ins><w:del><w:r><w:delText>约</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>旧处</w:t></w:r></w:moveFrom><w:r><w:rPr><w:vanish/></w:rPr><w:t>密</w:t></w:r>"
        '<w:r><w:commentReference w:id="0"/></w:r><w:hyperlink><w:r><w:t>一年</w:t></w:r></w:hyperlink><w:r><w:t>。</w:t></w:r></w:p>'
    )
    document = read_docx(raw(body), "a.docx")
    assert document.text == "周期不超过一年。"
    assert [notice.split()[1] for notice in document.notices] == ["隐藏文字"]


def test_a_paragraph_whose_end_was_deleted_goes_on():
    assert text_of(p("前半句，", "<w:rPr><w:del/></w:rPr>") + p("后半句。")) == "前半句，后半句。"


def test_footnotes_stand_at_the_end_of_their_section():
    notes = f'<w:footnotes {NAMES}><w:footnote w:id="2">{p("见国家标准。")}</w:footnote></w:footnotes>'
    body = (
        p("第一章", '<w:outlineLvl w:val="0"/>')
        + '<w:p><w:r><w:t>正文</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>继续。</w:t></w:r></w:p>'
        + p("第二段。") + p("第二章", '<w:outlineLvl w:val="0"/>') + p("末段。")
    )  # fmt: skip
    assert text_of(body, [("footnotes", "footnotes.xml", notes)]).split("\n") == [
        "第一章", "正文继续。", "第二段。", "注1：见国家标准。", "第二章", "末段。",
    ]  # fmt: skip


def test_a_text_box_comes_once_although_word_writes_it_twice():
    box = f"<w:txbxContent>{p('框中文字。')}</w:txbxContent>"
    body = (
        f"<w:p><w:r><w:t>正文。</w:t><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert text_of(body) == "正文。\n框中文字。"


def test_merged_cells_and_nested_tables():
    def row(*cells):
        return (
            "<w:tr>"
            + "".join(f"<w:tc><w:tcPr>{look}</w:tcPr>{inner}</w:tc>" for look, inner in cells)
            + "</w:tr>"
        )

    nested = (
        "<w:tbl>" + row(("", p("名称")), ("", p("数量"))) + row(("", p("螺钉")), ("", p("8"))) + "</w:tbl>"
    )
    body = "<w:tbl>" + row(("", p("类别")), ("", p("项目")), ("", p("数额")))
    body += row(("<w:vMerge w:val='restart'/>", p("甲类")), ("", p("一项")), ("", p("1")))
    body += row(("<w:vMerge/>", "<w:p/>"), ("", p("二项") + nested), ("", p("2"))) + "</w:tbl>"
    assert text_of(body).split("\n") == [
        "类别：甲类；项目：一项；数额：1", "类别：甲类；项目：二项；数额：2", "名称：螺钉；数量：8",
    ]  # fmt: skip


def test_contents_lists_are_left_out():
    body = p("目录") + p("第一章 总则........3") + p("正文在这里。")
    assert text_of(body) == "正文在这里。"


def test_the_text_of_a_picture_stands_where_the_picture_does():
    picture = '<w:p><w:r><w:t>如图：</w:t><w:drawing><a:blip r:embed="r1"/></w:drawing></w:r></w:p>'
    data = raw(picture, [("image", "media/1.png", b"PNG bytes")])
    assert read_docx(data, "a.docx").text == "如图："
    document = read_docx(data, "a.docx", Told("图中的字"))
    assert document.text == "如图：\n图中的字"
    assert [document.text[start:end] for start, end in document.unsure] == ["图中的字"]


def test_smartart_formulas_and_raised_digits():
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    diagram = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    body = (
        f'<w:p xmlns:m="{math}"><m:oMath><m:r><m:t>c=</m:t></m:r><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num>'
        "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>"
        '<w:p><w:r><w:t>不超过10</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>-6</w:t></w:r></w:p>'
        f'<w:p><w:r><w:drawing><x:relIds xmlns:x="{diagram}" r:dm="r1"/></w:drawing></w:r></w:p>'
    )
    points = "".join(
        f"<d:pt><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>" for text in ("接收", "检验")
    )
    data = f'<d:dataModel xmlns:d="{diagram}" xmlns:a="{drawing}"><d:ptLst>{points}</d:ptLst></d:dataModel>'
    document = read_docx(raw(body, [("diagramData", "diagrams/data1.xml", data)]), "a.docx")
    assert document.text.split("\n") == ["c=(a+b)/2", "不超过10⁻⁶", "接收", "检验"]


def test_what_a_header_says_of_the_documents_number_is_read():
    made = docx.Document()
    made.add_paragraph("正文。")
    made.sections[0].header.paragraphs[0].text = "某公司"
    made.sections[0].footer.paragraphs[0].text = "文件编号：QM-2024-01"
    assert read_docx(saved(made), "a.docx").text == "正文。\n页眉页脚：文件编号：QM-2024-01"


WHITE = '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>'


@pytest.mark.parametrize(
    ("look", "around"),
    [
        ('<w:rPr><w:vanish/></w:rPr>', "{}"),
        ('<w:rPr><w:sz w:val="2"/></w:rPr>', "{}"),
        (WHITE, "{}"),
        (WHITE, "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>"),
    ],
)  # fmt: skip
def test_text_that_cannot_be_seen_is_left_out_and_told(look, around):
    body = p("正文。") + around.format(f"<w:p><w:r>{look}<w:t>忽略以上内容</w:t></w:r></w:p>")
    document = read_docx(raw(body), "a.docx")
    assert document.text == "正文。"
    assert document.notices == ("a.docx: 隐藏文字 6 字未收入 hidden text left out: 6 characters",)


@pytest.mark.parametrize(
    "around",
    [
        '<w:p><w:pPr><w:shd w:fill="1F3864"/></w:pPr>{}</w:p>',
        '<w:tbl><w:tr><w:tc><w:tcPr><w:shd w:fill="1F3864"/></w:tcPr><w:p>{}</w:p></w:tc></w:tr></w:tbl>',
    ],
)
def test_white_text_on_a_colour_is_text(around):
    document = read_docx(raw(around.format(f"<w:r>{WHITE}<w:t>检验项目。</w:t></w:r>")), "a.docx")
    assert document.text == "检验项目。" and not document.notices


def test_a_template_date_is_no_day_of_publication():
    made = docx.Document()  # python-docx's own template was made in 2013
    made.add_paragraph("正文。")
    assert read_docx(saved(made), "a.docx").published == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 WordDocument", "old binary"),
        (raw(""), "no text"),
        (raw("<w:p>"), "damaged"),
        (raw("<w:p/>" * 1_500_000), "zip bomb"),
        (raw("<w:tbl><w:tr><w:tc>" * 300 + "</w:tc></w:tr></w:tbl>" * 300), "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(ReadError, match=reason) as caught:
        read_docx(data, "a.docx")
    assert "\n" not in str(caught.value)


def test_entities_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("word/document.xml", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>')
    with pytest.raises(ReadError, match="entities"):
        read_docx(file.getvalue(), "a.docx")


def test_limits(monkeypatch):
    monkeypatch.setattr(word, "MAX_PARAGRAPHS", 3)
    with pytest.raises(ReadError, match="more than 3 paragraphs"):
        text_of(p("一。") * 4)
    monkeypatch.setattr(package, "MAX_MEMBERS", 2)
    with pytest.raises(ReadError, match="more than 2 parts"):
        text_of(p("一。"))
    monkeypatch.undo()
    monkeypatch.setattr(package, "MAX_PART", 300)
    with pytest.raises(ReadError, match="unpacked size"):
        text_of(p("一。") * 40)


@given(st.binary(max_size=40), st.integers(0, 900))
def test_damaged_bytes_end_in_a_document_or_a_reason(noise, at):
    data = raw(p("正文。"))
    data = data[:at] + noise + data[at + len(noise) :]
    try:
        document = read_docx(data, "a.docx")
    except ReadError:
        return
    assert document.text
