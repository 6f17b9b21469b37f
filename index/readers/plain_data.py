"""A Document as plain data (dicts, lists, texts, numbers), and back with every type checked.

This is what a reader's own process sends. The parser in there may have been taken over by the file that it
reads, so the way back trusts nothing: unlike a pickle, the data can name no class or function, and whatever
does not fit the declared fields of the dataclasses is refused. The offsets are checked against the text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from index.passage import Document


class NotPlainError(ValueError):
    """Data that is not what a Document is made of; the message says where."""


def to_plain(value: Any) -> Any:
    """Dataclasses as dicts and tuples as lists, all the way down; fields that hold their default are kept.

    Raises NotPlainError for any other object.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list):
        if all(type(item) is int for item in value):  # the many offsets of a map, quickly
            return list(value)
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    raise NotPlainError(f"{type(value).__name__} is not plain data")


def document_from(plain: object) -> Document:
    """The Document that `to_plain` made `plain` of. Raises NotPlainError for anything else."""
    document = _from_plain(Document, plain, "document")
    assert isinstance(document, Document)
    _check_offsets(document)
    return document


def _from_plain(declared: Any, plain: object, where: str) -> Any:
    origin = get_origin(declared)
    if is_dataclass(declared) and isinstance(declared, type):
        return _dataclass_from(declared, plain, where)
    if origin is tuple:
        return _tuple_from(get_args(declared), plain, where)
    if origin in (Union, UnionType):
        if plain is None and NoneType in get_args(declared):
            return None
        (inner,) = (each for each in get_args(declared) if each is not NoneType)
        return _from_plain(inner, plain, where)
    if origin is Literal:
        if plain in get_args(declared) and isinstance(plain, str):
            return plain
    elif origin is not None and issubclass(origin, Mapping):
        if isinstance(plain, dict) and all(type(key) is str for key in plain):
            return {key: _from_plain(get_args(declared)[1], item, where) for key, item in plain.items()}
    elif declared is float and type(plain) in (int, float):
        number = float(plain)  # type: ignore[arg-type]
        if math.isfinite(number):
            return number
    elif declared in (str, int, bool) and type(plain) is declared:
        return plain
    raise NotPlainError(f"{where}: {type(plain).__name__} instead of {declared}")


def _dataclass_from(declared: type, plain: object, where: str) -> Any:
    types = _types_of(declared)
    if not isinstance(plain, dict) or not plain.keys() <= types.keys():
        raise NotPlainError(f"{where}: not the fields of {declared.__name__}")
    try:
        return declared(
            **{key: _from_plain(types[key], item, f"{where}.{key}") for key, item in plain.items()}
        )
    except (TypeError, OverflowError) as error:
        raise NotPlainError(f"{where}: {error}") from None


def _tuple_from(inner: Sequence[Any], plain: object, where: str) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise NotPlainError(f"{where}: {type(plain).__name__} instead of a list")
    if len(inner) == 2 and inner[1] is ...:
        if inner[0] is int and all(type(item) is int for item in plain):
            return tuple(plain)
        return tuple(_from_plain(inner[0], item, where) for item in plain)
    if len(plain) != len(inner):
        raise NotPlainError(f"{where}: {len(plain)} values instead of {len(inner)}")
    return tuple(_from_plain(each, item, where) for each, item in zip(inner, plain, strict=True))


@cache
def _types_of(declared: type) -> dict[str, Any]:
    return get_type_hints(declared)


def _check_offsets(document: Document) -> None:
    """Articles, headings, pages and the offset map must stay inside the text."""
    end = len(document.text)
    for article in document.articles:
        inside = 0 <= article.start <= article.end <= end
        if not (inside and 0 <= article.head_start <= article.head_end <= end):
            raise NotPlainError("an article reaches out of the text")
        if any(not 0 <= offset <= end for offset, _ in article.headings):
            raise NotPlainError("a heading lies outside the text")
    if any(not 0 <= start <= stop <= end for start, stop in document.unsure):
        raise NotPlainError("an unsure stretch reaches out of the text")
    starts, origins = document.origin.starts, document.origin.origins
    if len(starts) != len(origins) or not starts or starts[0] != 0 or list(starts) != sorted(starts):
        raise NotPlainError("the offset map is in disorder")
    if min(origins) < 0:
        raise NotPlainError("the offset map leads out of the original")
    if list(document.pages) != sorted(document.pages) or any(not 0 <= page <= end for page in document.pages):
        raise NotPlainError("the pages are in disorder")
