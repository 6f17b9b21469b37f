"""A number or a day is an answer only where it is said of what is counted, or of the act that is dated."""

import pytest

from rag.matching import comparable
from rag.question import understand
from rag.stated import states_it


@pytest.mark.parametrize(
    ("question", "sentence", "states"),
    [
        ("公司什么时候上市的？", "公司于2005年3月成立。", False),
        ("公司什么时候上市的？", "公司于2010年在上海挂牌。", True),
        ("案件的判决日期是什么时候？", "检察院于2023年5月1日提起公诉。", False),
        ("泊江市有几家玩具企业？", "该市有214家紧固件企业。", False),
        ("泊江市有几家玩具企业？", "该市有36家玩具企业。", True),
        ("泊江市怎样帮助企业？", "该市有214家紧固件企业。", True),
        ("抽查是什么时候开始的？", "抽查从4月8日开始。", True),
    ],
)
def test_of_what_a_number_or_a_day_is_said(question, sentence, states):
    asked = comparable(question)
    assert states_it(understand(question), asked, [comparable(sentence)], "") is states
