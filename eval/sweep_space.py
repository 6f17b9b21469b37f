"""The space of a sweep: which settings may take which values, how they are tried, and what counts as better.

    method = "grid"                          # every candidate on every question; or "halving"
    objective = "correct"                    # a share that a gate may use, or "passed": correct or rightly refused
    retrieval_objective = "all_evidence@2000c"  # how ways of retrieving are ranked before any answer is asked for
    best = 4                                 # how many of them go on to be asked for answers
    factor = 3                               # halving keeps one in so many, and gives them so many times the questions
    first = 32                               # questions of the first round of halving

    [values]
    passages = [4, 8, 12]
    rerank_weight = [0, 0.5, 1]
    reranker = ["coverage", "/models/bge-reranker-base"]

Only `[values]` must be there. `@5` looks at the first five passages found, `@2000c` at the first 2,000 characters,
which is about what is read by default: among five passages the longer ones hold more of everything, so passages of
different lengths are compared by characters. Asks and measures nothing.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

from eval.metrics.catalogue import METRICS
from index.errors import ZhidaError
from rag.receipts import without_secrets
from rag.settings import Settings, convert

INDEXING = ("embedding_model", "passage_length")
"""Settings of which each combination needs a library of its own."""

RETRIEVAL = ("candidates", "fusion_weight", "reranker", "rerank_weight")
"""Settings that change which passages are found, in one and the same library."""

ANSWERING = ("passages", "answer_length", "chat_model", "chat_model_url", "prompt_file")
"""Settings that change what is made of the passages found."""

SWEEPABLE = (*INDEXING, *RETRIEVAL, *ANSWERING)

PASSED = "passed"
"""The objective that also counts questions without an answer: correct where there is one, else refused."""

OBJECTIVES = (PASSED, *(metric.name for metric in METRICS if metric.unit == "share" and metric.gating))
"""What a gate may use too: likeness to a model answer, as character F1 has it, chooses wrong years."""

RETRIEVAL_OBJECTIVES = (
    "mrr",
    *(f"{name}@{k}" for name in ("evidence_recall", "all_evidence") for k in (1, 3, 5, 10, "2000c")),
)
MOST_CANDIDATES = 2000
Method = Literal["grid", "halving"]


class SpaceError(ZhidaError):
    """The file that describes a sweep is not there or not right."""


@dataclass(frozen=True, slots=True)
class Space:
    """What a sweep tries; see the module's docstring for the meaning of each field."""

    values: Mapping[str, tuple[Any, ...]]
    method: Method = "grid"
    objective: str = "correct"
    retrieval_objective: str = "all_evidence@2000c"
    best: int = 4
    factor: int = 3
    first: int = 32


@dataclass(frozen=True)
class Candidate:
    """One combination of settings. `changes` holds those that differ from the settings of the user."""

    settings: Settings
    changes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def indexing_key(self) -> str:
        """The same for candidates that can share a library."""
        return _hash({name: getattr(self.settings, name) for name in INDEXING})

    @cached_property
    def retrieval_key(self) -> str:
        """The same for candidates that find the same passages in the same order."""
        return _hash({"indexing": self.indexing_key, **_retrieval_of(self.settings)})

    @cached_property
    def key(self) -> str:
        """The same for candidates that give the same answers."""
        answering = {name: getattr(self.settings, name) for name in ANSWERING}
        return _hash({"retrieval": self.retrieval_key, "prompt": _content(self.settings), **answering})

    @property
    def label(self) -> str:
        """The changes in one line, for tables."""
        shown = (f"{name}={_short(value)}" for name, value in public(self.changes).items())
        return " ".join(shown) or "当前设置 as set"


def read_space(file: Path) -> Space:
    """The space that a TOML file describes. Raises SpaceError or SettingsError with one line for a person."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SpaceError(f"搜索空间文件不存在 file of the space not found: {file}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpaceError(f"读不了搜索空间 cannot read the space {file}: {error}") from None
    _check_known(table, tuple(Space.__dataclass_fields__), file)
    values = table.pop("values", {})
    if not isinstance(values, dict) or not values:
        raise SpaceError(
            f"{file}: 没有可试的值 nothing to try: 请写 give [values] 如 such as passages = [4, 8]"
        )
    _check_known(values, SWEEPABLE, file)
    read = {name: _values(name, given, file) for name, given in values.items()}
    return _checked(Space(read, **{name: _plain(name, given, file) for name, given in table.items()}), file)


def candidates_of(space: Space, base: Settings) -> list[Candidate]:
    """Every combination, the user's own settings first, each that answers differently once.

    Raises SpaceError if there are too many to try, or only one.
    """
    names = list(space.values)
    total = 1
    for name in names:
        total *= len(space.values[name])
    if total > MOST_CANDIDATES:
        raise SpaceError(f"组合太多 too many combinations: {total}, 最多 at most {MOST_CANDIDATES}")
    found: dict[str, Candidate] = {}
    for combination in ((), *product(*space.values.values())):
        given = dict(zip(names, combination, strict=False))
        changes = {name: value for name, value in given.items() if value != getattr(base, name)}
        candidate = Candidate(replace(base, **changes), changes)
        found.setdefault(candidate.key, candidate)
    if len(found) < 2:
        raise SpaceError(
            "没有与当前设置不同的候选 no candidate differs from the settings as they are: 请在 [values] 里写别的值 give other values"
        )
    return list(found.values())


def public(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may be told: without user and password in the address of a server."""
    return {
        name: _without_secrets(value) if name == "chat_model_url" else value for name, value in values.items()
    }


def _without_secrets(value: Any) -> Any:
    """The address without its secrets; of a tuple, each."""
    return tuple(map(without_secrets, value)) if isinstance(value, tuple) else without_secrets(value)


def _retrieval_of(settings: Settings) -> dict[str, Any]:
    """The settings of retrieval as they take effect: a reranker that weighs nothing is none."""
    weight = 0.0 if settings.reranker == "none" else settings.rerank_weight
    return {
        # No search puts fewer passages forward than are read.
        "candidates": max(settings.candidates, settings.passages),
        "fusion_weight": settings.fusion_weight,
        "reranker": settings.reranker if weight else "none",
        "rerank_weight": weight,
    }


def _content(settings: Settings) -> str:
    """The hash of the prompt's text, so that an edited prompt is another candidate; "" without a prompt."""
    file = Path(settings.prompt_file).expanduser() if settings.prompt_file else None
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if file else ""
    except OSError as error:
        raise SpaceError(f"读不了提示词文件 cannot read the prompt {file}: {error.strerror}") from None


def _check_known(given: Mapping[str, Any], known: Sequence[str], file: Path) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise SpaceError(f"{file}: 未知键 unknown key {key!r}; 最接近的是 did you mean {near!r}?")


def _values(name: str, given: Any, file: Path) -> tuple[Any, ...]:
    """The values of one setting, checked as settings are, each once."""
    listed = given if isinstance(given, list) else [given]
    if not listed:
        raise SpaceError(f"{file}: {name} 没有可试的值 has no value to try")
    return tuple(dict.fromkeys(convert(name, value, str(file)) for value in listed))


def _plain(name: str, given: Any, file: Path) -> Any:
    default = Space.__dataclass_fields__[name].default
    if isinstance(given, bool) or type(given) is not type(default):
        raise SpaceError(f"{file}: {name} 应为 must be {type(default).__name__}，得到 not {given!r}")
    return given


def _checked(space: Space, file: Path) -> Space:
    choices = {
        "method": get_args(Method),
        "objective": OBJECTIVES,
        "retrieval_objective": RETRIEVAL_OBJECTIVES,
    }
    for name, allowed in choices.items():
        if getattr(space, name) not in allowed:
            raise SpaceError(
                f"{file}: {name} 应为其一 must be one of {', '.join(allowed)}，得到 not {getattr(space, name)!r}"
            )
    for name, least in {"best": 1, "factor": 2, "first": 1}.items():
        if getattr(space, name) < least:
            raise SpaceError(f"{file}: {name} 至少为 must be at least {least}")
    return space


def _short(value: Any) -> str:
    """A value for a table: of a path only its last part."""
    return Path(value).name or '""' if isinstance(value, str) else f"{value}"


def _hash(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
