from dataclasses import asdict
from pathlib import Path

import pytest

from index.errors import SettingsError
from rag.settings import LARGEST, Settings, load_settings


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
    numbers = {name for name, value in asdict(Settings()).items() if isinstance(value, int | float)}
    assert numbers == set(LARGEST)
