"""A sweep chooses on dev and reports on test: with measures whose truth is known, and once for real."""

import json
import random
import re
import tomllib
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import Evidence, GoldError, GoldItem, GoldSet
from eval.sweep import Sweep
from eval.sweep_measure import Libraries, RetrievalMeasure, _found
from eval.sweep_report import as_dict, pareto_svg, table, write_sweep, zhida_toml
from eval.sweep_rounds import Outcome, frontier, race, rounds_of, some_of, split_of
from eval.sweep_space import Candidate, Space, SpaceError, candidates_of, read_space
from index.errors import SettingsError
from rag.settings import Settings
from tests.conftest import TEXTS


def items(count, **more):
    return tuple(
        GoldItem(f"q{i}", f"问题{i}？", evidence=((Evidence("文.txt", "引文"),),), **more)
        for i in range(count)
    )


def space_file(tmp_path, text):
    file = tmp_path / "space.toml"
    file.write_text(text, encoding="utf-8")
    return file


# The space


def test_a_space_is_read_and_its_values_are_checked_as_settings_are(tmp_path):
    text = 'method = "halving"\nbest = 2\n[values]\npassages = [4, 8, 4]\nrerank_weight = [0, 0.5]\n'
    space = read_space(space_file(tmp_path, text))
    assert space == Space({"passages": (4, 8), "rerank_weight": (0.0, 0.5)}, method="halving", best=2)
    with pytest.raises(SettingsError, match="passages"):
        read_space(space_file(tmp_path, "[values]\npassages = [0]\n"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有可试的值"),
        ("[values]\n", "没有可试的值"),
        ("values = 3\n", "没有可试的值"),
        ("[values]\npassages = []\n", "passages"),
        ("[values]\npasages = [1]\n", "did you mean 'passages'"),
        ("[values]\nport = [1]\n", "unknown key 'port'"),
        ("metod = 1\n[values]\npassages = [1]\n", "did you mean 'method'"),
        ('method = "random"\n[values]\npassages = [1]\n', "grid, halving"),
        ('objective = "accuracy"\n[values]\npassages = [1]\n', "correct"),
        ("best = 0\n[values]\npassages = [1]\n", "best"),
        ("best = true\n[values]\npassages = [1]\n", "best"),
        ("factor = 1\n[values]\npassages = [1]\n", "factor"),
        ("x = = 1", "读不了"),
    ],
)
def test_a_space_with_a_mistake_is_one_clear_line(tmp_path, text, reason):
    with pytest.raises(SpaceError, match=re.escape(reason)):
        read_space(space_file(tmp_path, text))
    with pytest.raises(SpaceError, match=r"none\.toml"):
        read_space(tmp_path / "none.toml")


def test_candidates_are_the_settings_as_they_are_and_each_other_combination_once():
    space = Space({"passages": (4, 8), "rerank_weight": (0.0, 1.0)})
    found = candidates_of(space, Settings())
    assert [one.changes for one in found] == [
        {},
        {"passages": 4, "rerank_weight": 0.0},
        {"passages": 4},
        {"rerank_weight": 0.0},
    ]
    assert all(one.settings == replace(Settings(), **one.changes) for one in found)


def test_settings_that_come_to_the_same_are_one_candidate():
    space = Space({"reranker": ("coverage", "none"), "rerank_weight": (0.0, 1.0)})
    assert [one.changes for one in candidates_of(space, Settings())] == [{}, {"rerank_weight": 0.0}]
    with pytest.raises(SpaceError, match="没有与当前设置不同"):
        candidates_of(Space({"passages": (8,)}), Settings())
    with pytest.raises(SpaceError, match="组合太多"):
        candidates_of(Space({"passages": tuple(range(1, 51)), "candidates": tuple(range(1, 51))}), Settings())


def test_keys_tell_what_has_to_be_done_again(tmp_path):
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("一", encoding="utf-8")
    base = Candidate(Settings())
    same_library = Candidate(Settings(rerank_weight=0.5))
    same_search = Candidate(Settings(answer_length=100, prompt_file=str(prompt)))
    assert (
        same_library.indexing_key == base.indexing_key != Candidate(Settings(passage_length=100)).indexing_key
    )
    assert same_search.retrieval_key == base.retrieval_key != same_library.retrieval_key
    assert len({base.key, same_library.key, same_search.key}) == 3
    prompt.write_text("二", encoding="utf-8")
    assert Candidate(same_search.settings).key != same_search.key  # another text is another candidate
    assert Candidate(Settings(home=tmp_path, port=1)).key == base.key


# Dev and test


def test_a_split_that_the_gold_set_gives_is_kept():
    dev, test, train = items(3, split="dev"), items(6, split="test")[3:], items(9, split="train")[6:]
    split = split_of(GoldSet((*dev, *test, *train)))
    assert (split.dev.items, split.test.items, split.given) == (dev, test, True)


def test_without_a_split_the_hash_of_the_question_decides():
    gold = GoldSet(items(400))
    split = split_of(gold)
    assert not split.given and 160 < len(split.dev.items) < 240
    assert {*split.dev.items} | {*split.test.items} == {*gold.items} and not {*split.dev.items} & {
        *split.test.items
    }
    again = split_of(GoldSet(gold.items[::-1][:200]))
    assert {*again.dev.items} <= {*split.dev.items} and {*again.test.items} <= {*split.test.items}


def test_a_conversation_is_never_torn_apart_and_drafts_do_not_count():
    turns = tuple(GoldItem(f"c{i % 9}#{i // 9}", f"问{i}？", conversation=f"c{i % 9}") for i in range(36))
    split = split_of(GoldSet((*turns, *items(3, status="draft"))))
    sides = [{item.conversation for item in side.items} for side in (split.dev, split.test)]
    assert not sides[0] & sides[1] and len(split.dev.items) + len(split.test.items) == 36
    assert len(some_of(split.dev, 1).items) == 4


@given(st.integers(1, 60), st.integers(0, 70), st.integers(0, 70))
def test_fewer_questions_are_part_of_more(count, fewer, more):
    gold = GoldSet(items(count))
    small, large = some_of(gold, min(fewer, more)), some_of(gold, max(fewer, more))
    assert {*small.items} <= {*large.items}
    assert len(large.items) == min(count, max(fewer, more))


# Rounds


def test_grid_is_one_round_and_halving_gives_more_questions_to_fewer():
    grid = Space({})
    assert rounds_of(grid, 27, 500, 1) == [(500, 1)]
    halving = Space({}, method="halving", factor=3, first=20)
    assert rounds_of(halving, 27, 500, 1) == [(20, 9), (60, 3), (180, 1), (500, 1)]
    assert rounds_of(halving, 27, 500, 3) == [(20, 9), (60, 3), (500, 3)]
    assert rounds_of(halving, 27, 15, 1) == [(15, 1)]
    assert rounds_of(halving, 1, 500, 1) == [(500, 1)]


def world(quality, seed=0, ms=lambda candidate: 10.0, calls=None):
    """A measure in which a candidate answers a question rightly with the probability `quality(candidate)`.

    A question is as hard for every candidate, so that they differ as paired runs do.
    """

    def measure(candidate, gold):
        if calls is not None:
            calls.append((candidate.key, len(gold.items)))
        outcomes = []
        for item in gold.items:
            luck = random.Random(f"{seed} {item.id}").random()
            right = float(luck < quality(candidate))
            values = {"correct": right, "passed": right, "mrr": right, "all_evidence@2000c": right}
            outcomes.append(Outcome(item.id, values, ms(candidate), item.id))
        return outcomes

    return measure


def by_passages(candidate):
    return {8: 0.6, 4: 0.3, 6: 0.5, 12: 0.9}.get(candidate.settings.passages, 0.1)


def test_a_race_finds_the_best_and_always_finishes_the_first():
    candidates = candidates_of(Space({"passages": (4, 6, 8, 12, 16, 20)}), Settings(passages=4))
    calls = []
    gold = GoldSet(items(200))
    halving = Space({}, method="halving", factor=2, first=25)
    tried = race(candidates, world(by_passages, calls=calls), gold, rounds_of(halving, 6, 200, 1), "correct")
    assert tried[0].candidate.settings.passages == 12 and tried[0].finished
    finished = {one.candidate.settings.passages for one in tried if one.finished}
    assert finished == {12, 4} and len(tried) == 6
    assert sum(count for _, count in calls) < 6 * 200  # what halving saves


def test_of_equals_the_one_nearest_to_the_settings_wins():
    candidates = candidates_of(Space({"passages": (4,), "candidates": (20, 50)}), Settings())
    tried = race(candidates, world(lambda _: 0.5), GoldSet(items(50)), [(50, 1)], "correct")
    assert [len(one.candidate.changes) for one in tried] == [0, 1, 2]


def test_the_frontier_is_what_nothing_beats():
    points = [(10, 0.5), (20, 0.7), (15, 0.4), (20, 0.6), (30, 0.7), (10, 0.5)]
    assert frontier(points) == [True, True, False, False, False, True]


# The whole


def swept(quality, count=600, base=None, **changes):
    space = replace(Space({"passages": (4, 6, 8, 12)}, best=4), **changes)
    measure = world(quality, ms=lambda candidate: 5.0 * candidate.settings.passages)
    return Sweep(space, base or Settings(), GoldSet(items(count), "某.jsonl"), measure, measure).run()


def test_a_better_setting_is_adopted_and_written(tmp_path):
    result = swept(by_passages)
    assert result.winner.changes == {"passages": 12} and result.adopted and result.test.shown
    assert 0.2 < result.test.difference.mean < 0.4
    write_sweep(result, tmp_path)
    assert tomllib.loads((tmp_path / "zhida.toml").read_text(encoding="utf-8")) == {"passages": 12}
    told = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    assert told["adopted"] and told["winner"] == {"passages": 12}
    by_change = {str(one["changes"]): one for one in told["candidates"]}
    assert abs(by_change["{'passages': 12}"]["values"]["correct"] - 0.9) < 0.06
    assert len(told["candidates"]) == 4 and told["split"]["dev"] + told["split"]["test"] == 600
    assert "passages=12" in (tmp_path / "sweep.txt").read_text(encoding="utf-8")
    assert not list(tmp_path.glob("*.partial"))


def test_a_difference_too_small_to_see_changes_nothing():
    result = swept(lambda candidate: 0.61 if candidate.settings.passages == 12 else 0.6)
    assert not result.adopted
    assert "没有显示出差异" in table(result) or "保持不变" in table(result)
    assert tomllib.loads(zhida_toml(result)) == {}


def test_a_small_difference_beyond_chance_asks_for_more_questions():
    result = swept(lambda candidate: 0.63 if candidate.settings.passages == 12 else 0.6)
    assert result.test.beyond_chance and not result.test.shown and not result.adopted
    assert "宜加题再比" in table(result)


def test_settings_of_the_user_stay_in_what_is_written_and_keys_do_not():
    url = "http://me:hunter2@127.0.0.1:8000/v1"
    base = Settings(answer_length=150, chat_model_key="hunter2", chat_model_url=url)
    result = swept(by_passages, base=base)
    theirs = {"answer_length": 150, "chat_model_url": "http://127.0.0.1:8000/v1"}
    assert tomllib.loads(zhida_toml(result)) == {"passages": 12} | theirs
    kept = swept(
        lambda _: 0.5, base=base, values={"passages": (4, 8), "chat_model_url": (url, "http://x/v1")}
    )
    assert tomllib.loads(zhida_toml(kept)) == theirs
    for one in (result, kept):
        assert "hunter2" not in zhida_toml(one) + table(one) + pareto_svg(one) + json.dumps(as_dict(one))


def test_the_test_questions_are_seen_once_by_two():
    calls = []
    measure = world(by_passages, calls=calls)
    gold = GoldSet(items(400))
    Sweep(Space({"passages": (4, 6, 8, 12)}), Settings(), gold, measure, measure).run()
    test = len(split_of(gold).test.items)
    seen = [key for key, count in calls if count == test]
    assert len(seen) == len(set(seen)) == 2


def test_an_objective_that_is_better_when_lower():
    result = swept(by_passages, objective="correct")
    assert result.winner.settings.passages == 12

    def errors(candidate, gold):
        return [
            replace(one, values={"forbidden": one.values["correct"], **one.values})
            for one in world(by_passages)(candidate, gold)
        ]

    space = Space({"passages": (4, 6, 8, 12)}, objective="forbidden")
    least = Sweep(space, Settings(), GoldSet(items(600)), errors, errors).run()
    assert least.winner.settings.passages == 4 and least.adopted


def test_retrieval_only_chooses_by_retrieval():
    measure = world(lambda candidate: 0.9 if candidate.settings.rerank_weight == 0.5 else 0.5)
    space = Space({"rerank_weight": (0.5, 1.0)}, retrieval_objective="mrr")
    result = Sweep(space, Settings(), GoldSet(items(600)), measure).run()
    assert result.retrieval_only and result.objective == "mrr" and result.adopted
    assert result.winner.changes == {"rerank_weight": 0.5}


def test_only_the_best_ways_of_retrieving_are_asked_for_answers():
    asked = []
    space = Space({"rerank_weight": (0.0, 0.25, 0.5, 2.0), "answer_length": (100, 200)}, best=1)

    def found(candidate):
        return 0.9 if candidate.settings.rerank_weight == 0.5 else 0.4

    sweep = Sweep(space, Settings(), GoldSet(items(200)), world(found), world(found, calls=asked))
    result = sweep.run()
    assert len(result.retrieval) == 5
    # The settings as they are, and two lengths of answers of the best way.
    assert len({key for key, _ in asked}) == 3


def test_too_few_questions_are_one_clear_line():
    measure = world(by_passages)
    with pytest.raises(GoldError, match="太少"):
        Sweep(Space({"passages": (4,)}), Settings(), GoldSet(items(1)), measure, measure).run()
    with pytest.raises(GoldError, match="太少"):
        Sweep(
            Space({"passages": (4,)}), Settings(), GoldSet(items(50, status="draft")), measure, measure
        ).run()


def test_the_picture_is_sound_and_shows_every_candidate():
    result = swept(by_passages)
    svg = ElementTree.fromstring(pareto_svg(result))
    names = {"svg": "http://www.w3.org/2000/svg"}
    assert len(svg.findall("svg:circle", names)) == 4
    for circle in svg.findall("svg:circle", names):
        assert 0 < float(circle.get("cx")) < 760 and 0 < float(circle.get("cy")) < 440
    assert "http" not in pareto_svg(result).replace("http://www.w3.org/2000/svg", "")
    hostile = swept(by_passages, values={"passages": (12,), "chat_model": ("<script>&\"'",)})
    ElementTree.fromstring(pareto_svg(hostile))


# Retrieval, measured for real


@pytest.fixture
def questions():
    return GoldSet(
        (
            GoldItem(
                "a",
                "校准证书保存几年？",
                evidence=((Evidence("计量/校准.txt", "校准证书由计量室保存三年"),),),
            ),
            GoldItem(
                "b", "供应商评价分几级？", evidence=((Evidence("采购.txt", "评价结果分为甲乙丙三级"),),)
            ),
            GoldItem(
                "c#0",
                "计量器具由谁批准报废？",
                evidence=((Evidence("报废.txt", "报废由设备科批准"),),),
                conversation="c",
            ),
            GoldItem(
                "d", "没有这句？", evidence=((Evidence("采购.txt", "此句不在任何资料之中也从未写过"),),)
            ),
            GoldItem("e", "火星在哪？", answerable=False),
        )
    )


def test_retrieval_is_measured_and_not_searched_again(folder, tmp_path, questions, monkeypatch):
    assert set(TEXTS) >= {"采购.txt"}
    libraries = Libraries(tmp_path / "libraries", [folder], lambda _: None)
    measure = RetrievalMeasure(libraries, tmp_path / "retrieval")
    base = Candidate(Settings())
    outcomes = {one.id: one for one in measure(base, questions)}
    assert set(outcomes) == {"a", "b", "c#0", "d"}
    assert outcomes["a"].values["all_evidence@2000c"] == 1
    assert outcomes["a"].values["mrr"] == outcomes["b"].values["all_evidence@1"] == 1
    assert set(outcomes["d"].values.values()) == {0.0}
    assert outcomes["c#0"].cluster == "c" and outcomes["a"].ms > 0
    monkeypatch.setattr("eval.sweep_measure._search", lambda *_: pytest.fail("searched again"))
    assert {one.id: one for one in measure(base, questions)} == outcomes
    libraries.close()


def test_a_budget_of_characters_counts_whole_passages():
    item = items(1)[0]
    line = {"ranks": [3], "ends": [900, 1800, 2000, 2001], "ms": 1.0}
    assert _found(item, line).values["all_evidence@2000c"] == 1
    assert _found(item, line | {"ends": [900, 1800, 2001]}).values["all_evidence@2000c"] == 0
    assert _found(item, line | {"ranks": [1], "ends": [5000]}).values["all_evidence@2000c"] == 1
    two = _found(replace(item, evidence=item.evidence * 2), line | {"ranks": [1, None]}).values
    assert (two["evidence_recall@1"], two["all_evidence@10"], two["mrr"]) == (0.5, 0.0, 1.0)


def test_libraries_are_made_once_for_each_way_of_indexing(folder, tmp_path):
    told = []
    libraries = Libraries(tmp_path / "libraries", [folder], told.append)
    one = libraries.of(Candidate(Settings()))
    assert libraries.of(Candidate(Settings(passages=3))) is one and len(told) == 1
    small = libraries.of(Candidate(Settings(passage_length=10)))
    assert small.status().passages > one.status().passages and len(told) == 2
    libraries.close()
