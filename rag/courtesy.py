"""What people say to a chat window that is no question: a greeting, thanks, who are you.

Told by the whole of what was said; with anything else in it (你好，哪天放假？) it is a question. The replies say what
Zhida is for, and nothing that would need a source.
"""

from __future__ import annotations

import re

from index import words

_OF_WHAT = "请直接提问，例如某项规定的内容、负责人、日期或数字。Ask me what the documents say."
GREETING = f"您好，我是质答，只根据资料库里的文档回答，每句话都注明出处；资料没有写的，我会直说。{_OF_WHAT}"
THANKS = "不客气。还有问题，请继续问。You are welcome."
FAREWELL = "再见。Goodbye."

_REPLIES = (
    (
        re.compile(
            r"(?:(?:您|你|你们|大家)好|早上好|上午好|中午好|下午好|晚上好|早安?|晚安|嗨|哈[喽啰罗]|在吗|在不在|有人吗|hi|hello|hey)"
            r"|(?:你|您|质答)(?:是谁|是什么|叫什么(?:名字)?|是(?:什么|哪个)(?:机器人|助手|模型|ai)"
            r"|(?:能|会|可以)(?:做|干|回答|帮我)?(?:些?什么|啥|哪些(?:问题|事)?)(?:问题|忙)?|有什么(?:功能|用))|怎么用"
            r"|(?:介绍一下)?(?:你|您)自己|自我介绍(?:一下)?|怎么使用|使用(?:说明|帮助)|帮助|help|who are you|what can you do"
        ),
        GREETING,
    ),
    (
        re.compile(
            r"(?:非常|十分|太|多)?(?:感谢|谢谢|谢|多谢|辛苦)(?:你|您|你们|啦|了)*|thanks?(?: you)?|thx"
        ),
        THANKS,
    ),
    (
        re.compile(
            r"(?:好|好的|行|可以|明白|明白了|知道|知道了|了解|了解了|收到|懂了|嗯+|哦+|ok|okay)(?:[，, ]*谢谢)?"
        ),
        THANKS,
    ),
    (re.compile(r"再见|拜拜|回见|下次见|bye(?: ?bye)?|goodbye"), FAREWELL),
)
_MARKS = re.compile(r"[\s。，,.！!？?～~]+$")
_ENDING = re.compile(r"[呀啊呢吗吧哦嘛了\s。，,.！!？?～~]+$")
_SEVERAL = re.compile(r"[\s。，,.！!？?～~]+")


def reply_to(text: str) -> str:
    """What to reply to a courtesy; "" to what is none. Of several (你好，你是谁？) the last counts."""
    plain = words.normalize(text).strip()
    whole = _reply(plain)
    parts = [] if whole else [part for part in _SEVERAL.split(plain) if part]
    replies = [_reply(part) for part in parts]
    return whole or (replies[-1] if replies and all(replies) else "")


def _reply(text: str) -> str:
    said = (_MARKS.sub("", text), _ENDING.sub("", text))
    return next((reply for pattern, reply in _REPLIES if any(map(pattern.fullmatch, said))), "")
