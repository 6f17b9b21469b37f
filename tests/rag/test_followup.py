"""Follow-up questions: what they take over from the turn before, and what they must not."""

import pytest

from rag.answer import Turn
from rag.followup import stand_alone
from rag.question import understand

NAMES = ["周岚", "韩立群", "孟晓"]


def talk(*exchanges, names=NAMES):
    """The stand-alone form of the last question; the others are (question, answer) or a question alone."""
    turns = []
    for exchange in exchanges[:-1]:
        question, answer = exchange if isinstance(exchange, tuple) else (exchange, "")
        turns.append(Turn(question, answer, stand_alone(question, turns, names)))
    return stand_alone(exchanges[-1], turns, names)


AGENCIES = ("安徽有多少家检验检测机构？", "全省检验检测机构达1706家，年营收139.6亿元、居全国第9位。")
RECALL = ("飞梭召回的是哪个型号？", "召回部分FS-P20型移动电源，涉及38460台。")
METHOD = ("《标准管理办法》什么时候施行？", "6月1日起施行。")
SUPPLIER = ("供应商评价多久做一次？", "供应商评价每季度一次，分为A、B、C、D四级。")

CONVERSATIONS = [
    # another thing of the same kind
    ([("浙江在标准国际化上做了什么？", "61个。"), "黑龙江呢？"], "黑龙江在标准国际化上做了什么？"),
    (["2024年青澜市儿童用品不合格率是多少？", "那明湖市呢？"], "2024年明湖市儿童用品不合格率是多少？"),
    (
        ["2024年青澜市儿童用品不合格率是多少？", "那明湖市呢？", "泊江呢？"],
        "2024年泊江市儿童用品不合格率是多少？",
    ),
    (["去年撤销了几家机构的资质？", "今年呢？"], "今年撤销了几家机构的资质？"),
    (["2023年的合格率是多少？", "2024年呢？"], "2024年的合格率是多少？"),
    (["第一季度抽查了多少批次？", "第二季度呢？"], "第二季度抽查了多少批次？"),
    (["周岚担任什么职务？", "韩立群呢？"], "韩立群担任什么职务？"),
    (["《计量法》什么时候修订的？", "《标准化法》呢？"], "《标准化法》什么时候修订的？"),
    (["GB/T 19001规定了什么？", "GB/T 24001呢？"], "GB/T 24001规定了什么？"),
    (["A级供应商有什么好处？", "C级供应商呢？"], "C级供应商有什么好处？"),
    (
        ["小家电抽查了哪些产品？", "其中电饭煲不合格率多少？", "空气炸锅呢？"],
        "小家电抽查了产品，空气炸锅不合格率多少？",
    ),
    # something else of the same thing
    ([AGENCIES, "年营收呢？"], "安徽检验检测机构，年营收"),
    ([AGENCIES, "年营收呢？", "在全国排第几？"], "安徽检验检测机构，年营收，在全国排第几？"),
    ([RECALL, "哪段时间生产的？"], "飞梭召回，哪段时间生产的？"),
    ([RECALL, "召回到什么时候为止？"], "飞梭召回，召回到什么时候为止？"),
    ([RECALL, "有人因此受伤吗？"], "飞梭召回，有人因此受伤吗？"),
    ([METHOD, "企业违反了罚多少钱？"], "《标准管理办法》，企业违反了罚多少钱？"),
    ([METHOD, "有效期呢？"], "《标准管理办法》，有效期"),
    (["GB 17761什么时候实施？", "对塑料有什么要求？"], "GB 17761，对塑料有什么要求？"),
    (["明湖市儿童用品抽查，立案查处多少起？", "下架了多少件？"], "明湖市儿童用品抽查，下架了多少件？"),
    ([SUPPLIER, "D级会怎么样？"], "供应商评价做一次，D级会怎么样？"),
    (["北斗标准是哪天被正式采纳的？", "被哪个组织采纳？"], "北斗标准被正式采纳的，被哪个组织采纳？"),
    # pronouns
    (["科大讯飞2022年以来获得了多少项冠军？", "它为多少个车型提供服务？"], "科大讯飞为多少个车型提供服务？"),
    ([METHOD, "它怎么防范限制竞争？"], "《标准管理办法》怎么防范限制竞争？"),
    (["周岚担任什么职务？", "她主张建什么？"], "周岚主张建什么？"),
    ([("质检院的院长是谁？", "质检院院长 孟晓"), "他哪年上任的？"], "孟晓哪年上任的？"),
    (["周岚是哪家公司的？", "他们的产品卖到多少个国家？"], "周岚的产品卖到多少个国家？"),
    (["云渡市质检院有多少人？", "该院的院长是谁？"], "云渡市质检院的院长是谁？"),
    (["云渡市质检院有多少人？", "那它是什么时候成立的？"], "云渡市质检院是什么时候成立的？"),
    ([AGENCIES, "这是谁介绍的？"], "安徽检验检测机构，是谁介绍的？"),
    (["段工说要上线什么系统？", "这个系统什么时候试运行？"], "段工说要上线系统，系统什么时候试运行？"),
]


@pytest.mark.parametrize(
    ("questions", "wanted"), CONVERSATIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_follow_up_takes_over_what_it_leaves_unsaid(questions, wanted):
    assert talk(*questions) == wanted


SWITCHES = [
    "潍坊的质量奖评选标准有哪些要求？",
    "怎样校准压力表？",
    "校准周期是多久？",
    "质量月是什么？",
    "申请CCC认证要什么材料？",
    "《计量法》第十二条怎么规定？",
    "GB/T 19001有几章？",
    "江苏有多少家企业获奖？",
    "孟晓是谁？",
    "不合格品怎么处置？",
    "内审多久做一次？",
    "哪些产品要强制认证？",
    "电梯的检验周期是多长？",
    "在采购过程中，怎么控制供方风险？",
    "What is calibration?",
]


@pytest.mark.parametrize("before", [AGENCIES, RECALL, METHOD])
@pytest.mark.parametrize("question", SWITCHES)
def test_a_change_of_topic_inherits_nothing(question, before):
    assert talk(before, question) == question


def test_a_first_question_stays_as_it_is():
    assert stand_alone(" 年营收呢？ ", []) == "年营收呢？"


def test_a_long_talk_does_not_pile_up():
    questions = [AGENCIES, *["年营收呢？", "在全国排第几？", "被谁评定？", "在哪里公布？"] * 5]
    assert len(talk(*questions)) < 40


def test_a_question_remembers_how_it_was_typed():
    asked = understand("安徽检验检测机构，年营收", typed="年营收呢？")
    assert (asked.text, asked.standalone) == ("年营收呢？", "安徽检验检测机构，年营收")


@pytest.mark.parametrize(
    "question",
    ["呢？", "它", "这", "他们", "？", "", "其中", "那", "的", "呢" * 1000, "，" * 500, "这个" * 300],
)
@pytest.mark.parametrize("before", ["", "？", "它呢？", "，，，", "什么", "《》", AGENCIES[0]])
def test_odd_questions_do_no_harm(question, before):
    assert isinstance(stand_alone(question, [Turn(before)]), str)
