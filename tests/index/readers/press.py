"""Makes PDF files for the tests: lines, columns, tables and pictures where a test wants them."""

import io
import random
import re
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

WIDTH, HEIGHT = A4
SONG = "STSong-Light"
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
"""Debian: fonts-noto-cjk. Only pictures need it; Chinese text in a PDF needs no font file."""
CLOSING = "，。、；：！？”’）》"

pdfmetrics.registerFont(UnicodeCIDFont(SONG))


def width_of(text, size, font=SONG):
    """Points that a text takes."""
    return pdfmetrics.stringWidth(text, font, size)


def wrap(text, width, size, indent=0.0, font=SONG):
    """Lines of at most `width` points, the first shorter by `indent`; no word or number is broken."""
    lines, line, room = [], "", width - indent
    pieces = text.split(" ") if text.isascii() else re.findall(r"[A-Za-z0-9]+|.", text)
    space = " " if text.isascii() else ""
    for piece in pieces:
        longer = line + (space if line else "") + piece
        if line and width_of(longer, size, font) > room and piece not in CLOSING:
            lines.append(line)
            line, room = piece, width
        else:
            line = longer
    return [*lines, line]


class Press:
    """A PDF in the making; y counts points from the top of the page."""

    def __init__(self, **options):
        self.file = io.BytesIO()
        self.canvas = canvas.Canvas(self.file, pagesize=A4, **options)
        self.page = 1

    def line(self, x, y, text, size=10.5, font=SONG):
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, HEIGHT - y, text)

    def lines(self, x, y, lines, size=10.5, indent=0.0, leading=16.0, font=SONG):
        """Draws lines below each other; returns where the next one belongs."""
        for number, line in enumerate(lines):
            self.line(x + (0 if number else indent), y, line, size, font)
            y += leading
        return y

    def paragraph(self, x, y, text, width=440, size=10.5, font=SONG):
        """A paragraph whose first line is set in, as Chinese ones are."""
        indent = 0.0 if text.isascii() else 2 * size
        return self.lines(x, y, wrap(text, width, size, indent, font), size, indent, 1.52 * size, font)

    def rule(self, x0, y, x1, y1=None):
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x0, HEIGHT - y, x1, HEIGHT - (y if y1 is None else y1))

    def picture(self, picture, x, y, width, height):
        self.canvas.drawImage(ImageReader(picture), x, HEIGHT - y - height, width, height)

    def turn(self):
        self.canvas.showPage()
        self.page += 1

    def data(self):
        self.canvas.save()
        return self.file.getvalue()


def scan(lines, size=(1240, 1754), font_size=36, top=150):
    """A picture of lines of text, as a scanner at 150 dots per inch gives it."""
    picture = Image.new("L", size, 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FONT), font_size)
    for number, line in enumerate(lines):
        draw.text((120, top + number * 2 * font_size), line, fill=0, font=font)
    return picture


def as_file(picture, kind="PNG", **options):
    """The bytes of a picture file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


WORDS = "质量 检验 标准 供应商 审核 过程 能力 记录 不合格 纠正 措施 风险 设备 校准 抽样 计划 改进 顾客 投诉 材料".split()


def prose(seed, sentences=4):
    """Sentences that nobody wrote, different for each seed."""
    chance = random.Random(seed)
    made = []
    for _ in range(sentences):
        words = [chance.choice(WORDS) for _ in range(chance.randint(7, 16))]
        cut = len(words) // 2
        made.append("".join(words[:cut]) + "，" + "".join(words[cut:]) + f"共{chance.randint(10, 999)}项。")
    return "".join(made)
