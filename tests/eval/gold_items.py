"""Random gold items for property tests: any text, with what tables and mini-syntax must not trip over in plenty."""

from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from eval.gold import Evidence, Fact, GoldItem, GoldSet, PastTurn

CALM = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For busy machines: how long an example takes says nothing here."""

TRAPS = "；;|｜/\\*'\"=+-@＝\n\r\t\u3000 \xa0,，[]()（）：:±第页%_x\0\x01\ufeff\u2028#日月年0９甲乙质é😀"
PHRASES = [
    *(
        "数字:30 日",
        "(次要)",
        "（次要）甲",
        "[f1]",
        "列表(至少2):甲/乙",
        "文本:",
        "日期:2023",
        "a.txt 第2页",
        "a.txt p.3",
    ),
    *(
        "_x000D_",
        "x005F_",
        "\\u0041",
        "\\\\u0041",
        "'=1",
        "=1+1",
        "@SUM(A1)",
        "#N/A",
        "*",
        "\\*",
        "C:\\temp",
        "TRUE",
    ),
    *(
        " 前后有空格 ",
        "\u3000",
        "甲\n乙",
        "甲\r\n乙",
        '"引号"',
        "-",
        "2023-09",
        "0012",
        "1e5",
        "\ufeff甲",
        "甲；乙|丙",
    ),
]
CHARACTERS = st.one_of(st.sampled_from(TRAPS), st.characters(codec="utf-8"))
ANY_TEXT = st.one_of(st.sampled_from(PHRASES), st.text(CHARACTERS, max_size=12))
TEXT = ANY_TEXT.filter(str.strip)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
SOME_TEXTS = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
ID = TEXT.map(lambda text: "".join(c for c in text if c.isprintable()).strip()).filter(bool)
NUMBER = st.one_of(st.integers(-(10**6), 10**6).map(float), st.floats(allow_nan=False, allow_infinity=False))
DATES = st.dates(date(1, 1, 1)).flatmap(lambda day: st.sampled_from([f"{day}", f"{day}"[:7], f"{day}"[:4]]))

ABOUT_FACT = {"vital": st.booleans(), "id": ANY_TEXT}
TOLERANCE = NUMBER.map(abs)
FACTS = st.one_of(
    st.builds(Fact, any=SOME_TEXTS, **ABOUT_FACT),
    st.builds(Fact, st.just("number"), TEXTS, NUMBER, ANY_TEXT, TOLERANCE, **ABOUT_FACT),
    st.builds(Fact, st.just("percent"), TEXTS, NUMBER, st.just(""), TOLERANCE, **ABOUT_FACT),
    st.builds(Fact, st.just("date"), TEXTS, DATES, **ABOUT_FACT),
    st.lists(SOME_TEXTS, min_size=1, max_size=3).flatmap(
        lambda members: st.builds(
            Fact,
            st.just("list"),
            members=st.just(tuple(members)),
            least=st.integers(0, len(members)),
            **ABOUT_FACT,
        )
    ),
)
EVIDENCE = st.builds(Evidence, TEXT, ANY_TEXT, st.none() | st.integers(1, 999))
ITEMS = st.builds(
    GoldItem,
    id=ID,
    question=TEXT,
    history=st.lists(st.builds(PastTurn, TEXT, ANY_TEXT), max_size=2).map(tuple),
    answerable=st.booleans(),
    answers=TEXTS,
    facts=st.lists(FACTS, max_size=3).map(tuple),
    forbidden=TEXTS,
    evidence=st.lists(st.lists(EVIDENCE, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
    tags=TEXTS,
    difficulty=st.none() | st.integers(0, 9),
    split=ANY_TEXT,
    weight=NUMBER.map(abs).filter(bool),
    status=st.sampled_from(["draft", "approved"]),
    author=ANY_TEXT,
    reviewer=ANY_TEXT,
    source=ANY_TEXT,
    created=ANY_TEXT,
    notes=ANY_TEXT,
)


@st.composite
def gold_sets(draw):
    """A set of items with different ids, some of them turns of conversations, in an order that files keep."""
    items = draw(st.lists(ITEMS, max_size=4, unique_by=lambda item: item.id))
    found = []
    for item in items:
        if draw(st.booleans()) or "#" in item.id:
            found.append(item)
            continue
        turns = draw(st.lists(ITEMS, min_size=1, max_size=2))
        found += [
            replace(turn, id=f"{item.id}#{i}", conversation=item.id) for i, turn in enumerate([item, *turns])
        ]
    ids = [item.id for item in found]
    return GoldSet(tuple(found), "x") if len(set(ids)) == len(ids) else GoldSet(tuple(items), "x")
