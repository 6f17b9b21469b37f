"""A library of two small documents, indexed once for all tests of the command line."""

from pathlib import Path

import pytest

from ui.cli import main

BRIEF = """计量简报

海岳省计量院今年完成校准证书三百二十份，比上年增加四十份。

仓库温度计的校准周期为九十天，到期前七天由计量员收回。

质量部经理陈立新要求，不合格品必须在二十四小时内隔离。
"""
NOTICE = """内审通知

2025年内部审核定于9月15日至19日进行，审核组长由何敏担任。

各部门应在9月10日前提交自查报告。
"""


@pytest.fixture(scope="session")
def docs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "计量简报.txt").write_text(BRIEF, encoding="utf-8")
    (folder / "内审通知.txt").write_text(NOTICE, encoding="gb18030")
    return folder


@pytest.fixture(scope="session")
def home(docs, tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("library") / "home"
    assert main(["sync", str(docs), "--home", str(home)]) == 0
    return home
