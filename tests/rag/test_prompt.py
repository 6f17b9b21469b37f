"""Instructions of one's own: they take the place of ours, the rules stay."""

import pytest

from index.errors import SettingsError
from rag.build import instructions_of, open_answerer
from rag.prompt import INSTRUCTIONS, RULES, STYLE, answer_messages, system_prompt
from rag.settings import Settings


def test_our_own_prompt_is_numbered_rules_after_the_instructions():
    lines = system_prompt().split("\n")
    assert lines[:3] == [INSTRUCTIONS, "规则：", f"1. {STYLE}"]
    assert lines[3:] == [f"{number}. {rule}" for number, rule in enumerate(RULES, start=2)]


def test_other_instructions_keep_every_rule():
    (system, *_) = answer_messages("问？", [], [], "用表格回答。")
    assert system.text.startswith("用表格回答。\n") and INSTRUCTIONS not in system.text
    assert all(rule in system.text for rule in RULES)


def test_a_prompt_is_read_from_its_file(tmp_path):
    file = tmp_path / "prompt.txt"
    file.write_text("\ufeff你是质检员。\n", encoding="utf-8")
    assert instructions_of(Settings(prompt_file=str(file))) == "你是质检员。"
    assert instructions_of(Settings()) == ""


@pytest.mark.parametrize("data", [None, b"", b" \n", b"\xff\xfe\x00"])
def test_a_prompt_that_cannot_be_read_is_one_clear_line(tmp_path, data):
    file = tmp_path / "prompt.txt"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(SettingsError, match=r"prompt\.txt"):
        instructions_of(Settings(prompt_file=str(file)))


def test_the_answerer_is_given_the_instructions(tmp_path, monkeypatch):
    file = tmp_path / "prompt.txt"
    file.write_text("你是质检员。", encoding="utf-8")
    monkeypatch.setattr("rag.answerers.chat_model.open_chat_model", lambda *_, **__: None)
    assert (
        open_answerer(Settings(chat_model="openai:x", prompt_file=str(file))).instructions == "你是质检员。"
    )
    assert open_answerer(Settings(chat_model="openai:x")).instructions == ""
