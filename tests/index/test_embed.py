"""The embedding models: the contract of `Embedder`, and that training writes what both loaders read."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embed import (
    EMBEDDED_MODEL,
    Embedder,
    SentenceTransformerEmbedder,
    StaticEmbedder,
    is_static,
    open_embedder,
)
from index.errors import ModelError

ROOT = Path(__file__).parents[2]
TEXTS = [
    "公司每年提供十五天带薪年假。",
    "半导体薄膜由味之素公司开发，1999年投入使用。",
    "TiDB 支持 MySQL 5.7 协议，kubernetes 部署见下文。",
    "，。",
    "",
    "感冒发烧应该吃什么药？" * 40,
]
PAIRS = [  # (query, what answers it in other words, what doesn't)
    ("醉驾会坐牢吗", "在道路上醉酒驾驶机动车的，处拘役，并处罚金。", "红烧肉选用新鲜五花肉，小火慢炖。"),
    ("孩子发烧怎么办", "小儿体温升高时可以物理降温，必要时服用退热药。", "用人单位应当与职工签订书面合同。"),
    ("老板拖欠工资", "用人单位未按时足额支付劳动报酬的，责令限期支付。", "服用降压药期间应当监测血压。"),
    ("数据库变慢了怎么排查", "通过慢查询日志定位耗时的 SQL 语句，再看执行计划。", "鸡蛋打散后倒入锅中。"),
    ("番茄炒蛋怎么做", "西红柿切块，鸡蛋打散，热锅倒油，炒熟即可。", "人民法院应当在受理后通知被告。"),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("")


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter in the project's root."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "TOKENIZERS_PARALLELISM" not in done.stderr
    return done.stdout


def test_vectors_have_the_promised_shape_and_unit_length(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS, "passage")
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths == pytest.approx([1, 1, 1, 0, 0, 1], abs=1e-5)


def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.encode([], "query").shape == (0, embedder.dimension)


def test_same_text_same_vector_alone_or_among_many(embedder: Embedder) -> None:
    many = embedder.encode(TEXTS * 100, "passage")
    for i, text in enumerate(TEXTS):
        alone = embedder.encode([text], "query")[0]
        assert np.abs(many[i :: len(TEXTS)] - alone).max() < 1e-6


def test_batches_of_any_size_give_the_same_vectors(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = embedder.encode(TEXTS, "passage")
    for characters in (0, 1, 30, 500):
        monkeypatch.setattr("index.embed.CHARACTERS_AT_ONCE", characters)
        assert np.array_equal(embedder.encode(TEXTS, "passage"), expected)


def test_a_second_loading_gives_the_same_name_and_vectors(embedder: Embedder) -> None:
    again = open_embedder("default")
    assert again.name == embedder.name
    assert "@" in again.name
    assert np.array_equal(again.encode(TEXTS, "passage"), embedder.encode(TEXTS, "passage"))


def test_another_content_gives_another_name(tmp_path: Path, embedder: Embedder) -> None:
    copy = tmp_path / "static-zh"
    shutil.copytree(EMBEDDED_MODEL, copy)
    assert StaticEmbedder(copy).name == embedder.name
    tokenizer = copy / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert StaticEmbedder(copy).name != embedder.name


@pytest.mark.parametrize(("query", "answer", "other"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_an_answer_in_other_words_is_nearer(embedder: Embedder, query: str, answer: str, other: str) -> None:
    asked = embedder.encode([query], "query")[0]
    near, far = embedder.encode([answer, other], "passage") @ asked
    assert near > far + 0.05


def test_sentence_transformers_reads_the_same_vectors(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers missing: NOT compared")
    reference = SentenceTransformerEmbedder(str(EMBEDDED_MODEL))
    # The widening in parts is compared too, on a text of 240 tokens: over many thousands, torch's own float32
    # sum strays further than 1e-5 from the exact one.
    monkeypatch.setattr("index.embed.TOKENS_AT_ONCE", 100)
    difference = reference.encode(TEXTS, "passage") - embedder.encode(TEXTS, "passage")
    assert np.abs(difference).max() < 1e-5


def test_a_query_prompt_is_put_before_queries_only() -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers missing: NOT tested")
    plain = SentenceTransformerEmbedder(str(EMBEDDED_MODEL))
    prompted = SentenceTransformerEmbedder(str(EMBEDDED_MODEL), query_prompt="检索：", fusion_weight=0.5)
    assert prompted.name != plain.name
    assert prompted.fusion_weight == 0.5
    assert np.array_equal(prompted.encode(["年假"], "passage"), plain.encode(["年假"], "passage"))
    assert np.array_equal(prompted.encode(["年假"], "query"), plain.encode(["检索：年假"], "query"))


def test_static_embedder_needs_no_torch() -> None:
    code = """
import sys
from index.embed import open_embedder
open_embedder("").encode(["年假有几天"], "query")
print([name for name in ("torch", "transformers", "sentence_transformers", "jieba") if name in sys.modules])
"""
    assert run_python(code).strip() == "[]"


def test_encodes_without_a_network() -> None:
    code = """
import socket
def refuse(*args): raise AssertionError("a connection was tried")
socket.socket.connect = socket.socket.connect_ex = refuse
from index.embed import open_embedder
print(open_embedder("").encode(["年假有几天"], "query").shape[0])
"""
    assert run_python(code).strip() == "1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_encodes_too() -> None:
    code = """
import os
from index.embed import open_embedder
embedder = open_embedder("")
embedder.encode(["年假有几天"] * 600, "passage")
child = os.fork()
if child == 0:
    embedder.encode(["年假有几天"] * 600, "passage")
    os._exit(0)
print(os.waitpid(child, 0)[1], "TOKENIZERS_PARALLELISM" in os.environ)
"""
    assert run_python(code).strip() == "0 False"


def test_a_missing_model_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("sentence-transformers was asked, whose hub client prints lines of its own")

    monkeypatch.setattr("index.embed.SentenceTransformerEmbedder", refuse)
    for name in (str(tmp_path / "nowhere"), "/nope", "./nope", "~/nope", "a/b/c"):
        with pytest.raises(ModelError, match="not on this machine") as caught:
            open_embedder(name)
        assert "\n" not in str(caught.value)


def test_an_unknown_name_is_not_looked_for_on_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers missing: NOT tested")

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ModelError, match="not on this machine"):
        open_embedder("nobody/no-such-model")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tokenizer.json"):
        StaticEmbedder(tmp_path)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    shutil.copy(EMBEDDED_MODEL / "tokenizer.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelError, match="expected a safetensors file"):
        StaticEmbedder(tmp_path)


def made_up_pairs(folder: Path) -> None:
    """400 pairs whose query and positive share a made-up subject, in two sources."""
    rng = random.Random(0)
    subjects = [f"{first}{second}" for first in "红橙黄绿青蓝紫黑白灰" for second in "山河湖海城村桥路田林"]
    records: list[dict[str, Any]] = []
    for number in range(400):
        subject = subjects[number % len(subjects)]
        places = rng.sample(subjects, 2)
        where, when = f"{subject}在{places[0]}的东边。", f"它建于{1900 + number % 100}年。"
        positive = f"{where}{when}它由{places[1]}的居民修建。现在对外开放。"
        source = f"made_up_{number % 2}"
        records.append({"query": f"{subject}在哪里？", "positive": positive, "source": source})
    with gzip.open(folder / "made_up.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def test_training_writes_a_folder_that_both_loaders_read(tmp_path: Path) -> None:
    for package in ("torch", "jieba", "opencc", "sklearn", "sentence_transformers"):
        pytest.importorskip(package, reason=f"{package} is not installed: training is NOT tested")
    from index.models.training import Plan, run

    made_up_pairs(tmp_path)
    dictionary = tmp_path / "words.txt"
    dictionary.write_text("哪里 900 r\n东边 500 f\n居民 300 n\n修建 200 v\n现在 800 t\n", encoding="utf-8")
    out = tmp_path / "model"
    plan = Plan(dimension=16, epochs=4, pieces=8_000, batch=64, lsa_rank=8, rate=1e-2, threads=1)
    run(tmp_path, out, plan, dictionary)
    assert is_static(out)
    ours, reference = open_embedder(str(out)), SentenceTransformerEmbedder(str(out))
    assert ours.dimension == reference.dimension == 16
    texts = ["红山在哪里？", "红山在蓝湖的东边。", "紫桥在灰田的东边。"]
    vectors = ours.encode(texts, "passage")
    assert np.abs(reference.encode(texts, "passage") - vectors).max() < 1e-5
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    run(tmp_path, tmp_path / "again", plan, dictionary)
    assert open_embedder(str(tmp_path / "again")).name == ours.name, "the same seed must give the same model"
