"""Files made to hurt their reader, each by a function that returns (name, bytes); small on disk, large when read."""

import io
import zipfile
import zlib
from pathlib import Path

MIB = 1024 * 1024


def packed(members: dict[str, bytes]) -> bytes:
    """A ZIP archive of these files, deflated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def zeros() -> tuple[str, bytes]:
    """One file of 300 MiB of zeros."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.txt", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(MIB))
    return "zeros.zip", stream.getvalue()


def many() -> tuple[str, bytes]:
    """A hundred thousand empty files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for i in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"{i}.txt"), b"")
    return "many.zip", stream.getvalue()


def nested() -> tuple[str, bytes]:
    """Ten archives in one another, ten of each: 10^10 files at the bottom."""
    data = packed({"a.txt": b"x" * 1000})
    for _ in range(10):
        data = packed({f"{i}.zip": data for i in range(10)})
    return "nested.zip", data


def overlapping() -> tuple[str, bytes]:
    """Entries that all claim the same bytes, after Fifield, A better zip bomb (WOOT 2019)."""
    data = bytearray(packed({"a.txt": bytes(900 * 1024)}))
    at = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = bytes(data[at:end])
    count = 2000
    record = bytearray(data[end:])
    record[8:12] = count.to_bytes(2, "little") * 2
    record[12:16] = (len(entry) * count).to_bytes(4, "little")
    return "overlapping.zip", bytes(data[:at]) + entry * count + bytes(record)


def lying() -> tuple[str, bytes]:
    """A member that unpacks to a hundred times what its entry says."""
    data = bytearray(packed({"a.txt": b"a" * (20 * MIB)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = (200_000).to_bytes(4, "little")
    return "lying.zip", bytes(data)


def laughs() -> tuple[str, bytes]:
    """The billion laughs: nine levels of ten entities each."""
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return "laughs.xml", f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{levels}]><r>&l9;</r>'.encode()


def external() -> tuple[str, bytes]:
    """An entity that stands for a file of this machine."""
    return (
        "external.xml",
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel>&x;</channel></rss>',
    )


def deep_html() -> tuple[str, bytes]:
    """A hundred thousand elements in one another."""
    return (
        "deep.html",
        b"<div>" * 100_000 + "生产者应当对其生产的产品质量负责。".encode() + b"</div>" * 100_000,
    )


def deep_xml() -> tuple[str, bytes]:
    """The same in XML."""
    return "deep.xml", b"<rss>" + b"<a>" * 100_000 + b"x" + b"</a>" * 100_000 + b"</rss>"


def wide_table() -> tuple[str, bytes]:
    """Cells that claim to span a thousand rows and columns."""
    row = "<tr>" + "<td rowspan=1000 colspan=1000>甲</td>" * 200 + "</tr>"
    return "wide.html", f"<table>{row * 200}</table>".encode()


def many_tags() -> tuple[str, bytes]:
    """Half a million elements that are never closed."""
    return "tags.html", b"<p>a<b>" * 250_000


def long_line() -> tuple[str, bytes]:
    """Thirty megabytes without a line end."""
    return "long.html", b"<p>" + b"a " * (15 * MIB)


def huge_sheet() -> tuple[str, bytes]:
    """A sheet that says it has a million rows of full width, packed to some kilobytes."""
    row = b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        b"<sheetData>" + row * 300_000 + b"</sheetData></worksheet>"
    )
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    return "sheet.xlsx", packed(
        {
            "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            b'<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            b'spreadsheetml.sheet.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r" Type="{kinds}/officeDocument" '
            f'Target="xl/workbook.xml"/></Relationships>'.encode(),
            "xl/workbook.xml": f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'xmlns:r="{kinds}"><sheets><sheet name="a" sheetId="1" r:id="s"/></sheets></workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="s" '
            f'Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


def mails() -> tuple[str, bytes]:
    """Mails inside mails, three hundred deep."""
    mail = b"Subject: x\r\n\r\nText.\r\n"
    for _ in range(300):
        mail = b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n" + mail
    return "mails.eml", mail


def boundaries() -> tuple[str, bytes]:
    """A mail of two hundred thousand empty parts."""
    return (
        "parts.eml",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 200_000,
    )


def pdf_stream() -> tuple[str, bytes]:
    """A page whose content unpacks to 400 MiB of operators."""
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b"BT (a) Tj ET " * 80_000) for _ in range(400)) + packer.flush()
    return "stream.pdf", (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n4 0 obj<</Filter/FlateDecode/Length "
        + str(len(stream)).encode()
        + b">>stream\n"
        + stream
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
    )


def _office(main: str, kind: str, parts: dict[str, bytes]) -> bytes:
    """An office file whose main part is `main`, of these parts."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    folder, _, file = main.rpartition("/")
    links = "".join(
        f'<Relationship Id="r{n}" Type="{kinds}/{kind}" Target="{name.removeprefix(folder + "/")}"/>'
        for n, name in enumerate(parts)
        if name != main
    )
    return packed(
        {
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r" Type="{kinds}/officeDocument" '
            f'Target="{main}"/></Relationships>'.encode(),
            f"{folder}/_rels/{file}.rels": f'<Relationships xmlns="{relations}">{links}</Relationships>'.encode(),
            **parts,
        }
    )


_W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def quadratic() -> tuple[str, bytes]:
    """One long entity, named fifty thousand times, as the main part of an office file."""
    xml = b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 50_000 + b'">]><w:document ' + _W + b">" + b"&a;" * 50_000
    return "quadratic.docx", _office("word/document.xml", "x", {"word/document.xml": xml + b"</w:document>"})


def quadratic_late() -> tuple[str, bytes]:
    """The same behind a comment so long that who looks at the head only misses it."""
    xml = (
        b"<!--"
        + b" " * 9000
        + b'--><!DOCTYPE r [<!ENTITY a "'
        + b"a" * 50_000
        + b'">]><w:document '
        + _W
        + b">"
    )
    xml += b"<w:body><w:p><w:r><w:t>" + b"&a;" * 50_000 + b"</w:t></w:r></w:p></w:body></w:document>"
    return "late.docx", _office("word/document.xml", "x", {"word/document.xml": xml})


def many_runs() -> tuple[str, bytes]:
    """Some 180 KiB of Word: half a million paragraphs of a run each."""
    one = b"<w:p><w:r><w:t>%d</w:t></w:r></w:p>"
    body = b"".join(one % (n % 7919) for n in range(500_000))
    return "runs.docx", _office(
        "word/document.xml",
        "x",
        {"word/document.xml": b"<w:document " + _W + b"><w:body>" + body + b"</w:body></w:document>"},
    )


def nested_tables() -> tuple[str, bytes]:
    """Tables in tables, sixty deep, with twenty rows at each depth."""
    inner = b"<w:p><w:r><w:t>a</w:t></w:r></w:p>"
    for _ in range(60):
        inner = (
            b"<w:tbl>"
            + b"<w:tr><w:tc><w:p/></w:tc></w:tr>" * 20
            + b"<w:tr><w:tc>"
            + inner
            + b"<w:p/></w:tc></w:tr></w:tbl>"
        )
    return "tables.docx", _office(
        "word/document.xml",
        "x",
        {"word/document.xml": b"<w:document " + _W + b"><w:body>" + inner + b"</w:body></w:document>"},
    )


def wide_merges() -> tuple[str, bytes]:
    """Ten thousand merged ranges, each of the whole sheet, and cells in its last corner."""
    x = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    merges = b'<mergeCell ref="A1:XFD1048576"/>' * 10_000
    cells = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 20_000))
    first = b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    sheet = b"<worksheet " + x + b"><sheetData>" + first + cells + b"</sheetData><mergeCells>" + merges
    book = (
        b"<workbook " + x + b' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    )
    book += b'<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
    parts = {"xl/workbook.xml": book, "xl/sheet1.xml": sheet + b"</mergeCells></worksheet>"}
    return "merges.xlsx", _office("xl/workbook.xml", "worksheet", parts)


def members() -> tuple[str, bytes]:
    """An archive of ten thousand small texts."""
    return "members.zip", packed({f"{n}.txt": b"a." for n in range(10_000)})


def huge_picture() -> tuple[str, bytes]:
    """A PNG of 60,000 by 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (60_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress(bytes(60_001 * 500), 9)
    return "huge.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(
        b"IEND", b""
    )


def pictures() -> tuple[str, bytes]:
    """A document of two hundred pictures of 80 million pixels each."""
    a = b'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    r = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'

    def picture(n: int) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

        head = (8_000).to_bytes(4, "big") + (9_999).to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
        rows = zlib.compress(bytes(8_001) * 10 + bytes(1) + bytes([n]) * 8_000, 9)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    count = 200
    body = b"<w:p><w:r><w:t>a.</w:t></w:r></w:p>" + b"".join(
        b'<w:p><w:r><w:drawing><a:blip r:embed="r%d"/></w:drawing></w:r></w:p>' % n
        for n in range(1, count + 1)
    )
    parts = {
        "word/document.xml": b"<w:document "
        + b" ".join((_W, a, r))
        + b"><w:body>"
        + body
        + b"</w:body></w:document>"
    }
    parts |= {f"word/media/{n}.png": picture(n) for n in range(1, count + 1)}
    return "pictures.docx", _office("word/document.xml", "image", parts)


def page_tree() -> tuple[str, bytes]:
    """A PDF that says it has a million pages, all of them the same."""
    levels = 6
    objects = [b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj"]
    for n in range(levels):
        kids = b" ".join([b"%d 0 R" % (n + 3)] * 10)
        objects.append(b"%d 0 obj<</Type/Pages/Count %d/Kids[%s]>>endobj" % (n + 2, 10 ** (levels - n), kids))
    objects.append(b"%d 0 obj<</Type/Page/MediaBox[0 0 99 99]>>endobj" % (levels + 2))
    return "tree.pdf", b"%PDF-1.4\n" + b"\n".join(objects) + b"\ntrailer<</Root 1 0 R>>\n"


def giant_page() -> tuple[str, bytes]:
    """A PDF page of ten million points a side with a picture that fills it: it must not be drawn at 300 dots an inch."""
    return "giant.pdf", (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 10000000 10000000]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"
        b"endobj\n4 0 obj<</Length 40>>stream\nq 9999999 0 0 9999999 0 0 cm /I Do Q   \nendstream endobj\n"
        b"5 0 obj<</Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray/Length 4>>stream\n\x00\xff\xff\x00\n"
        b"endstream endobj\ntrailer<</Root 1 0 R>>\n"
    )


def object_stream() -> tuple[str, bytes]:
    """A PDF whose objects stand in a stream that unpacks to 300 MiB."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b" " * MIB) for _ in range(300)) + packer.flush()
    return "objects.pdf", (
        b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"9 0 obj<</Type/ObjStm/N 1/First 5/Filter/FlateDecode/Length "
        + str(len(body)).encode()
        + b">>stream\n"
        + body
        + b"\nendstream endobj\n"
        b"8 0 obj<</Type/XRef/Size 10/W[1 2 1]/Root 1 0 R/Index[1 2]/Length 8>>stream\n\x01\x00\x09\x00\x02\x00\x09\x00\n"
        b"endstream endobj\nstartxref\n"
    ) + b"%d\n%%%%EOF" % 0


def deep_json() -> tuple[str, bytes]:
    """A page whose linked data nests a hundred thousand lists."""
    script = b'<script type="application/ld+json">' + b"[" * 100_000 + b"]" * 100_000 + b"</script>"
    return "linked.html", b"<head>" + script + b"</head><p>" + "生产者应当对其生产的产品质量负责。".encode()


def deep_quotes() -> tuple[str, bytes]:
    """Markdown of tens of thousands of marks of quotation and of emphasis, and comments that never end."""
    return "quotes.md", b">" * 30_000 + b"*" * 30_000 + b" x.\n" + b"<!--\n<span style=" * 5_000


BOMBS = (
    zeros,
    many,
    nested,
    overlapping,
    lying,
    laughs,
    external,
    deep_html,
    deep_xml,
    wide_table,
    many_tags,
    long_line,
    huge_sheet,
    mails,
    boundaries,
    pdf_stream,
    quadratic,
    quadratic_late,
    many_runs,
    nested_tables,
    wide_merges,
    members,
    huge_picture,
    pictures,
    page_tree,
    giant_page,
    object_stream,
    deep_json,
    deep_quotes,
)


def write_long_line(file: Path, size: int) -> None:
    """A text file of `size` bytes without a line end; written in pieces, for it must not pass through memory."""
    with file.open("wb") as stream:
        for _ in range(size // MIB):
            stream.write(b"a" * MIB)
