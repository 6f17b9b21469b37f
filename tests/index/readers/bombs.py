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
)


def write_long_line(file: Path, size: int) -> None:
    """A text file of `size` bytes without a line end; written in pieces, for it must not pass through memory."""
    with file.open("wb") as stream:
        for _ in range(size // MIB):
            stream.write(b"a" * MIB)
