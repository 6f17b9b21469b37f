"""The comparison with other libraries: metrics and tables with made-up systems; the libraries' own where installed."""

import gzip
import json
import random
from dataclasses import replace

import pytest

from eval.baselines import __main__ as command
from eval.baselines import systems
from eval.baselines.base import Baseline, MissingPackage, SharedEmbedding, Source
from eval.baselines.measure import ANSWER, Measurement, best_of_each, cut, measure, ranking
from eval.baselines.table import differences, lines_of, losses, markdown
from eval.baselines.tasks import DATA_SETS, Task, TaskError, data_task, gold_task
from eval.baselines.zhida import Zhida
from eval.gold import Evidence, Fact, GoldItem
from eval.record import Found

DOCUMENTS = (
    Source("评审.txt", "质量管理体系的文件应当定期评审。评审由质量部组织，每年至少一次。"),
    Source("校准.txt", "计量器具应当按周期送检校准。校准证书由计量室保存三年。"),
    Source("报废.txt", "无法修复的计量器具应当报废。报废由设备科批准。"),
)
ITEMS = (
    GoldItem(
        "q1",
        "评审由谁组织？",
        facts=(Fact(any=("质量部",)),),
        evidence=((Evidence("评审.txt", "评审由质量部组织"),),),
        tags=("小测",),
    ),
    GoldItem(
        "q2",
        "报废由谁批准？",
        facts=(Fact(any=("设备科",)),),
        evidence=((Evidence("报废.txt", "报废由设备科批准"),),),
        tags=("小测",),
    ),
)
TASK = Task("小测", DOCUMENTS, ITEMS, quoted=True, of=3)


class InOrder(Baseline):
    """Finds every document whole, in the order in which they came."""

    name = "in order"
    recipe = "the order of the documents"

    def index(self, documents):
        self.documents = documents

    def search(self, question, k):
        return [Found(one.name, one.text, 0, len(one.text)) for one in self.documents][:k]


class Ours(InOrder):
    """Stands for Zhida: the same upside down, with an answer for one question and a refusal for the other."""

    name = systems.OURS
    recipe = "upside down"

    def search(self, question, k):
        return super().search(question, k)[::-1]

    def answer(self, question):
        return "报废由设备科批准[1]。" if "报废" in question else ""


def test_ranks_become_metrics():
    assert ranking([2, None]) == {"hit@1": 0.0, "hit@5": 1.0, "mrr@10": 1 / 2, "recall@10": 1 / 2}
    assert ranking([1]) == {"hit@1": 1.0, "hit@5": 1.0, "mrr@10": 1.0, "recall@10": 1.0}
    assert ranking([11, 6]) == {"hit@1": 0.0, "hit@5": 0.0, "mrr@10": 1 / 6, "recall@10": 1 / 2}
    assert set(ranking([None]).values()) == {0.0}


def test_a_document_counts_where_its_first_passage_stands():
    found = [Found(name, str(i)) for i, name in enumerate("abacb")]
    assert [(hit.document, hit.text) for hit in best_of_each(found)] == [("a", "0"), ("b", "1"), ("c", "3")]


def test_texts_are_cut_to_one_length():
    found = [Found("a", "一二三", 10, 13), Found("b", "四五六", 0, 3), Found("c", "七", 0, 1)]
    assert [(hit.text, hit.end) for hit in cut(found, 5)] == [("一二三", 13), ("四五", 2)]
    assert cut(found, 3) == found[:1]
    assert cut(found, 100) == found


def test_passages_are_ranked_where_evidence_is_quoted():
    measured = measure(InOrder, TASK)
    first, second = (row.values for row in measured.rows)
    assert (first["mrr@10"], second["mrr@10"]) == (1.0, 1 / 3)
    assert first["recall@1000c"] == second["recall@1000c"] == 1.0
    assert sum(len(one.text) for one in DOCUMENTS) < ANSWER  # so all facts stand in what the answer may hold
    assert first["correct"] == first["passages_correct"] == second["correct"] == 1.0
    assert measured.passage_length == pytest.approx(sum(len(one.text) for one in DOCUMENTS) / 3)
    assert Measurement.from_dict(json.loads(json.dumps(measured.as_dict()))) == measured


def test_documents_are_ranked_where_only_they_are_known():
    items = tuple(
        replace(item, evidence=((Evidence("校准.txt", ""),), (Evidence("没有.txt", ""),))) for item in ITEMS
    )
    for row in measure(InOrder, replace(TASK, items=items, quoted=False)).rows:
        assert row.values == {"hit@1": 0.0, "hit@5": 1.0, "mrr@10": 1 / 2, "recall@10": 1 / 2}
        assert row.gold == ("校准.txt", "没有.txt")


def test_a_refusal_is_not_correct_and_an_answer_is_scored():
    rows = measure(Ours, TASK).rows
    assert [row.values["correct"] for row in rows] == [0.0, 1.0]
    assert [row.values["passages_correct"] for row in rows] == [1.0, 1.0]


def test_the_table_holds_ours_beside_theirs():
    measurements = [measure(InOrder, TASK), measure(Ours, TASK)]
    lines = lines_of(measurements)
    assert [line.measured.system for line in lines] == [systems.OURS, "in order"]
    difference, p = differences(lines, "mrr@10")["小测", "小测", "in order"]
    assert difference.mean == pytest.approx((1 / 3 - 1 + 1 - 1 / 3) / 2)
    assert p == 1.0
    correct, _ = differences(lines, "correct")["小测", "小测", "in order"]
    assert correct.mean == (0 + 1) / 2 - (1 + 1) / 2  # below 0: the other is better
    text = markdown(measurements, ["略去 left out: docqa_zh"])
    assert "略去 left out: docqa_zh" in text
    assert "| 小测 (n=2, 3 documents) | in order | 0.500 [" in text
    assert text.count("| in order |") == 2
    for table in text.split("## ")[1:]:
        widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
        assert len(widths) == 1


def test_other_questions_cannot_be_compared():
    fewer = replace(TASK, items=ITEMS[:1])
    with pytest.raises(TaskError, match="not the same questions"):
        markdown([measure(Ours, TASK), measure(InOrder, fewer)])


def test_a_loss_is_a_question_whose_gold_only_others_find_among_five():
    class Blind(Ours):
        def search(self, question, k):
            return [] if "报废" in question else super().search(question, k)

    lost = losses([measure(Blind, TASK), measure(InOrder, TASK)])
    assert list(lost) == ["小测 小测"]
    assert [(one["id"], one["gold"], one["found"], one["by"]) for one in lost["小测 小测"]] == [
        ("q2", ("报废.txt",), (), ["in order"])
    ]


def write_lines(file, records):
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@pytest.fixture
def data(tmp_path):
    """A data set of 40 documents, 10 questions of each of two types, one more without an answer."""
    folder = tmp_path / "data" / "crud_rag"
    folder.mkdir(parents=True)
    write_lines(
        folder / "corpus.jsonl.gz",
        [{"id": f"d{i}", "title": f"题{i}", "text": f"第{i}号通知。", "meta": {}} for i in range(40)],
    )
    questions = [
        {
            "id": f"{kind}{i}",
            "question": f"第{i}号？",
            "doc_ids": [f"d{i}"],
            "answerable": True,
            "meta": {"type": kind},
        }
        for kind in DATA_SETS["crud_rag"]
        for i in range(10)
    ]
    nothing = {**questions[0], "id": "nothing", "doc_ids": [], "answerable": False}
    write_lines(folder / "questions.dev.jsonl.gz", [*questions, nothing])
    return tmp_path / "data"


def test_a_sample_keeps_every_gold_document_and_is_the_same_for_all(data):
    task = data_task(data / "crud_rag", questions=6, documents=20)
    names = [one.name for one in task.documents]
    assert len(names) == len(set(names)) == 20
    assert (task.of, task.quoted) == (40, False)
    assert [item.tags[0] for item in task.items] == ["event_search"] * 6 + ["quest_1doc"] * 6
    assert {evidence.document for item in task.items for (evidence,) in item.evidence} <= set(names)
    assert task.documents[0].text.startswith("题")
    random.seed(5)
    assert data_task(data / "crud_rag", questions=6, documents=20) == task
    assert data_task(data / "crud_rag", questions=6, documents=20, seed=1) != task
    assert len(data_task(data / "crud_rag", questions=99, documents=999).documents) == 40


def test_missing_data_are_told(tmp_path):
    with pytest.raises(TaskError, match="cannot read"):
        data_task(tmp_path / "statutes", 5, 5)
    with pytest.raises(TaskError, match="no documents"):
        gold_task(tmp_path / "gold.jsonl", tmp_path / "none")


def test_a_gold_task_leaves_out_what_has_no_answer_and_conversations(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "甲.txt").write_text("评审由质量部组织。", encoding="gb18030")
    evidence = [{"doc": "甲.txt", "quote": "评审由质量部组织"}]
    records = [
        {"id": "a", "question": "谁组织？", "facts": [["质量部"]], "evidence": evidence},
        {"id": "b", "question": "谁批准？", "answerable": False},
        {"id": "c", "turns": [{"question": "谁组织？", "facts": [["质量部"]], "evidence": evidence}]},
    ]
    gold = tmp_path / "小.jsonl"
    gold.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    task = gold_task(gold, tmp_path / "documents")
    assert [item.id for item in task.items] == ["a"]
    assert task.documents == (Source("甲.txt", "评审由质量部组织。"),)
    assert task.items[0].tags == ("小",)


def test_the_command_says_what_it_left_out_and_writes_the_table(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "system", lambda name: Ours if name == systems.OURS else InOrder)
    out = tmp_path / "out" / "peers.md"
    given = [
        "--data",
        str(data),
        "--sets",
        "crud_rag,statutes",
        "--systems",
        "zhida,langchain",
        "--out",
        str(out),
    ]
    assert command.main(given) == 0
    printed = capsys.readouterr()
    assert "left out: statutes: " in printed.err
    assert "left out: statutes: " in printed.out
    assert out.read_text(encoding="utf-8") in printed.out
    assert {"measurements", "lost"} == set(json.loads(out.with_suffix(".json").read_text(encoding="utf-8")))
    assert command.main(["--again", str(out.with_suffix(".json"))]) == 0
    assert "crud_rag event_search (n=10, 40 documents)" in capsys.readouterr().out


def test_the_command_without_data_or_packages(tmp_path, monkeypatch, capsys):
    def missing(name):
        raise MissingPackage(ModuleNotFoundError(name="haystack"))

    monkeypatch.setattr(command, "system", missing)
    assert command.main(["--sets", "docqa_zh", "--systems", "haystack"]) == 4
    assert "haystack is missing" in capsys.readouterr().err
    monkeypatch.setattr(command, "system", lambda name: InOrder)
    assert command.main(["--sets", "gold", "--gold", str(tmp_path / "none.jsonl")]) == 4
    assert "left out: gold: " in capsys.readouterr().err
    assert command.main(["--again", str(tmp_path / "none.json")]) == 2
    with pytest.raises(SystemExit):
        command.main(["--systems", "haystak"])


def test_a_module_of_ours_that_is_missing_is_a_defect(monkeypatch):
    monkeypatch.setitem(systems.SYSTEMS, "broken", ("no_such_adapter", "Nothing"))
    with pytest.raises(ModuleNotFoundError):
        systems.system("broken")


def test_the_shared_model_gives_unit_vectors():
    model = SharedEmbedding()
    vectors = [*model.passages(["质量管理", "計量器具"]), model.query("校准")]
    for vector in vectors:
        assert sum(value * value for value in vector) == pytest.approx(1.0, abs=1e-5)


def test_zhida_is_measured_through_its_public_interface():
    rows = measure(Zhida, TASK).rows
    assert [row.values["hit@1"] for row in rows] == [1.0, 1.0]


@pytest.mark.parametrize("name", [name for name in systems.SYSTEMS if name != systems.OURS])
def test_each_library_finds_the_evidence(name):
    try:
        kind = systems.system(name)
    except MissingPackage as error:
        pytest.skip(f"SKIPPED: {error}")
    measured = measure(kind, TASK)
    assert len(measured.rows) == 2
    for row in measured.rows:
        assert row.values["recall@10"] == 1.0
