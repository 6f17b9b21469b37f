"""What reaches the terminal: nothing foreign may steer it, nothing may be lost from JSON."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Answer
from tests.ui.doubles import answered, passage
from ui.commands.ask import in_words
from ui.commands.search import in_words as hit_in_words
from ui.console import as_json, complain, note, printable, say

STEERING = "甲\x1b]0;owned\x07\x1b[2J\x9b31m\u202e乙\u2066\x7f"


def controls_of(text):
    """The characters of `text` that a terminal would obey, lines aside."""
    bidirectional = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    return {
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") and c != "\n") or c in bidirectional
    }


def test_controls_are_shown_and_not_obeyed():
    assert printable("甲\x1b[2J乙\n丙\x00\x7f\x9b\u202e丁\ud800") == "甲␛[2J乙␊丙␀␡��丁�"
    assert printable("海岳 66项 “标准”（试行）😀") == "海岳 66项 “标准”（试行）😀"


@given(st.text())
def test_a_printable_text_is_one_line_of_the_same_length(text):
    shown = printable(text)
    assert controls_of(shown) == set()
    assert len(shown.splitlines()) <= 1
    assert len(shown) == len(text)


@given(st.text(st.characters()))
def test_json_loses_nothing_and_holds_no_control(text):
    line = as_json({"text": text})
    assert json.loads(line) == {"text": text}
    assert controls_of(line + "\n") == set()


def test_every_way_to_the_terminal_is_safe(capsys):
    say(STEERING)
    note(STEERING)
    complain(STEERING)
    out, err = capsys.readouterr()
    assert controls_of(out) == controls_of(err) == set()
    assert "␛" in out
    assert len(err.splitlines()) == 2


def test_answers_and_hits_hold_no_line_of_a_document():
    source = passage(STEERING, article="题\n[2] 假", document=f"{STEERING}\n.txt", url="http://a\n\x1b")
    answer = answered("问", source, STEERING)
    words = in_words(answer) + hit_in_words(answer.hits[0], 1)
    assert "\n[2] 假" not in words
    assert "题␊[2] 假" in words
    refused = Answer("问", "问", "refused", "没有", hits=answer.hits)
    assert "\n[2] 假" not in in_words(refused)
