"""The settings: a zhida.toml, then the environment (ZHIDA_*), then what the command line says.

Every setting is a field of `Settings`; its variable is ZHIDA_ and the field's name in capitals. An
unknown key is an error that names the nearest known one, so that a typing mistake never goes unseen.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from index.errors import SettingsError

FILE_NAME = "zhida.toml"
PREFIX = "ZHIDA_"

LARGEST = {
    "chat_model_timeout": 3600,
    "rewrite_timeout": 3600,
    "passage_length": 2000,
    "passages": 50,
    "candidates": 1000,
    "fusion_weight": 100,
    "rerank_weight": 100,
    "answer_length": 2000,
    "workers": 256,
    "port": 65535,
    "history_days": 36500,
    "answers_at_once": 256,
    "answers_waiting": 10_000,
    "upload_size": 1024,
}
"""The greatest value of each number; beyond it there is only a typing mistake."""

MAY_BE_ZERO = frozenset({"fusion_weight", "rerank_weight", "history_days", "workers"})
"""Numbers for which nothing is a choice; all others are at least 1 (or more than 0 where they have a fraction)."""

SWITCHES = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
"""What a setting that is on or off may be called in the environment."""

OPTIONAL = frozenset({"fusion_weight"})
"""Numbers that may be left to something else: empty text, as in the environment, stands for None."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be chosen. The defaults work offline, without a GPU and without a language model."""

    home: Path = Path(".zhida")
    """The folder of the library: catalog, index and originals."""

    embedding_model: str = ""
    """Empty for the embedded model; else a path or name of a sentence-transformers model on this machine."""

    chat_model: str = ""
    """Empty for extraction; else `provider:model` as langchain's init_chat_model takes it."""

    chat_model_url: str = ""
    """Base URL of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."""

    chat_model_key: str = field(default="", repr=False)
    """Key of that server; empty where it asks for none."""

    chat_model_timeout: float = 60.0
    """Seconds that a whole answer of the language model may take."""

    rewrite_timeout: float = 3.0
    """Seconds of it that completing a follow-up question may take; then rules complete it."""

    prompt_file: str = ""
    """Path of a text file that takes the place of the language model's instructions; empty for our own. The rules
    about citations, refusing and orders inside documents follow it all the same."""

    passage_length: int = 230
    """Characters that a passage aims at. With another value, the next `zhida sync` reads every file again."""

    passages: int = 8
    """How many passages the answerer may read."""

    candidates: int = 50
    """How many passages lexical and dense search each put forward."""

    fusion_weight: float | None = None
    """What a dense score weighs beside a lexical one; empty for the weight that was measured for the embedding model."""

    reranker: str = "coverage"
    """What orders the passages that were found: "coverage" counts how much of the question they hold, "none" leaves
    the order of search, anything else is a path or name of a sentence-transformers CrossEncoder on this machine."""

    rerank_weight: float = 1.0
    """What the reranker's score, 0..1, weighs beside the fused one; 0 leaves it out."""

    answer_length: int = 200
    """The most characters that an extractive answer may have; a single longer sentence is still quoted whole."""

    history_days: int = 0
    """Days after which conversations are deleted in which nobody has asked anything; 0 keeps them for ever."""

    workers: int = 0
    """How many processes read files at a time; 0 for as many as this machine has cores."""

    host: str = "127.0.0.1"
    port: int = 7860

    base_path: str = ""
    """The path below which the service is, such as /bot, where a reverse proxy serves other things beside it. The proxy
    must leave the path as it is."""

    auth: str = "none"
    """How people say who they are: "none" (this machine only), "password", "header" (a reverse proxy says), "oidc"."""

    allowed_hosts: str = ""
    """Host names that the service answers under where people sign in, with commas between; addresses always count."""

    public_url: str = ""
    """Where people reach the service, such as https://bot.example or, with a base path, https://bot.example/bot; for
    signing in elsewhere."""

    trusted_proxies: str = ""
    """Addresses or networks of reverse proxies whose headers are believed, with commas between."""

    user_header: str = "X-Forwarded-User"
    groups_header: str = "X-Forwarded-Groups"
    """The headers in which the reverse proxy of auth=header names the user, and his groups with commas between."""

    admin_group: str = ""
    editor_group: str = ""
    """The groups, as the proxy or the identity provider names them, whose members are administrators and editors."""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    """The OpenID Connect provider, and what it knows this service by."""

    oidc_scopes: str = "openid profile"
    oidc_user_claim: str = "sub"
    oidc_groups_claim: str = "groups"
    """What is asked of the provider, and which of its claims name the user and his groups."""

    answers_at_once: int = 8
    """How many answers are written at the same time; one user has one of them, whoever else asks waits."""

    answers_waiting: int = 64
    """How many questions may wait; more are sent away. One user has two of them."""

    upload_size: int = 50
    """MiB that one request may bring in files."""

    log_file: str = ""
    """Where `zhida serve` logs its requests and faults, a JSON object a line; empty for stderr."""

    log_questions: bool = False
    """Whether that log has the text of the questions as well."""


def load_settings(
    file: Path | None = None, environment: Mapping[str, str] | None = None, **given: Any
) -> Settings:
    """Settings from `file` (or ./zhida.toml if it is there), the environment, and `given` over both.

    Values of `given` that are None count as not given. Raises SettingsError for a file that is not
    there or not TOML, a key that is not known, and a value of the wrong kind.
    """
    environment = os.environ if environment is None else environment
    if file is None and Path(FILE_NAME).is_file():
        file = Path(FILE_NAME)
    settings = Settings()
    if file is not None:
        settings = _override(settings, _read(file), origin=str(file))
    variables = {
        name[len(PREFIX) :].lower(): value for name, value in environment.items() if name.startswith(PREFIX)
    }
    settings = _override(settings, variables, origin="environment", prefix=PREFIX)
    return _override(
        settings, {key: value for key, value in given.items() if value is not None}, "command line"
    )


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"设置文件不存在 settings file not found: {file}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"设置文件不是有效的 TOML settings file is not valid TOML: {file}: {error}"
        ) from None


def _override(settings: Settings, values: Mapping[str, Any], origin: str, prefix: str = "") -> Settings:
    known = {spec.name for spec in fields(Settings)}
    changes = {}
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
            shown, nearest = (prefix + key.upper(), prefix + near.upper()) if prefix else (key, near)
            raise SettingsError(
                f"未知设置 unknown setting {shown!r} ({origin}); 最接近的是 did you mean {nearest!r}?"
            )
        changes[key] = convert(key, value, origin)
    return replace(settings, **changes)


def convert(key: str, value: Any, origin: str) -> Any:
    """`value` as the setting `key` has it. Text may stand for a number, as it does in the environment; nothing else
    is bent. Raises SettingsError, naming `origin`, for a value of another kind or beyond its bounds."""
    if key in OPTIONAL and value in (None, ""):
        return None
    kind: type[Any] = float if key in OPTIONAL else type(getattr(Settings(), key))
    converted: Any = None
    if issubclass(kind, Path):
        # An empty path would mean the folder one happens to be in.
        converted = Path(value).expanduser() if isinstance(value, str | Path) and str(value) else None
    elif kind is bool:
        converted = value if isinstance(value, bool) else SWITCHES.get(str(value).lower())
    elif kind is str:
        converted = value if isinstance(value, str) else None
    elif isinstance(value, int | float | str) and not isinstance(value, bool):
        converted = _number(value, kind)
    if converted is None:
        name = "Path" if issubclass(kind, Path) else kind.__name__
        raise SettingsError(f"设置 {key} 应为 {name}，得到 {value!r}（{origin}）; {key} must be {name}")
    if isinstance(converted, int | float) and kind is not bool and not _in_bounds(key, converted):
        bounds = f"{0 if key in MAY_BE_ZERO else 1}–{LARGEST[key]}"
        raise SettingsError(
            f"设置 {key} 应在 {bounds} 之间，得到 {value!r}（{origin}）; {key} must be within {bounds}"
        )
    return converted


def _in_bounds(key: str, number: float) -> bool:
    enough = number >= 0 if key in MAY_BE_ZERO else number > 0
    return enough and number <= LARGEST[key]


def _number(value: float | str, kind: type[Any]) -> Any:
    """The number that `value` is or spells, None if it is none or would lose its fraction."""
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        return None
    return number if isinstance(value, str) or number == value else None
