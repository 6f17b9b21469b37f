"""What a document says of itself: in force, from when, signed by whom; and what it says of others."""

import pytest

from index.passage import Article, Document
from index.readers import read
from index.standing import read_standing, with_standing

RULES = "第一条 为了管好计量器具，制定本办法。\n第二条 计量器具应当按期送检。\n"


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("计量器具管理办法", ""),
        ("计量器具管理办法（征求意见稿）", "征求意见稿"),
        ("计量器具管理办法(修订草案)", "草案"),
        ("计量器具管理办法（2023年修订）", "修订"),
        ("计量器具管理办法（试行）", "试行"),
        ("计量器具管理暂行办法", "暂行"),
        ("计量器具管理办法【已废止】", "废止"),
        ("计量器具管理办法（现行有效）", "现行"),
        ("关于印发《计量器具管理办法（试行）》的通知", "试行"),
        ("关于征求《计量器具管理办法（征求意见稿）》意见的函", ""),
        ("《计量器具管理办法（送审稿）》", "送审稿"),
        ("试行期满后的工作安排", ""),
    ],
)
def test_status_beside_the_title(title, status):
    assert read_standing(RULES, [title]).status == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("状态：现行", "现行"),
        ("【时效性】现行有效", "现行"),
        ("标准状态：已作废", "废止"),
        ("时效性: 失效", "失效"),
        ("已废止", "废止"),
        ("（作废）", "废止"),
        ("本标准被GB/T 1234—2020代替", "被代替"),
        ("本办法自2024年1月1日起废止。", "废止"),
        ("（征求意见稿）", "征求意见稿"),
        ("代替 GB/T 1234—2010", ""),
        ("原《计量器具管理办法》同时废止。", ""),
        ("2019年发布的第2版同时废止。", ""),
        ("仪器应当换成另一台状态有效的仪器。", ""),
        ("试行期间没有检定的仪器仍然有效。", ""),
    ],
)
def test_status_on_a_line_of_its_own(line, status):
    assert read_standing(f"计量器具管理办法\n{line}\n{RULES}", []).status == status


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("本办法自2024年3月1日起施行。", "2024-03-01"),
        ("本办法由质量部负责解释，自2024年3月1日起实施。", "2024-03-01"),
        ("本规程从二〇二四年三月一日起执行。", "2024-03-01"),
        ("第十二条 本法自1993年9月1日起施行。", "1993-09-01"),
        ("2023-12-28发布 2024-07-01实施", "2024-07-01"),
        ("2023年12月28日修订　2024年7月1日起施行", "2024-07-01"),
        ("实施日期：2024年7月1日", "2024-07-01"),
        ("本通知自印发之日起施行。", "2023-05-06"),
        ("新版标准自2024年3月1日起实施，企业应当在此之前换版。", ""),
        ("企业自2024年3月1日起停止使用旧标签。", ""),
        ("系统从2024年3月1日起试运行。", ""),
    ],
)
def test_the_day_of_coming_into_force(line, day):
    text = f"计量器具管理办法\n{RULES}{line}\n"
    assert read_standing(text, [], "2023-05-06").effective == day


def test_from_the_day_of_issue_needs_that_day():
    assert read_standing("本办法自发布之日起施行。", [], "2023").effective == ""


@pytest.mark.parametrize(
    ("end", "published", "publisher"),
    [
        ("泊江市质量局\n2024年5月6日", "2024-05-06", "泊江市质量局"),
        (
            "泊江市质量局\n二〇二四年五月六日\n（此件公开发布）\n抄送：市政府办公室",
            "2024-05-06",
            "泊江市质量局",
        ),
        ("泊江市质量局　2024年5月6日", "2024-05-06", "泊江市质量局"),
        ("泊江市质量局（盖章）\n泊江市总工会\n2024年5月6日", "2024-05-06", "泊江市质量局"),
        ("2024年5月6日", "2024-05-06", ""),
        ("泊江市质量局\n2024年5月6日\n附件1\n样品清单\n2023年1月1日", "2024-05-06", "泊江市质量局"),
        ("检验于2024年5月6日完成。", "", ""),
        ("截止日期：2024年5月6日", "", ""),
    ],
)
def test_the_signature_of_a_notice(end, published, publisher):
    notice = f"关于开展比对的通知\n各实验室：\n请按时参加。\n一、时间\n比对分两轮进行。\n{end}"
    found = read_standing(notice, [])
    assert (found.published, found.publisher) == (published, publisher)


def test_what_the_reader_says_stands_first():
    text = "通知\n各处：\n请阅。\n泊江市质量局\n2024年5月6日"
    document = Document(
        "a.txt", text, articles=(Article("通知", 0, len(text)),), published="2020", status="现行"
    )
    found = with_standing(document)
    assert (found.published, found.publisher, found.status) == ("2020", "泊江市质量局", "现行")


def test_a_newsletter_says_nothing_of_itself():
    text = "甲\n本办法自2024年3月1日起施行。"
    articles = (Article("甲", 0, 1, published="2024-01-01"), Article("乙", 2, 9, url="https://a.cn/1"))
    document = Document("a.txt", text, articles=articles)
    assert with_standing(document) == document


def test_files_of_every_format_are_read_for_it():
    page = f"<html><body><h1>计量器具管理办法（试行）</h1><p>{RULES}</p><p>本办法自2024年3月1日起施行。</p></body></html>"
    for data, name in (
        (page, "a.html"),
        (f"# 计量器具管理办法（试行）\n\n{RULES}本办法自2024年3月1日起施行。", "a.md"),
    ):
        document = read(data.encode(), name)
        assert (document.status, document.effective) == ("试行", "2024-03-01"), name
