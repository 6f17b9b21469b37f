"""Who speaks or writes: the lines that name a person with organisation and role.

`领导致辞 把可靠性写进产品基因 海岳省市场监管局党组书记、局长 周启明` is a section, a heading, an
organisation, a role and a name. A line is only read this way when a word for a role stands right before
the name; ordinary sentences with names in them are left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.lines import HAN, columns, ends_sentence
from index.passage import Speaker

MAX_COLUMNS = 200
"""Wider lines are prose."""

_TOKEN = re.compile(r"(?:\([^()]*\)|（[^（）]*）|[^\s(（]|[(（])+")
_SECTION = re.compile(
    rf"[{HAN}]{{0,6}}(?:致辞|演讲|分享|对话|发言|讲话|报告|交流|访谈|点评|讲座|论坛|圆桌|研讨|解读|寄语|主题|观点|声音)"
)
_LATIN_NAME = r"[(（][A-Za-z][^()（）]*[)）]"
_NAME = re.compile(
    rf"[{HAN}]{{2,4}}|[{HAN}]{{2,8}}{_LATIN_NAME}|[{HAN}]{{1,6}}(?:[·・•][{HAN}A-Za-z.]{{1,8}})+(?:{_LATIN_NAME})?"
)
_NO_NAME = re.compile(r"(?:致辞|讲话|发言|报告|主持|总结|演讲|作者|供图|摄影|整理|撰文|先生|女士|等人?)$")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
_MODIFIER = (
    r"(?:原|前|前任|时任|现任|党组|党委|党总支|党支部|党|常务|执行|高级|资深|首席|特聘|特约|名誉|荣誉|客座|联合|联席|轮值|一级|二级|三级|四级|"
    r"副|总|正|代|质量|技术|运营|销售|市场|产品|项目|研发|生产|采购|财务|安全|法务|标准化?|检验|计量|认证|工艺|品牌|战略|人力资源)"
)
_CORE = (
    r"(?:首席[\u4e00-\u9fffA-Za-z]{1,6}官|[局司处部科厅院校所会社站店厂组队州市省县区镇乡村]长|理事长|董事长|秘书长|"
    r"主席|主任|总裁|总经理|总干事|总监|总编辑?|总工程师|总工|总设计师|总会计师|总经济师|总规划师|经理|书记|院士|教授|研究员|讲师|馆长|台长|行长|班长|"
    r"工程师|设计师|技师|架构师|分析师|会计师|律师|医师|医生|检验师|计量师|审核员|评审员|督导员|调研员|巡视员|专员|科员|"
    r"博士生导师|硕士生导师|博导|导师|博士|委员|专家|顾问|科学家|学者|创始人|合伙人|负责人|发起人|代表|董事|监事|主编|编辑|记者|评论员|撰稿人|作家|作者|"
    r"发言人|参赞|大使|领事|会员|干事|主管|主理人|组织者|带头人|传承人|劳模|工匠|CEO|CTO|CQO|COO|CFO|CIO)"
)
_PHRASE = rf"{_MODIFIER}*{_CORE}"
_ROLE = re.compile(rf"{_PHRASE}(?=$|[、，,/兼及和（(]|{_MODIFIER}*{_CORE})")
_ROLE_END = re.compile(rf"{_CORE}(?:[（(][^（()）]*[)）])?$")
_DEPARTMENT = re.compile(rf"(.*(?:公司|集团|厂))[{HAN}]{{2,8}}部$")
_AUTHOR = re.compile(rf"([{HAN}]{{2,4}}) ?[|｜丨] ?\S")


@dataclass(frozen=True, slots=True)
class Byline:
    """A line that introduces a speaker; `section` and `heading` may be empty."""

    section: str
    heading: str
    speaker: Speaker


def read_byline(line: str) -> Byline | None:
    """Reads a head line: optional section, optional heading, organisation with role, and name; else None."""
    if "。" in line or len(line) > MAX_COLUMNS or ends_sentence(line) or columns(line) > MAX_COLUMNS:
        return None
    tokens = _TOKEN.findall(line)
    if len(tokens) >= 3 and all(re.fullmatch(f"[{HAN}]", token) for token in tokens[-2:]):
        tokens[-2:] = [tokens[-2] + tokens[-1]]  # a name of two characters, set apart to the width of three
    if (
        len(tokens) < 2
        or not _NAME.fullmatch(tokens[-1])
        or _NO_NAME.search(tokens[-1])
        or _ROLE_END.search(tokens[-1])
    ):
        return None
    *before, post, name = tokens
    if not _ROLE_END.search(post):
        return None
    organisation, role = split_title(post)
    if not role or not (organisation or before or is_name(name)):
        return None
    while before and before[-1].isascii() and re.search("[A-Za-z]", before[-1]):
        organisation = f"{before.pop()} {organisation}".strip()
    if not organisation and len(before) > 1:
        organisation = before.pop()
    section = before.pop(0) if len(before) > 1 and _SECTION.fullmatch(before[0]) else ""
    return Byline(section, " ".join(before), Speaker(name, organisation, role))


def split_title(post: str) -> tuple[str, str]:
    """Organisation and role of what stands before a name: 省市场监管局党组书记、局长 → 省市场监管局 | 党组书记、局长.

    The role begins at the first word for one that ends a phrase; so 研究院院长 parts before 院长. A
    company's department belongs to the role: 某某有限公司 | 质量部总监.
    """
    match = _ROLE.search(post)
    if not match:
        return post, ""
    department = _DEPARTMENT.match(post[: match.start()])
    start = department.end(1) if department else match.start()
    return post[:start], post[start:]


def is_name(text: str) -> bool:
    """Whether `text` looks like a Chinese person's name: a surname and one or two characters."""
    return 2 <= len(text) <= 3 and text[0] in _SURNAMES


def read_author(title: str) -> Speaker | None:
    """The author that a title begins with, as in `梁思远 | 供应链的质量`."""
    match = _AUTHOR.match(title)
    return Speaker(match[1]) if match and (is_name(match[1]) or len(match[1]) == 4) else None
