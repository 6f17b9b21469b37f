"""Mails: headers in any encoding, the body, quotations marked, attachments as further articles."""

from email.message import EmailMessage

import pytest

from index.errors import ReadError
from index.passage import Speaker
from index.readers import read
from index.readers.mail import QUOTED
from index.split import split
from tests.index.readers.samples import OTHER, SENTENCE, archive, mail, page


def test_a_mail_is_an_article_with_its_heads_and_its_quotation_marked():
    document = read(mail(), "回复.eml")
    assert (document.title, document.published) == ("关于三季度抽检计划的回复", "2024-09-06")
    (article,) = document.articles
    assert article.speaker == Speaker("李明")
    assert document.text.split("\n") == [
        "关于三季度抽检计划的回复",
        "发件人：李明 <liming@example.com>",
        "收件人：质量处 <zl@example.com>",
        "日期：Fri, 06 Sep 2024 08:00:00 +0800",
        SENTENCE,
        QUOTED,
        "-----原始邮件-----",
        "发件人：王芳",
        OTHER,
    ]
    assert [text for _, text in article.headings] == [QUOTED]
    assert {passage.heading for passage in split(document) if OTHER in passage.text} == {QUOTED}


def test_attachments_are_read_by_their_own_readers_as_further_articles():
    attached = [
        ("通知.html", page("gb18030")),
        ("注.txt", OTHER.encode("gbk")),
        ("片.xyz", b"x"),
        ("坏.zip", b"x"),
    ]
    document = read(mail(*attached), "回复.eml")
    assert [article.title for article in document.articles] == [
        "关于三季度抽检计划的回复",
        "关于开展质量月活动的通知",
        "注.txt",
    ]
    assert "附件：通知.html、注.txt、片.xyz、坏.zip" in document.text
    assert len(document.notices) == 3  # hidden text in the page, and the two that cannot be read
    last = document.articles[-1]
    assert document.text[last.start : last.end] == OTHER
    for passage in split(document):
        assert passage.text == document.text[passage.start : passage.end]


def test_an_archive_in_a_mail_and_a_mail_in_a_mail():
    inner = mail(("资料.zip", archive(("a.txt", OTHER.encode()))))
    message = EmailMessage()
    message["Subject"] = "转发"
    message.set_content("请看附件。")
    message.add_attachment(inner, maintype="application", subtype="octet-stream", filename="原件.eml")
    document = read(message.as_bytes(), "转发.eml")
    assert [article.title for article in document.articles] == ["转发", "关于三季度抽检计划的回复", "a.txt"]


@pytest.mark.parametrize(
    "subject",
    [
        "抽检计划".encode("gbk"),
        "抽检计划".encode(),
        b"=?GB2312?B?s+m87LzGu64=?=",
        b"=?gb2312?q?=B3=E9=BC=EC?= =?gb2312?q?=BC=C6=BB=AE?=",
        b"=?utf-8?B?5oq95qOA?=\r\n =?utf-8?B?6K6h5YiS?=",
    ],
)
def test_headers_of_old_and_new_programs(subject):
    document = read(b"Subject: " + subject + b"\r\n\r\n" + SENTENCE.encode(), "a.eml")
    assert document.title == "抽检计划"


def test_the_page_is_read_where_there_is_one_for_it_has_the_tables():
    message = EmailMessage()
    message["Subject"] = "表"
    message.set_content("纯文字")
    message.add_alternative(
        "<table><tr><th>职务</th><th>标准</th></tr><tr><td>主管</td><td>500</td></tr></table>", "html"
    )
    assert read(message.as_bytes(), "a.eml").text.split("\n")[-1] == "职务：主管；标准：500"


def test_a_wrong_charset_of_the_body_loses():
    data = b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + SENTENCE.encode("gbk")
    assert SENTENCE in read(data, "a.eml").text


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"no mail at all", b"Subject: x\r\n\r\n"])
def test_what_is_no_mail_or_says_nothing_is_refused(data):
    with pytest.raises(ReadError, match=r"^a\.eml: "):
        read(data, "a.eml")
