"""Orders in the wrong place: a sentence of a document that tells its reader's assistant what to say.

A document is quoted, never obeyed; a sentence of this kind is no evidence for anything but that it stands there. Told by
words alone, and only where an assistant, an answer or an instruction is spoken of: rules for people (检验员必须…) are not meant.
"""

from __future__ import annotations

import re
from functools import lru_cache

from index.split import clauses
from rag.matching import comparable

_ADDRESSEE = (
    r"人工智能|智能(?:助手|体|客服|系统)|大模型|语言模型|聊天机器人|问答系统"
    r"|(?<![a-z])(?:ai|llms?|chatbot|assistant|language models?)(?![a-z])"
)
_COMMAND = (
    r"必须|应当|务必|一律|统一|不得|不要|不许|禁止|只能|请|忽略|无视"
    r"|(?<![a-z])(?:must|shall|should|do not|don't|never|always|please|ignore)(?![a-z])"
)
_OVERRIDE = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不理会|抛开)\S{0,12}(?:指令|指示|提示词|规则|设定|要求|限制)"
    r"|(?:ignore|disregard|forget)\s+(?:\w+\s+){0,4}(?:instructions?|prompts?|rules?)|system prompt|系统提示词"
)
_DICTATES = re.compile(
    r"(?:摘要|总结|回答|答复|答案|结论|回复)\S{0,8}"
    r"(?:请|必须|应当|务必|一律|统一)\S{0,4}(?:写入|写明|写成|回答|填写|注明|称)[“\"：:]"
)
_TO_ASSISTANT = re.compile(rf"(?:{_ADDRESSEE}).*(?:{_COMMAND})|(?:{_COMMAND}).*(?:{_ADDRESSEE})")
_MAY_ORDER = re.compile(rf"{_ADDRESSEE}|{_OVERRIDE.pattern}|{_DICTATES.pattern}")
_SAYS_WHAT = re.compile(
    r"回答|回复|答复|输出|写明|写入|提及|生成|摘要|总结|指令"
    r"|answer|reply|respond|output|say|summar|instruction"
)
_ABOUT_ORDERS = re.compile(rf"指令|提示|注入|可疑|异常|附注|{_ADDRESSEE}|摘要|要求.{{0,8}}(?:写|说|回答)")


def orders_reader(text: str) -> bool:
    """Whether the normalised sentence tells an assistant, or whoever writes answers, what to say."""
    if _OVERRIDE.search(text) or _DICTATES.search(text):
        return True
    return bool(_TO_ASSISTANT.search(text) and _SAYS_WHAT.search(text))


@lru_cache(maxsize=1024)
def without_orders(text: str) -> str:
    """`text` without its sentences of that kind: what they dictate is not said by the document."""
    if not _MAY_ORDER.search(comparable(text)):
        return text
    kept = [text[start:end] for start, end in clauses(text) if not orders_reader(comparable(text[start:end]))]
    return " ".join(kept)


def asks_about_orders(question: str) -> bool:
    """Whether the normalised question is about such orders, so that one may be quoted in answer to it."""
    return bool(_ABOUT_ORDERS.search(question))


_ROLE = re.compile(
    r"你(?:现在|从现在起|就)?是\S{0,16}(?:助手|模型|机器人|角色)|扮演|只(?:许|能|准|需要?)(?:回答|回复|输出|说)|输出\S{0,8}提示词"
)
_TASK = re.compile(
    r"^(?:请你?|麻烦你?|帮我?|帮忙|给我|替我|你)*(?:把|将)?\S{0,12}?(?:删除|删掉|清空|格式化|卸载|写一?[份篇个封首段]|起草|画一?[张个幅]"
    r"|翻译|发一?封|发邮件|订一?[张个间]|预订|安装|运行|执行命令)"
)
"""Something to be done, not to be told."""

_NOW = re.compile(
    r"^(?:请问|你好|那么?|[,，!！。\s])*(?:今天|明天|现在|此刻|当前|这会儿|外面)?的?"
    r"(?:天气(?:怎么?样|如何|好)?|(?:是)?(?:星期|周|礼拜)几|(?:是)?几[点月号]|(?:是)?什么时间)"
    r"(?:吗|呢|呀|啊|了|钟|几号|预报)?[?？。!！\s]*$"
)
"""Asks for the weather or the time, of which documents know nothing."""

_ASKING = re.compile(r"[?？吗呢]\s*$|什么|哪|谁|怎|为何|是否|多少")


def is_order(question: str) -> bool:
    """Whether the normalised text is no question to documents: tells the assistant how to behave, or asks the time."""
    if _NOW.search(question):
        return True
    told = _OVERRIDE.search(question) or _ROLE.search(question) or _TASK.search(question)
    return bool(told and not _ASKING.search(question))
