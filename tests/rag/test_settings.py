from dataclasses import asdict
from pathlib import Path

import pytest

from index.errors import SettingsError
from index.split import IDEAL
from rag.retrieve import RERANK_WEIGHT
from rag.settings import LARGEST, MAY_BE_ZERO, OPTIONAL, Settings, load_settings


def test_defaults_need_nothing():
    settings = load_settings(environment={})
    assert settings.host == "127.0.0.1" and settings.chat_model == "" and settings.home == Path(".zhida")


def test_command_line_beats_environment_beats_file(tmp_path):
    file = tmp_path / "zhida.toml"
    file.write_text("port = 1000\npassages = 3\ncandidates = 20\n", encoding="utf-8")
    settings = load_settings(
        file, {"ZHIDA_PORT": "2000", "ZHIDA_PASSAGES": "4", "PATH": "/bin"}, port=3000, home=None
    )
    assert (settings.port, settings.passages, settings.candidates) == (3000, 4, 20)


def test_an_unknown_key_names_the_nearest(tmp_path):
    file = tmp_path / "zhida.toml"
    file.write_text("prot = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="'prot'.*'port'"):
        load_settings(file, {})
    with pytest.raises(SettingsError, match="ZHIDA_CHATMODEL.*ZHIDA_CHAT_MODEL"):
        load_settings(environment={"ZHIDA_CHATMODEL": "x"})


@pytest.mark.parametrize("value", ["many", "", "0", "-3", "1.5", "nan", "99999999999"])
def test_a_wrong_value_is_named(value):
    with pytest.raises(SettingsError, match="passages"):
        load_settings(environment={"ZHIDA_PASSAGES": value})


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml"):
        load_settings(tmp_path / "none.toml", {})
    broken = tmp_path / "broken.toml"
    broken.write_text("port = = 1", encoding="utf-8")
    with pytest.raises(SettingsError, match="TOML"):
        load_settings(broken, {})


def test_the_key_of_a_server_is_not_printed():
    assert "hunter2" not in repr(load_settings(environment={"ZHIDA_CHAT_MODEL_KEY": "hunter2"}))


@pytest.mark.parametrize(
    "line",
    [
        "passages = true",
        "passages = 1.7",
        "host = 5",
        'host = ["a"]',
        "port = 99999",
        "chat_model_timeout = nan",
        'home = ""',
    ],
)
def test_a_value_of_another_kind_is_refused_not_bent(tmp_path, line):
    file = tmp_path / "zhida.toml"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=line.split()[0]):
        load_settings(file, {})


def test_every_number_has_a_bound():
    numbers = {
        name
        for name, value in asdict(Settings()).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert numbers | OPTIONAL == set(LARGEST)
    assert not MAY_BE_ZERO - set(LARGEST)


def test_the_defaults_are_those_of_the_layers_below():
    assert Settings().passage_length == IDEAL and Settings().rerank_weight == RERANK_WEIGHT


@pytest.mark.parametrize(("value", "expected"), [("", None), ("0", 0.0), ("0.35", 0.35)])
def test_a_weight_may_be_nothing_or_left_to_the_model(value, expected):
    assert load_settings(environment={"ZHIDA_FUSION_WEIGHT": value}).fusion_weight == expected


@pytest.mark.parametrize("key", ["fusion_weight", "rerank_weight"])
@pytest.mark.parametrize("value", ["-0.1", "101", "nan", "much"])
def test_a_weight_out_of_bounds_is_named(key, value):
    with pytest.raises(SettingsError, match=key):
        load_settings(environment={f"ZHIDA_{key.upper()}": value})


def test_weights_in_a_file_may_be_whole_numbers(tmp_path):
    file = tmp_path / "zhida.toml"
    file.write_text('rerank_weight = 0\nfusion_weight = ""\npassage_length = 300\n', encoding="utf-8")
    settings = load_settings(file, {})
    assert (settings.rerank_weight, settings.fusion_weight, settings.passage_length) == (0.0, None, 300)
