"""XLS files of Excel 5 and 95 (BIFF5), made by hand, as no program that is installed here writes them.

After OpenOffice.org's Documentation of the Microsoft Excel File Format and of the Compound Document File Format.
"""

import struct

SECTOR = 512
FREE, END, OF_FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(name: str, stream: bytes) -> bytes:
    """A compound document of one stream."""
    stream = stream.ljust(4096, b"\0")  # shorter ones stand elsewhere
    stream += bytes(-len(stream) % SECTOR)
    count = len(stream) // SECTOR
    chain = [*range(3, count + 2), END]  # sector 0 is the table, 1 the directory, the stream from 2 on
    table = [OF_FAT, END, *chain]
    fat = struct.pack("<128I", *table, *[FREE] * (128 - len(table)))

    def entry(called: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = (called + "\0").encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBBiii", len(raw), kind, 1, -1, -1, child)
        return head + bytes(36) + struct.pack("<iII", start, size, 0)

    directory = entry("Root Entry", 5, 1, -2, 0) + entry(name, 2, -1, 2, len(stream)) + bytes(256)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(10) + struct.pack("<IIIIiIiI", 1, 1, 0, 4096, -2, 0, -2, 0)
    return header + struct.pack("<109I", 0, *[FREE] * 108) + fat + directory + stream


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def biff5(rows: list[list[object]], codepage: int = 936, encoding: str = "gbk", dated: int = -1) -> bytes:
    """A workbook of one sheet; texts in `encoding`, numbers as such, those of column `dated` as days."""
    look = record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + b"\x05Arial")
    styles = b"".join(
        record(0xE0, struct.pack("<HHHBBIHH", 0, number, 1, 0x20, 0, 0, 0, 0)) for number in (0, 14)
    )
    called = "表1".encode(encoding)
    cells = b""
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            place = struct.pack("<HHH", y, x, 1 if x == dated and y else 0)
            if isinstance(value, str):
                raw = value.encode(encoding)
                cells += record(0x204, place + struct.pack("<H", len(raw)) + raw)
            else:
                cells += record(0x203, place + struct.pack("<d", value))
    size = struct.pack("<HHHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    sheet = (
        record(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)) + record(0x200, size) + cells + record(10, b"")
    )
    head = record(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + record(0x42, struct.pack("<H", codepage))
    head += look * 4 + styles
    at = len(head) + 4 + 7 + len(called) + 4
    head += record(0x85, struct.pack("<IHB", at, 0, len(called)) + called) + record(10, b"")
    return compound("Book", head + sheet)
