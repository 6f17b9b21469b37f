"""The frame of the chat page as HTML: header, drawer, composer, welcome, list of conversations, suggestions.

Like ui.render: pure, and everything foreign escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.history_types import Conversation
from ui.limits import QUESTION_LENGTH
from ui.render import action, escape, icon
from ui.texts import Texts

LOGO = (
    '<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true"><rect width="32" height="32" rx="9" '
    'fill="currentColor"/><path d="M9 10h14v9a3 3 0 0 1-3 3h-5l-4 3.6V22a2 2 0 0 1-2-2z" fill="#fff"/>'
    '<path d="M12.5 14h7M12.5 17.6h4.5" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom the page is: what it shows of him, and what it offers him."""

    name: str = ""
    """"" where nobody signs in."""
    signs_out: bool = False
    """Whether a page of ours ends his session; a reverse proxy has its own way."""
    sends_files: bool = True


ANY_READER = Reader()


def frame(
    size: tuple[int, int], welcome: str, collections: Sequence[str], texts: Texts, reader: Reader = ANY_READER
) -> str:
    """The whole page around an empty conversation. `size` counts documents and passages; `welcome` is HTML."""
    return (
        f'<div class="zd-app">{_header(size, reader, texts)}{_drawer(texts)}<div class="zd-main">'
        f'<main class="zd-chat"><div class="zd-log" role="log" aria-live="off" aria-label="{texts.conversation}" '
        f'tabindex="0"><div class="zd-turns"></div>{welcome}</div>{_composer(collections, reader, texts)}</main>'
        f"{_side(texts)}</div>"
        f'<div class="zd-hover" role="tooltip" id="zd-hover" hidden></div>'
        f'<div class="zd-say" role="status" aria-live="polite"></div>'
        f'<div class="zd-toast" aria-hidden="true" hidden></div></div>'
    )


def _header(size: tuple[int, int], reader: Reader, texts: Texts) -> str:
    documents, passages = size
    held = texts.library.format(documents=documents, passages=passages) if documents else texts.library_empty
    return (
        f'<header class="zd-top"><button type="button" class="zd-tool" data-do="drawer" aria-expanded="false" '
        f'aria-controls="zd-drawer" aria-label="{texts.conversations}" title="{texts.conversations}">{icon("menu")}'
        f'</button><div class="zd-brand">{LOGO}<div><h1>质答 <small>Zhida</small></h1><p>{texts.tagline}</p></div>'
        f'</div><span class="zd-size">{held}</span>{_who(reader, texts)}'
        f'<button type="button" class="zd-tool" data-do="theme" aria-label="{texts.theme}" title="{texts.theme}">'
        f'{icon("theme")}</button><button type="button" class="zd-new" data-do="new" aria-label="{texts.new}">{icon("plus")}'
        f"<span>{texts.new}</span></button></header>"
    )


def _who(reader: Reader, texts: Texts) -> str:
    if not reader.name:
        return ""
    told = escape(texts.signed_in.format(reader.name))
    leave = f'<a class="zd-leave" href="logout">{texts.sign_out}</a>' if reader.signs_out else ""
    return f'<span class="zd-who" title="{told}">{escape(reader.name)}</span>{leave}'


def _drawer(texts: Texts) -> str:
    close = action("drawer-close", texts.close, "close", kind="zd-tool")
    return (
        f'<div class="zd-scrim" data-do="drawer-close" hidden></div>'
        f'<aside class="zd-drawer" id="zd-drawer" role="dialog" aria-modal="true" aria-label="{texts.conversations}" '
        f'hidden><div class="zd-drawer-top"><h2>{texts.conversations}</h2>{close}</div>'
        f'<input type="search" class="zd-find" placeholder="{texts.find}" aria-label="{texts.find}" maxlength="100">'
        f'<div class="zd-list"></div></aside>'
    )


def _composer(collections: Sequence[str], reader: Reader, texts: Texts) -> str:
    picker = ""
    if len(collections) > 1:
        boxes = "".join(
            f'<label><input type="checkbox" value="{escape(name)}" checked> '
            f"{escape(name) if name else texts.common}</label>"
            for name in collections
        )
        picker = (
            f'<details class="zd-picker"><summary title="{texts.collections}">{icon("books")}'
            f"<span>{texts.everything}</span></summary>"
            f"<fieldset><legend>{texts.collections}</legend>{boxes}</fieldset></details>"
        )
    attach = ""
    if reader.sends_files:
        attach = (
            f'<input type="file" id="zd-file" multiple hidden tabindex="-1" aria-label="{texts.attach}">'
            f"{action('attach', texts.attach, 'attach', kind='zd-tool')}"
        )
    return (
        f'<form class="zd-composer" autocomplete="off"><div class="zd-editing" hidden><span>{texts.editing}</span>'
        f'{action("edit-cancel", texts.cancel)}</div><ul class="zd-files" aria-label="{texts.files}" hidden></ul>'
        f'<textarea id="zd-question" rows="1" maxlength="{QUESTION_LENGTH}" placeholder="{texts.placeholder}" '
        f'aria-label="{texts.question}" enterkeyhint="send"></textarea><div class="zd-tools">'
        f'{attach}{picker}<span class="zd-hint">{texts.keys}</span>'
        f'<button type="submit" class="zd-send" aria-label="{texts.send}" title="{texts.send}">{icon("send")}</button>'
        f'<button type="button" class="zd-send zd-stop" data-do="stop" aria-label="{texts.stop}" '
        f'title="{texts.stop}" hidden>{icon("halt")}</button></div></form>'
    )


def _side(texts: Texts) -> str:
    close = action("side-close", texts.close, "close", kind="zd-tool zd-side-close")
    return (
        f'<aside class="zd-side" id="zd-side" aria-label="{texts.evidence}" hidden>{close}'
        f'<div class="zd-panel"></div></aside>'
    )


def welcome(examples: Sequence[str], texts: Texts) -> str:
    """What an empty chat shows; an example is asked by a click."""
    buttons = "".join(action("ask", example, kind="zd-example") for example in examples)
    return (
        f'<div class="zd-welcome"><h2>{texts.welcome_title}</h2><p>{texts.welcome_text}</p>'
        f'<div class="zd-examples">{buttons}</div></div>'
    )


def no_documents(texts: Texts, *, may_add: bool = True) -> str:
    """What an empty chat shows over an empty library: how documents get into it, for those who may put them there."""
    if not may_add:
        return f'<div class="zd-welcome"><h2>{texts.library_empty}</h2><p>{texts.empty_for_readers}</p></div>'
    ways = "".join(f"<li>{before}<b>{escape(command)}</b></li>" for before, command in texts.ways_to_add)
    return (
        f'<div class="zd-welcome"><h2>{texts.library_empty}</h2><p>{texts.empty_text}</p>'
        f'<ul class="zd-ways">{ways}</ul></div>'
    )


def conversation_list(
    conversations: Sequence[Conversation], found_for: str, notice: str, texts: Texts
) -> str:
    """The drawer's list, the last changed first; `found_for` is what was searched for."""
    told = f'<p class="zd-notice">{escape(notice)}</p>' if notice else ""
    if not conversations:
        return f'{told}<p class="zd-none">{texts.none_found if found_for else texts.no_conversations}</p>'
    return f"{told}<ul>{''.join(_conversation(one, texts) for one in conversations)}</ul>"


def _conversation(one: Conversation, texts: Texts) -> str:
    key, title = escape(one.id), escape(one.title or texts.untitled)
    tools = (
        action("rename", texts.rename, "edit", kind="zd-tool", conversation=one.id)
        + action("export-md", texts.export_markdown, "markdown", kind="zd-tool", conversation=one.id)
        + action("export-docx", texts.export_word, "word", kind="zd-tool", conversation=one.id)
        + action("delete", texts.delete, "bin", kind="zd-tool", conversation=one.id)
    )
    return (
        f'<li data-conversation="{key}"><button type="button" class="zd-open" data-do="open" '
        f'data-conversation="{key}"><b>{title}</b><time datetime="{escape(one.changed)}"></time></button>'
        f'<span class="zd-row-tools">{tools}</span></li>'
    )


def suggestions(questions: Sequence[str], texts: Texts) -> str:
    """Questions to go on with; a click asks one."""
    if not questions:
        return ""
    buttons = "".join(action("ask", question, kind="zd-follow") for question in questions)
    return f'<div class="zd-follows"><div class="zd-label">{texts.follow_up}</div>{buttons}</div>'
