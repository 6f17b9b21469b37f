"""Clean truth in, text out as it comes from a PDF newsletter or a saved web page, with all their quirks.

A newsletter's `paragraphs` hold its sub-headings too, in reading order; `headings` says which they are.
`python -m tests.layout` rewrites the rendered sample in eval/sets/sample.
"""

import json
import random
import re
import unicodedata
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[1] / "eval" / "sets" / "sample"
PAGE_ROWS, TITLE_WIDTH, BULLETS = 28, 24, "\uf075\uf075\uf076\uf08f"
SLOPPY = (
    0.05  # share of the lines without a blank line after them, or whose trailing space is unlike the seeds'
)

_ATOM = re.compile(  # what no line break may split: opening marks, a word or one character, closing marks
    r"\s+|[“‘（《【〈(±+]*(?:[A-Za-z0-9μ]+(?:[.:/&'\-][A-Za-z0-9]+)*|\S)[，。、；：！？”’）》】〉…—～%℃,.;:!?)]*"
)
_SEAM = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")


def columns(text: str) -> int:
    """The width of `text` in half-width columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """Break `text` into lines of `width` full-width columns, none of which begins with a closing mark."""
    lines, line, room = [], "", 2 * (width - indent)
    for atom in _ATOM.findall(text):
        if line and columns(line + atom.rstrip()) > room:
            # a space at a break is lost, unless it parts two Latin words
            latin = line.endswith(" ") and (line.rstrip()[-1:] + atom[0]).isascii()
            lines.append(line.rstrip() + " " * latin)
            line, room = "", 2 * width
        line += "" if atom.isspace() and not line else atom
    return [*lines, line.rstrip()]


def render_plain(text: str, width: int) -> str:
    """Hard-wrap every line of `text` at `width` full-width columns, and change nothing else."""
    return "\n".join("\n".join(wrap(line, width)) for line in text.split("\n"))


class _Press:
    """Sets lines on pages; at a page's end come the links and the next page's furniture."""

    def __init__(self, width: int, seed: int) -> None:
        self.random, self.width, self.number, self.row = random.Random(seed), width, 1, 0
        self.header = self.url = self.lead = ""
        self.due: list[str] = []  # links of the titles on this page
        self.pieces: list[str] = []  # lines and the gaps between them, by turns

    def put(self, line: str, gap: str = "\n\n") -> None:
        if self.row >= PAGE_ROWS:
            self.turn()
        self.pieces += [self.lead + line, gap]
        self.row, self.lead = self.row + 1, ""

    def feet(self) -> list[str]:
        feet = self.due or ([self.url] if self.url and self.random.random() < 0.3 else [])
        self.due = []
        return [url + "\n" for url in feet for _ in range(self.random.choice((1, 1, 2)))]

    def turn(self, header: str = "") -> None:
        feet = self.feet()
        self.pieces[-1] = "\n\n" if feet else "\n"
        self.pieces += [*feet, "\f" if self.random.random() < 0.1 else ""]
        self.header, self.row, self.number = header or self.header, 0, self.number + 1
        style = self.random.random()
        if style < 0.15:
            self.pieces.append(f"\n\n \n\n{self.number} \n \n\n   {self.header} \n\n \n\n")
        elif header or style < 0.6:
            self.pieces.append(f"    {self.header} \n\n")
        self.lead = " " if style >= 0.6 or self.random.random() < 0.5 else ""

    def paragraph(self, text: str) -> None:
        *lines, last = wrap(_SEAM.sub(" ", text), self.width, indent=2)
        for line in lines:
            gap = "\n" if self.random.random() < SLOPPY else "\n\n"
            self.put(line + " " * (self.random.random() < SLOPPY), gap)
        self.put(last + " " * (self.random.random() >= SLOPPY))

    def heading(self, text: str) -> None:
        self.put(" ")
        self.put(_SEAM.sub(" ", text) + (" " if len(text) > 1 else "  "))

    def title(self, title: str, site: str) -> None:
        parts = [title] if "|" in title else title.split(" ")  # 作者 | 标题 stays whole
        lines = [line for part in parts for line in wrap(_SEAM.sub(" ", part), TITLE_WIDTH)]
        for line in lines:
            self.put(line + " ", "\n" if line is lines[-1] else "\n\n")
        if "|" not in title and re.search(r"^\(|[\u4e00-\u9fff]", site):  # else the site's own line, alone
            site = _SEAM.sub(" ", title) + (" " if site.startswith("(") else "-") + site
        for line in [*wrap(site, self.width), *[""] * self.random.choice((1, 2, 3))]:
            self.put(line.rstrip() + " ")


def render_newsletter(truth: dict[str, Any], *, width: int = 32, seed: int = 0) -> str:
    """`truth["newsletter"]` as a PDF's text layer gives it; the same text for the same seed."""
    press, articles = _Press(width, seed), truth["newsletter"]["articles"]
    for before, article in zip([{"section": ""}, *articles], articles, strict=False):  # the list of contents
        if article["section"] != before["section"]:
            press.pieces += [" " * press.random.choice((6, 7)) + article["section"] + " ", "\n\n"]
        title = "\n\n".join(wrap(_SEAM.sub(" ", article["title"]), width - 4))
        press.pieces += [f"  {press.random.choice(BULLETS)}  {title} ", "\n\n"]
    for article in articles:
        if article["section"] != press.header:
            press.turn(article["section"])
        elif press.due or press.row > PAGE_ROWS - 8 or press.random.random() < 0.4:
            press.turn()
        else:
            press.put(" ")
        press.url = ""
        press.title(article["title"], article["site"])
        press.url, press.due = article["url"], [article["url"]]
        for paragraph in article["paragraphs"]:
            (press.heading if paragraph in article["headings"] else press.paragraph)(paragraph)
    return "".join([*press.pieces, *press.feet(), "\n\n"])


def render_forum(truth: dict[str, Any]) -> str:
    """`truth["forum"]` as a saved web page: speakers' head lines, a stray block of captions, a junk tail."""
    forum = truth["forum"]
    date = "{}年{}月{}日 09:12".format(*forum["published"].split("-"))
    blocks = ["当前位置:首页 >>质量资讯", forum["title"], f"{date}\xa0\xa0\xa0\xa0信息来源:{forum['source']}"]
    last = [speech["section"] for speech in forum["speeches"] if speech["section"]][-1]
    captions: list[str] = []  # the names under the photographs of the section before the last
    for speech in forum["speeches"]:
        blocks += captions if speech["section"] == last else []
        captions = [*([] if speech["section"] else captions), speech["name"].split("(")[0]]
        who = f"{speech['organisation']}{speech['role']} {speech['name']}"
        blocks.append(" ".join(filter(None, (speech["section"], speech["heading"], who))))
        blocks += speech["paragraphs"]
    blocks += [forum["closing"]["heading"], *forum["closing"]["paragraphs"]]
    return "\n\n".join(blocks) + "\n\n\n打印\n关闭窗口"


def render_manual(manual: dict[str, Any]) -> str:
    """A regulation, standard or circular as a PDF's text layer gives it: hard-wrapped, a header and a number a page."""
    rows = [row for line in manual["lines"] for row in wrap(line, manual["width"])]
    pages = [rows[at : at + PAGE_ROWS] for at in range(0, len(rows), PAGE_ROWS)]
    header = [manual["header"]] if manual["header"] else []
    return "".join(
        "\n".join(["\f" * (number > 1) + row if n == 0 else row for n, row in enumerate([*header, *page])])
        + f"\n\n{' ' * manual['width']}{number}\n"
        for number, page in enumerate(pages, start=1)
    )


def render_all(truth: dict[str, Any]) -> dict[str, str]:
    """File name → text of every sample document that is rendered; the others are written by hand."""
    later = {"newsletter": truth["next_newsletter"]}
    return {
        truth["newsletter"]["file"]: render_newsletter(truth),
        truth["forum"]["file"]: render_forum(truth),
        later["newsletter"]["file"]: render_newsletter(later, seed=8),
        **{manual["file"]: render_manual(manual) for manual in truth["manuals"]},
    }


_WORDS = {
    "city": "海岳省 青澜市 明湖市 泊江市 云渡市 松坪市 鹿港市 白石县 南嘉市",
    "firm": "远岭重工股份有限公司 永固紧固件厂 明川光学有限公司 启元轴承集团(QYB) {city}市场监管局 {city}计量测试所",
    "role": "党组书记、局长 高级工程师 首席质量官、质量总监 副总经理 院长 主任、教授、博士生导师",
    "name": "周怀瑾 沈松年 顾一苇 罗溪 郑知远 何小满 温若水 陆致远 季望南 柳成荫 岳临风 贺清川",
    "goods": "电饭煲 儿童鞋 移动电源 电动自行车 智能门锁 数显卡尺 轴承 破壁机 电子秤 光纤跳线",
    "act": "监督抽查 集中检定 风险监测 缺陷召回 能力验证 寿命对标 标准宣贯 现场核查",
    "code": "GB GB/T JJF JJG ISO IEC CMM HALT SPC FMEA MSA X-ray",
    "say": "{d}月{d}日，{firm}公布{goods}{act}结果，共涉及{n}批次，不合格{d}批次，不合格率为{d}.{d}%。 "
    "“{goods}的质量不能只看出厂那一天。”{firm}{role}{name}说。 {name}是{goods}专家！ 误差为±0.{n}mm。 "
    "一是开展{act}{n}次；二是培训{d}名检验员。 新修订的《{goods}{act}办法》自202{d}年{d}月1日起施行。 "
    "{firm}投入{n}万元改造检测线，单件检验时间由{n}分钟缩短到{d}秒。 为什么{goods}的投诉多？原因在{code}。 "
    "依据{code}_{n}—202{d}和{code}_{n}.{d}—201{d}，重点关注{code}、耐久性、标识三个方面（{name}统计）。",
    "title": "{city}公布{goods}{act}结果 {name}_|_{goods}第{n}次{act} {city}修订《{goods}{act}办法》_促{n}家企业提质",
}


def random_truth(seed: int) -> dict[str, Any]:
    """A made-up newsletter and forum of the sample's schema; the same for the same seed."""
    draw = random.Random(seed)

    def slot(match: re.Match[str]) -> str:
        if match[1] in "nd":
            return str(draw.randint(100, 9999) if match[1] == "n" else draw.randint(1, 9))
        return fill(draw.choice(_WORDS[match[1]].split()))

    def fill(template: str) -> str:
        return re.sub(r"{(\w+)}", slot, template).replace("_", " ")

    def some(low: int, high: int) -> list[str]:
        return [fill("{say}" * draw.randint(1, 6)) for _ in range(draw.randint(low, high))]

    def article(section: str) -> dict[str, Any]:
        day = fill(draw.choice(("", "2025-0{d}/1{d}")))
        headings = [fill("{goods}：{act}之{n}") for _ in range(draw.randint(0, 2))]
        return {
            "section": section,
            "title": fill("{title}"),
            "site": fill("{city}质量网 (zl{n}.example.cn)"),
            "url": f"https://zl.example.cn/{day or 'show'}/content_{draw.randint(10**5, 10**8)}.htm",
            "published": day.replace("/", "-") or None,
            "headings": headings,
            "paragraphs": [*some(2, 4), *(line for heading in headings for line in (heading, *some(1, 4)))],
        }

    def speech(section: str | None) -> dict[str, Any]:
        return {
            "section": section,
            "heading": fill("以{act}推动{goods}第{n}次升级"),
            "organisation": fill("{firm}"),
            "role": fill("{role}"),
            "name": fill(draw.choice(("{name}", "{name}(Anna_{code})"))),
            "paragraphs": some(2, 5),
        }

    half_width = str.maketrans("，（）：！？", ",():!?")
    sections, talks = ["质量要闻", "质量热点", "国际动态"], ["领导致辞", "主旨演讲", "专家对话"]
    articles = [article(section) for section in sections for _ in range(draw.randint(1, 4))]
    speeches = [speech(None if later else talk) for talk in talks for later in range(draw.randint(2, 5))]
    forum = {
        "file": "论坛纪要.txt",
        "title": fill("{goods}与{act}"),
        "published": "2025-05-20",
        "source": "海岳质量报",
        "speeches": speeches,
        "closing": {"heading": fill("{act}_{goods}倡议"), "paragraphs": some(2, 6)},
    }
    return {
        "newsletter": {"file": "质量观察.txt", "running_headers": sections, "articles": articles},
        "forum": json.loads(json.dumps(forum, ensure_ascii=False).translate(half_width)),
    }


if __name__ == "__main__":
    for name, text in render_all(json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))).items():
        (SAMPLE / "documents" / name).write_text(text, encoding="utf-8", newline="\n")
