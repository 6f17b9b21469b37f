"""What the page takes from a browser: who asks, where to search, and texts of limited length out of whatever was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import gradio as gr
from starlette.requests import HTTPConnection

from index.library import Library
from index.passage import Where, is_private
from ui.access import Subject, may_read, private_collection, readable_of, subject_of
from ui.texts import Texts, texts_for


def asker(request: gr.Request | HTTPConnection) -> Subject:
    """Who makes a request; Gradio hands its events a wrapper around it."""
    return subject_of(connection(request))


def connection(request: gr.Request | HTTPConnection) -> HTTPConnection:
    """The request itself."""
    if isinstance(request, HTTPConnection):
        return request
    assert request.request is not None  # only outside of events is there none
    return request.request


def language(request: gr.Request | HTTPConnection, data: object = None) -> Texts:
    """The texts in the language that the page asked for (`?lang=`), else in that of the browser."""
    return texts_for(text_of(data, "lang", 20) or request.headers.get("accept-language", ""))


def collections_for(subject: Subject, library: Library) -> list[str]:
    """The collections that `subject` may pick from; "" is the common part."""
    readable = readable_of(subject, library)
    return [name for name in library.collections() if not is_private(name) and may_read(name, readable)]


def where_of(
    library: Library, subject: Subject, conversation: str, picked: Sequence[str] | None
) -> Where | None:
    """What a question of the subject's own conversation is searched in; None for everything there is.

    `picked` are the collections that he chose, None for all; the conversation's own files are always among them.
    """
    where = Where(readable=readable_of(subject, library, conversation))
    if picked is not None:
        chosen = frozenset(name for name in picked if not is_private(name))
        where = replace(where, collections=chosen | {private_collection(conversation)})
    return where if where != Where() else None


def strings(data: object, name: str, most: int = 1000) -> list[str] | None:
    """The list of texts that a browser sent under `name`; None where it sent none."""
    values = data.get(name) if isinstance(data, dict) else None
    if not isinstance(values, list) or len(values) > most:
        return None
    return [value for value in values if isinstance(value, str)]


def text_of(data: object, name: str, most: int = 200) -> str:
    """The text that a browser sent under `name`, at most `most` characters of it; "" for anything else."""
    value = data.get(name) if isinstance(data, dict) else None
    return value[:most] if isinstance(value, str) else ""
