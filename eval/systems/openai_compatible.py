"""Any server that speaks OpenAI's POST /chat/completions: another RAG system, or a language model by itself.

By httpx and not by the openai package: the sources of a RAG system stand in fields of its own, which come
through here as they are, and httpx is installed anyway (gradio needs it). Answers are asked for whole, not as a
stream, since the sources come with the last piece; there is no time to the first words therefore.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from eval.record import Record
from eval.systems.answers_file import status_of
from eval.systems.base import versions_of
from eval.systems.completion import Completion, read_completion
from index.errors import SettingsError
from rag.answer import Turn
from rag.receipts import without_secrets

TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Codes that may pass: too early, too many, overloaded."""
LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more is left alone at once."""
SHOWN = 300
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and what to ask. `timeout` holds in seconds for connecting and for each wait for bytes."""

    url: str = field(repr=False)
    model: str
    key: str = field(default="", repr=False)
    system_prompt: str = ""
    temperature: float = 0.0
    timeout: float = 120.0
    retries: int = 2
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else the request shall hold, such as {"extra_body": {"reference": true}} for RAGFlow's sources."""

    @property
    def address(self) -> str:
        """The address that is asked, from a base URL (…/v1) or from the whole address."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/")
        whole = path if path.endswith("/chat/completions") else path + "/chat/completions"
        return urlunsplit((parts.scheme, parts.netloc, whole, parts.query, ""))


class OpenAiCompatible:
    """Asks one endpoint. Safe to use from many threads."""

    def __init__(self, endpoint: Endpoint, wait: float = 0.5) -> None:
        """`wait` is how many seconds pass before the first new try; it doubles each time.

        Raises SettingsError for what is not an address.
        """
        parts = urlsplit(endpoint.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(
                f"接口地址应以 http:// 或 https:// 开头，得到 {endpoint.url!r}; "
                "an endpoint is the base URL, such as http://127.0.0.1:8000/v1"
            )
        self.endpoint = endpoint
        self._wait = wait
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        # A proxy for the way outside must not get what is asked on this machine.
        self._client = httpx.Client(
            headers=headers, timeout=endpoint.timeout, trust_env=not _is_loopback(parts.hostname)
        )

    def ask(self, question: str, turns: Sequence[Turn]) -> Record:
        """The endpoint's answer; a record of status "error" with the reason where it gives none."""
        started = time.perf_counter()
        try:
            completion = read_completion(self._post(self._request(question, turns)))
        except (httpx.HTTPError, ValueError) as error:
            record = Record("", question, "error", "", error=self._reason(error))
        else:
            record = _record(question, completion)
        return _timed(record, (time.perf_counter() - started) * 1000)

    def describe(self) -> Mapping[str, Any]:
        """The request without its messages and its key."""
        endpoint = self.endpoint
        return {
            "system": f"openai-compatible:{endpoint.model}",
            "settings": {
                "url": without_secrets(endpoint.url),
                "model": endpoint.model,
                "system_prompt": endpoint.system_prompt,
                "temperature": endpoint.temperature,
                "extra": dict(endpoint.extra),
            },
            "versions": versions_of("zhida"),
        }

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _request(self, question: str, turns: Sequence[Turn]) -> dict[str, Any]:
        messages = (
            [{"role": "system", "content": self.endpoint.system_prompt}]
            if self.endpoint.system_prompt
            else []
        )
        for turn in turns:
            messages.append({"role": "user", "content": turn.question})
            if turn.answer:
                messages.append({"role": "assistant", "content": turn.answer})
        messages.append({"role": "user", "content": question})
        fixed = {"model": self.endpoint.model, "messages": messages, "stream": False}
        return {"temperature": self.endpoint.temperature, **self.endpoint.extra, **fixed}

    def _post(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The response's JSON, after new tries where they may help. Raises httpx.HTTPError or ValueError."""
        for attempt in range(self.endpoint.retries + 1):
            last, wait = attempt == self.endpoint.retries, self._wait * 2**attempt
            try:
                response = self._client.post(self.endpoint.address, json=request)
            except httpx.ReadTimeout:
                raise  # it would take as long again, and cost as much
            except httpx.TransportError:
                if last:
                    raise
            else:
                wait = max(wait, _retry_after(response))
                if last or response.status_code not in TRY_AGAIN or wait > LONGEST_WAIT:
                    return _json(response)
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _reason(self, error: Exception) -> str:
        """The error in one line, without the key: some servers send back what they were sent."""
        kind = "超时 timed out" if isinstance(error, httpx.TimeoutException) else type(error).__name__
        text = " ".join(str(error).split())
        reason = text if isinstance(error, ValueError) else f"{kind}: {text}" if text else kind
        return (reason.replace(self.endpoint.key, "***") if self.endpoint.key else reason)[:SHOWN]


def _record(question: str, completion: Completion) -> Record:
    status = "refused" if completion.refusal else status_of(completion.text)
    retrieved = completion.retrieved()
    return Record(
        id="",
        question=question,
        status=status,
        answer=completion.text,
        citations=completion.citations(),
        retrieved=retrieved,
        sent=len(retrieved),
        mode="model",
        notices=("回答被截断 the answer was cut off at the model's limit",) if completion.cut_off else (),
        tokens=completion.tokens or {},
        error="空回答 an empty answer" if status == "error" else "",
    )


def _timed(record: Record, total_ms: float) -> Record:
    return replace(record, timings_ms={"total": round(total_ms, 3)})


def _json(response: httpx.Response) -> Mapping[str, Any]:
    """The object in a response; ValueError with code and beginning of the text where there is none."""
    if response.status_code != 200:
        raise ValueError(f"HTTP {response.status_code}: {response.text[:SHOWN]}")
    try:
        body = response.json()
    except ValueError:
        raise ValueError(f"不是 JSON not JSON: {response.text[:SHOWN]}") from None
    if not isinstance(body, dict):
        raise ValueError(f"不是 JSON 对象 not an object: {response.text[:SHOWN]}")
    return body


def _retry_after(response: httpx.Response) -> float:
    """The seconds that the server asks to wait; 0 where it asks for none, or for a date."""
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0.0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
