"""/api/docs: the description of the API as one plain page, which loads nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from ui.access.guard import needs

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.6 system-ui,"Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid #8884}h3{font-size:1.05rem;margin-top:2rem}
code,pre{font-family:ui-monospace,Consolas,monospace;font-size:.9em}
pre{background:#8881;border-radius:6px;padding:.8rem;overflow:auto}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #8883;padding:.3rem .6rem;text-align:left;vertical-align:top}
b.m{background:#0d9488;border-radius:4px;color:#fff;font-size:.8rem;margin-right:.5rem;padding:.1rem .45rem}
"""
INTRODUCTION = (
    "出错时总是 <code>{&quot;error&quot;: &quot;…&quot;}</code>；忙时是 429 或 503，带 <code>Retry-After</code>。"
    "Errors always look like this; 429 and 503 come with Retry-After. 机器可读 machine-readable: "
    '<a href="openapi.json">openapi.json</a>'
)


router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
@needs("read-reference")
async def docs(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(page(request.app.openapi()))


@router.get("/api/openapi.json")
@needs("read-reference")
async def description(request: Request) -> JSONResponse:
    """The description that the page is made from."""
    return JSONResponse(request.app.openapi())


def page(api: Mapping[str, Any]) -> str:
    """The page for an OpenAPI description."""
    by_tag: dict[str, list[str]] = {}
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            shown = "".join(_operation(api, path, method, operation))
            by_tag.setdefault((operation.get("tags") or [""])[0], []).append(shown)
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in by_tag.items())
    title = escape(api["info"]["title"])
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} API</title><style>{STYLE}</style><h1>{title} API</h1><p>{INTRODUCTION}</p>{body}</html>"
    )


def _operation(api: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3><b class=m>{method.upper()}</b><code>{escape(path)}</code></h3><p>{escape(operation.get('summary', ''))}</p>"
    rows = [
        (each["name"], each["in"], each["schema"], each.get("description", ""))
        for each in operation.get("parameters", [])
        if each["name"] not in ("accept", "accept-language")
    ]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(api, content["schema"])
        rows += [
            (name, "body" if kind == "application/json" else "form", field, field.get("description", ""))
            for name, field in schema.get("properties", {}).items()
        ]
    if rows:
        yield "<table><tr><th>名称 name<th>在 in<th>类型 type<th></tr>"
        yield "".join(
            f"<tr><td><code>{escape(name)}</code><td>{place}<td>{escape(_kind(schema))}<td>{escape(words)}</tr>"
            for name, place, schema, words in rows
        )
        yield "</table>"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for example in _resolved(api, content["schema"]).get("examples", []):
            yield _block("请求 request", example)
    for status, response in operation.get("responses", {}).items():
        example = next(
            (each["example"] for each in response.get("content", {}).values() if "example" in each), None
        )
        words = f"{status} {response.get('description', '')}"
        yield _block(words, example) if status < "300" and example else f"<p>{escape(words)}</p>"


def _block(words: str, example: object) -> str:
    text = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=2)
    return f"<p>{escape(words)}</p><pre>{escape(text)}</pre>"


def _resolved(api: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, where this one only points to it."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = api["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    """What a field takes, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    kind = " | ".join(map(str, schema["enum"])) if "enum" in schema else str(schema.get("type", ""))
    kind += f" of {_kind(schema['items'])}" if kind == "array" else ""
    bounds = [
        f"{mark}{schema[key]}"
        for key, mark in (("minimum", "≥"), ("maximum", "≤"), ("maxLength", "≤"))
        if key in schema
    ]
    return " ".join([kind, *bounds])
