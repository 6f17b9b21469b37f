"""What /metrics tells Prometheus: requests, answers, stages, who runs and waits, refusals, the library.

Each application has a registry of its own, so that two in one process do not mix. No label comes from a
request's text: routes are those of the table, everything else counts as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Unpack

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from index.passage import Where
from rag.answer import Answer, Done, Event
from rag.dialogue import Asking, Dialogue
from ui.admission import Admission

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120)


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self.requests = Counter(
            "zhida_requests", "HTTP requests", ["route", "method", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "zhida_request_seconds",
            "Duration of HTTP requests",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.answers = Counter(
            "zhida_answers", "Answers by outcome and by who wrote them", ["status", "mode"], registry=registry
        )
        self.stages = Histogram(
            "zhida_answer_stage_seconds",
            "Duration of the stages of an answer",
            ["stage"],
            buckets=SECONDS,
            registry=registry,
        )
        self.refusals = Counter("zhida_refused_requests", "Requests sent away", ["reason"], registry=registry)
        self.uploads = Counter("zhida_uploads", "Uploaded files by outcome", ["outcome"], registry=registry)
        self._generation = Gauge(
            "zhida_library_generation", "Number of the library's last change", registry=registry
        )
        self._documents = Gauge("zhida_library_documents", "Documents in the library", registry=registry)
        self._passages = Gauge("zhida_library_passages", "Passages in the library", registry=registry)
        self._running = Gauge("zhida_answers_running", "Answers being written", registry=registry)
        self._waiting = Gauge("zhida_answers_waiting", "Questions waiting for a slot", registry=registry)
        self._model_paused = Gauge(
            "zhida_chat_model_paused",
            "1 while the language model is left alone after failures in a row",
            registry=registry,
        )
        self._ready = Gauge("zhida_ready", "1 when /readyz says so", registry=registry)

    def answered(self, answer: Answer) -> None:
        """Counts a finished answer and its stages."""
        self.answers.labels(answer.status, answer.mode).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)

    def watch(self, admission: Admission) -> None:
        """Lets the gauges of running and waiting follow `admission`."""
        self._running.set_function(lambda: admission.running)
        self._waiting.set_function(lambda: admission.waiting)

    def library(self, generation: int, documents: int, passages: int) -> None:
        """What the library holds now."""
        self._generation.set(generation)
        self._documents.set(documents)
        self._passages.set(passages)

    def model_paused(self, is_paused: bool) -> None:
        """Whether answers are quotations because the language model has failed."""
        self._model_paused.set(int(is_paused))

    def ready(self, is_ready: bool) -> None:
        """Whether questions can be answered now."""
        self._ready.set(int(is_ready))

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class CountedDialogue(Dialogue):
    """A dialogue whose answers are counted, whoever asks: the API, the chat page, another program."""

    def __init__(self, dialogue: Dialogue, metrics: Metrics) -> None:
        super().__init__(dialogue.chatbot, dialogue.history, dialogue.settings)
        self._metrics = metrics

    def stream(
        self, question: str, conversation: str = "", where: Where | None = None, **options: Unpack[Asking]
    ) -> Iterator[Event]:
        """As `Dialogue.stream`; what fails counts as "error", what is left early as "stopped"."""
        outcome = "error"
        with closing(super().stream(question, conversation, where, **options)) as events:  # type: ignore[type-var]
            try:
                for event in events:
                    if isinstance(event, Done):
                        self._metrics.answered(event.answer)
                        outcome = ""
                    yield event
            except GeneratorExit:
                outcome = outcome and "stopped"
                raise
            finally:
                if outcome:
                    self._metrics.answers.labels(outcome, "").inc()
