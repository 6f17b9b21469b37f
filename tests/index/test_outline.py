"""Articles, speakers, dates and headings, on small documents of each shape."""

import pytest

from index.bylines import read_author, read_byline, split_title
from index.clean import clean
from index.dates import date_in_url, find_date, resolve
from index.outline import outline
from index.passage import Speaker
from tests.layout import render_plain

PROSE = "去年全市抽查了儿童鞋、电饭煲和移动电源三类产品，不合格率比上一年度下降了1.2个百分点，主要问题集中在标识和耐久性上。"


def found(text, name="a.txt"):
    """The outline of `text` and its cleaned text."""
    cleaned = clean(text)
    return outline(cleaned, name), cleaned.text


# --- dates ---


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025年03月07日 09:12", "2025-03-07"),
        ("2025 年 3 月 7 日", "2025-03-07"),
        ("发布于2025年3月", "2025-03"),
        ("2025-3-7 来源", "2025-03-07"),
        ("2025.12.31", "2025-12-31"),
        ("GB 17761—2024", ""),
        ("2025年2月30日", ""),
        ("今年3月", ""),
    ],
)
def test_find_date(text, date):
    assert find_date(text) == date


@pytest.mark.parametrize(
    ("url", "date"),
    [
        ("https://a.cn/zj/content/2025-03/10/content_300118.htm", "2025-03-10"),
        ("https://a.cn/xw/art/2025/3/5/art_7c.html", "2025-03-05"),
        ("https://news.a.cn/2025/0312/c5518.html", "2025-03-12"),
        ("http://a.gov.cn/gk/202312/t20231227_4411.html", "2023-12-27"),
        ("https://a.cn/xw/zj/art/2025/art_9f40b2d7.html", "2025"),
        ("https://a.cn/detail/88213.html", ""),
        ("https://a.cn/content/20251345678.html", ""),
        ("https://2025.a.cn/", ""),
    ],
)
def test_date_in_url(url, date):
    assert date_in_url(url) == date


@pytest.mark.parametrize(
    ("expression", "published", "date"),
    [
        ("今年11月16日", "2023-12-27", "2023-11-16"),
        ("今年8月", "2023", "2023-08"),
        ("去年", "2024-01-05", "2023"),
        ("明年3月底", "2024-01-05", None),
        ("明年3月", "2024-01-05", "2025-03"),
        ("本月5日", "2024-02-20", "2024-02-05"),
        ("上月", "2024-01-20", "2023-12"),
        ("昨日", "2024-03-01", "2024-02-29"),
        ("9月1日", "2023-09-26", "2023-09-01"),
        ("12月30日", "2024-01-05", "2023-12-30"),
        ("2022年9月", "", "2022-09"),
        ("近日", "2024-03-01", None),
        ("昨日", "2024-03", None),
        ("今年2月30日", "2024-03-01", None),
        ("", "2024-03-01", None),
    ],
)
def test_resolve(expression, published, date):
    assert resolve(expression, published) == date


# --- bylines ---


@pytest.mark.parametrize(
    ("post", "parts"),
    [
        ("海岳省市场监管局党组书记、局长", ("海岳省市场监管局", "党组书记、局长")),
        ("青澜大学北方研究院院长", ("青澜大学北方研究院", "院长")),
        ("国际可靠性组织(IRO)原主席", ("国际可靠性组织(IRO)", "原主席")),
        ("海岳质量科学院院士、原质检所总工程师", ("海岳质量科学院", "院士、原质检所总工程师")),
        ("望江纺织股份有限公司首席质量官、质量总监", ("望江纺织股份有限公司", "首席质量官、质量总监")),
        ("海德曼轴承(青澜)有限公司质量保证部总监", ("海德曼轴承(青澜)有限公司", "质量保证部总监")),
        ("总经理办公室主任", ("总经理办公室", "主任")),
        ("青澜市计量测试所", ("青澜市计量测试所", "")),
    ],
)
def test_split_title(post, parts):
    assert split_title(post) == parts


def test_a_head_line_is_taken_apart():
    byline = read_byline("主旨演讲 测得准 才造得好 北欧检验集团亚太区技术总监 李安娜(Anna Lind)")
    assert (byline.section, byline.heading) == ("主旨演讲", "测得准 才造得好")
    assert byline.speaker == Speaker("李安娜(Anna Lind)", "北欧检验集团亚太区", "技术总监")
    assert read_byline("把质量写进合同 青澜市质量协会 秘书长 李 刚").speaker == Speaker(
        "李刚", "青澜市质量协会", "秘书长"
    )


@pytest.mark.parametrize(
    "line",
    [
        "青澜市市场监管局局长周启明出席会议并讲话。",
        "2025年3月7日 09:12 来源：青澜日报",
        "公布抽查结果 责令下架 立案查处",
        "会议邀请了多位专家 学者",
        "产品名称 规格型号 生产企业",
        "质量",
        "",
    ],
)
def test_other_lines_are_no_head_lines(line):
    assert read_byline(line) is None


def test_author_before_the_title():
    assert read_author("梁思远 | 第二层供应商") == Speaker("梁思远")
    assert read_author("第二层供应商 | 质量专栏") is None


# --- shapes ---


def test_plain_text_is_one_article_with_title_source_and_date():
    result, text = found(f"抽查结果公布\n2025-03-07 来源：青澜日报\n{PROSE}\n{PROSE}\n")
    (article,) = result.articles
    assert (article.title, article.published, article.publisher) == ("抽查结果公布", "2025-03-07", "青澜日报")
    assert text[article.start : article.end] == f"{PROSE}\n{PROSE}"
    assert text[article.head_start : article.head_end] == "抽查结果公布\n2025-03-07 来源：青澜日报"


@pytest.mark.parametrize("text", [PROSE, f"{PROSE}\n{PROSE}", "甲类\n男\n2", "，接上文的半句话\n" + PROSE])
def test_text_without_a_title_has_none_and_loses_nothing(text):
    result, cleaned = found(text)
    (article,) = result.articles
    assert result.title == article.title == ""
    assert cleaned[article.start : article.end] == text


def test_markdown_headings():
    result, text = found(
        f"前言。\n# 校准\n{PROSE}\n## 周期\n{PROSE}\n```\n# 不是标题\n```\n## 费用\n免费。\n", "a.md"
    )
    intro, article = result.articles
    assert text[intro.start : intro.end] == "前言。"
    assert (result.title, article.title) == ("校准", "校准")
    assert [heading for _, heading in article.headings] == ["周期", "费用"]
    assert all(text[offset:].startswith(f"## {heading}") for offset, heading in article.headings)


def test_several_top_headings_are_several_articles():
    result, _ = found(f"# 检定\n{PROSE}\n# 校准\n{PROSE}\n")
    assert [article.title for article in result.articles] == ["检定", "校准"]


def test_chapters_are_headings_and_list_items_are_not():
    lines = [
        "质量管理办法",
        "第一章 总则",
        PROSE,
        "第二章 报名",
        "一、条件",
        "申请人应当符合下列条件：",
        "（一）年满18周岁",
        "（二）身体健康",
        PROSE,
    ]
    result, _ = found("\n".join(lines))
    assert [heading for _, heading in result.articles[0].headings] == [
        "第一章 总则",
        "第二章 报名",
        "一、条件",
    ]


def wrapped_newsletter(contents):
    """Two articles, wrapped, the second with an English source line; optionally with a contents list."""
    goods = "儿童鞋 电饭煲 移动电源 电动自行车 智能门锁 数显卡尺".split()
    prose = [f"在{'和'.join(goods[:n])}的抽查中，" + PROSE.replace("产品", goods[n]) for n in range(1, 6)]
    body = "\n\n".join(render_plain("\n".join(prose), 30).split("\n"))
    other = "\n\n".join(render_plain("\n".join(reversed(prose)), 30).split("\n"))
    top = (
        "      市场动态 \n\n  青澜市公布抽查结果并开展回头看 \n\n      国际观察 \n\n  机器视觉走出实验室 \n"
        if contents
        else ""
    )
    return (
        f"{top}\n 青澜市公布抽查结果 \n\n并开展回头看 \n青澜市公布抽查结果并开展回头看-海岳质量网 (zlw.example.cn) \n\n{body}\n\n"
        f"https://www.zlw.example.cn/2025-03/07/c_1.htm\n    市场动态 \n\n{other}\n\n"
        f"    国际观察 \n\n机器视觉走出实验室 \nMachine Vision Leaves the Lab – Gauge Review - \n\nOnline Magazine \n\n{body}\n\n"
        "https://gauge.example.com/machine-vision/\n"
    )


@pytest.mark.parametrize("contents", [True, False])
def test_a_newsletter_with_and_without_contents(contents):
    result, text = found(wrapped_newsletter(contents))
    first, second = result.articles
    assert first.title.replace(" ", "") == "青澜市公布抽查结果并开展回头看"
    assert (first.publisher, first.published) == ("海岳质量网", "2025-03-07")
    assert first.url == "https://www.zlw.example.cn/2025-03/07/c_1.htm"
    assert (second.title, second.publisher) == ("机器视觉走出实验室", "Gauge Review - Online Magazine")
    assert second.url == "https://gauge.example.com/machine-vision/"
    if contents:
        assert (first.section, second.section) == ("市场动态", "国际观察")
    for article in (first, second):
        body = text[article.start : article.end]
        assert (
            "国际观察" not in body
            and "市场动态" not in body
            and "http" not in body
            and article.title not in body
        )


REPORT = f"""当前位置:首页 >>要闻

测得准 用得久

2025年05月20日 09:12    信息来源:海岳质量报

领导致辞 把可靠性写进产品 海岳省市场监管局党组书记、局长 周启明

{PROSE}

{PROSE}

让召回成为起点 云渡市飞梭电子有限公司总经理 岳川

{PROSE}

周启明

{PROSE}

岳川

周启明

专家对话 让数据说话 青澜市检验研究院研究员、副院长 何知秋

{PROSE}

推进计量协同(青澜)倡议

{PROSE}

“计量与可靠性”论坛

2025年5月

打印
map
"""


def test_a_report_of_speeches():
    result, text = found(REPORT)
    head, *speeches, declaration = result.articles
    assert (result.title, result.published, result.publisher) == ("测得准 用得久", "2025-05-20", "海岳质量报")
    assert text[head.start : head.end] == "2025年05月20日 09:12    信息来源:海岳质量报"
    assert [speech.speaker.name for speech in speeches] == ["周启明", "岳川", "何知秋"]
    assert [speech.section for speech in speeches] == ["领导致辞", "领导致辞", "专家对话"]
    assert [speech.title for speech in speeches] == ["把可靠性写进产品", "让召回成为起点", "让数据说话"]
    assert (declaration.title, declaration.speaker) == ("推进计量协同(青澜)倡议", None)
    assert text[declaration.start : declaration.end] == f"{PROSE}\n“计量与可靠性”论坛\n2025年5月"
    assert text[speeches[1].start : speeches[1].end] == f"{PROSE}\n周启明\n{PROSE}"
    assert [title for _, title in speeches[1].headings] == [""]  # the caption inside is not quoted
    assert text[speeches[2].start : speeches[2].end] == PROSE


def test_speakers_on_a_line_of_their_own():
    result, _ = found(
        f"论坛纪要\n{PROSE}\n测量之准\n青澜市计量测试所所长 郑以恒\n{PROSE}\n寿命之长\n望江纺织厂厂长 柳向东\n{PROSE}\n"
    )
    assert [(a.title, a.speaker and a.speaker.name) for a in result.articles[1:]] == [
        ("测量之准", "郑以恒"),
        ("寿命之长", "柳向东"),
    ]
