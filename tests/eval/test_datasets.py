"""Data sets by path: documents with safe names, gold sets with the evidence that the data give, and clear refusals."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.datasets import (
    context_documents,
    document_id,
    file_name,
    gold_of,
    is_dataset,
    training_questions,
    write_documents,
)
from eval.gold import Evidence, Fact, GoldError, PastTurn, as_record, item_of
from tests.eval.gold_items import CALM

DOCUMENTS = [
    {"id": "d-1", "title": "计量法第一条", "text": "校准周期为\n九十天。由计量员收回。", "meta": {}},
    {"id": "d/2", "title": "", "text": "检测机构共42家，分布在甲省和乙省。", "meta": {}},
    {
        "id": "d-3",
        "title": "招生",
        "text": "<style>x{}</style><p>分数线</p><table><tr><td>金融</td><td>605</td></tr></table>",
    },
    {"id": "d-4", "title": "无关", "text": "无关的文档。\x01", "meta": {}},
]
DOCUMENTS[2]["meta"] = {"format": "html"}


def asked(id, question="问？", answers=(), doc_ids=(), answerable=True, **meta):
    return {
        **{"id": id, "question": question, "answers": list(answers), "doc_ids": list(doc_ids)},
        **{"answerable": answerable, "meta": {"type": "extractive", **meta}},
    }


def dataset(folder: Path, *questions, packed=True, documents=DOCUMENTS) -> Path:
    for name, lines in (("corpus.jsonl", documents), ("questions.dev.jsonl", questions)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def only(folder, question):
    (item,) = gold_of(dataset(folder, question)).items
    assert item_of(as_record(item), item.id) == item
    return item


@pytest.mark.parametrize("packed", [True, False])
def test_a_plain_question_has_its_documents_as_evidence(packed, tmp_path):
    folder = dataset(tmp_path, asked("q", "多少天？", ["九十天。", "九十天"], ["d-1", "d/2"]), packed=packed)
    assert is_dataset(folder)
    (item,) = gold_of(folder).items
    assert item.answers == ("九十天。", "九十天")
    assert item.facts == (Fact(any=("九十天",)),)
    assert item.evidence == ((Evidence("d-1.txt", ""), Evidence("d%2F2.txt", "")),)
    assert (item.tags, item.split, item.source) == (("extractive",), "dev", tmp_path.name)


def test_a_free_answer_is_no_fact(tmp_path):
    item = only(tmp_path, asked("q", answers=["每三个月一次"], doc_ids=["d-1"]))
    assert item.answers == ("每三个月一次",) and item.facts == ()


def test_sentences_are_quoted_where_the_data_give_them(tmp_path):
    refs = ["校准周期为九十天。", "不在任何文档里。"]
    item = only(tmp_path, asked("q", doc_ids=["d-1"], refs=refs))
    assert item.evidence == ((Evidence("d-1.txt", refs[0]),),)
    several = only(tmp_path, asked("q", doc_ids=["d-1", "d/2"], refs=refs, type="多文档对比问题"))
    assert several.evidence == ((Evidence("d-1.txt", refs[0]),), (Evidence("d%2F2.txt", ""),))


def test_groups_of_documents_are_all_needed(tmp_path):
    groups = [["d-1", "d-3"], ["d/2"]]
    for meta in ({"positive_groups": groups}, {"type": "multi_doc", "gold_groups": groups}):
        item = only(tmp_path, asked("q", doc_ids=["d-1", "d-3", "d/2"], **meta))
        assert [[one.document for one in group] for group in item.evidence] == [
            ["d-1.txt", "d-3.txt"],
            ["d%2F2.txt"],
        ]


def test_nested_answers_are_all_needed_or_any(tmp_path):
    parts = only(
        tmp_path, asked("q", answers=["甲省", "乙省"], doc_ids=["d/2"], answer_raw=["甲省", ["乙省", "乙"]])
    )
    assert parts.facts == (Fact(any=("甲省",)), Fact(any=("乙省", "乙")))
    assert parts.answers == ("甲省、乙省",)
    site = {"gold_groups": [["d/2"]]}
    whole = only(
        tmp_path, asked("q", answers=["甲省", "乙省"], doc_ids=["d/2"], answer_raw=[["甲省", "乙省"]], **site)
    )
    assert whole.facts == (Fact(any=("甲省",)), Fact(any=("乙省",)))
    either = only(
        tmp_path, asked("q", answers=["42家", "42"], doc_ids=["d/2"], answer_raw=[["42家"], ["42"]], **site)
    )
    assert either.facts == (Fact(any=("42家", "42")),)


def test_earlier_turns_are_history(tmp_path):
    item = only(tmp_path, asked("q", doc_ids=["d-1"], history=[{"question": "谁？", "answers": ["计量员"]}]))
    assert item.history == (PastTurn("谁？", "计量员"),)


def test_unanswerable_questions_have_no_evidence_but_their_documents_are_kept(tmp_path):
    folder = dataset(
        tmp_path,
        asked("n", answerable=False, context_id="d-4"),
        asked("r", answerable=False, type="rejection"),
    )
    gold = gold_of(folder)
    assert [(item.id, item.answerable, item.evidence) for item in gold.items] == [("n", False, ())]
    assert context_documents(folder, gold) == {"d-4"}


def test_a_sample_is_the_same_for_a_seed_whatever_the_order(tmp_path):
    questions = [asked(f"q{i}", doc_ids=["d-1"]) for i in range(40)]
    drawn = {item.id for item in gold_of(dataset(tmp_path, *questions), sample=10).items}
    assert len(drawn) == 10
    assert {item.id for item in gold_of(dataset(tmp_path, *reversed(questions)), sample=10).items} == drawn
    assert {item.id for item in gold_of(tmp_path, sample=10, seed=1).items} != drawn
    assert len(gold_of(tmp_path, sample=100).items) == 40


def test_documents_are_text_files_with_their_title(tmp_path):
    (tmp_path / "set").mkdir()
    folder = dataset(tmp_path / "set")
    assert write_documents(folder, tmp_path / "out") == 4
    texts = {
        document_id(file.name): file.read_text(encoding="utf-8") for file in (tmp_path / "out").iterdir()
    }
    assert texts == {
        "d-1": "计量法第一条\n\n校准周期为\n九十天。由计量员收回。\n",
        "d/2": "检测机构共42家，分布在甲省和乙省。\n",
        "d-3": "招生\n\n分数线\n金融 605\n",
        "d-4": "无关\n\n无关的文档。\n",
    }


def test_a_limit_keeps_what_is_needed(tmp_path):
    (tmp_path / "set").mkdir()
    folder = dataset(tmp_path / "set")
    for limit, expected in ((1, 2), (3, 3), (9, 4)):
        out = tmp_path / f"out{limit}"
        assert write_documents(folder, out, limit=limit, keep={"d-1", "d/2", "none"}) == expected
        assert {"d-1", "d/2"} <= {document_id(file.name) for file in out.iterdir()}


@CALM
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=15))
def test_a_name_is_safe_and_leads_back_to_its_id(id):
    name = file_name(id)
    assert document_id(name) == document_id(f"folder/{name}") == id
    assert name.isascii() and not name.startswith(".") and not set(name) & set('/\\:*?"<>| \n')


def test_ids_that_file_systems_could_not_tell_apart_are_refused(tmp_path):
    (tmp_path / "set").mkdir()
    folder = dataset(tmp_path / "set", documents=[{"id": "a", "text": "甲"}, {"id": "A", "text": "乙"}])
    with pytest.raises(GoldError, match="大小写"):
        write_documents(folder, tmp_path / "out")
    with pytest.raises(GoldError, match="太长"):
        file_name("长" * 30)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "corpus|questions"),
        ({"corpus.jsonl": "{", "questions.jsonl": '{"id": "q", "doc_ids": []}'}, "cannot read"),
        ({"corpus.jsonl": "", "questions.jsonl": "[]"}, "应为对象"),
        ({"corpus.jsonl": "", "questions.jsonl": '{"question": "问？"}'}, "没有 id"),
        ({"corpus.jsonl": "", "questions.jsonl": '{"id": "q"}'}, "format|form"),
        ({"corpus.jsonl": "", "questions.jsonl.gz": "no gzip"}, "cannot read"),
    ],
)
def test_what_is_no_data_set_is_refused_in_one_line(files, reason, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=reason):
        gold_of(tmp_path)


def test_a_missing_folder_is_one_clear_line(tmp_path):
    with pytest.raises(GoldError, match="没有数据集文件夹"):
        gold_of(tmp_path / "none")


def test_training_questions_of_pairs_of_gold_files_and_of_tables(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"query": "甲？", "positive": "…"}\n{"id": "c", "turns": [{"question": "乙？"}, {"question": "丙？"}]}\n',
        encoding="utf-8",
    )
    (tmp_path / "b.csv").write_text("问题\n丁？\n", encoding="utf-8")
    assert training_questions(tmp_path / "a.jsonl") == ["甲？", "乙？", "丙？"]
    assert training_questions(tmp_path / "b.csv") == ["丁？"]


DATA = os.environ.get("TEST_DATASETS", "")


@pytest.mark.skipif(not DATA, reason="TEST_DATASETS names no folder of data sets")
def test_every_data_set_on_this_machine_can_be_read():
    folders = [folder for folder in sorted(Path(DATA).iterdir()) if is_dataset(folder)]
    assert folders
    for folder in folders:
        gold = gold_of(folder, sample=200)
        assert len(gold.items) > 100
        assert all(item.evidence for item in gold.items if item.answerable)
        for item in gold.items:
            assert item_of(as_record(item), item.id) == item
