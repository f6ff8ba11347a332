"""What a server counts for Prometheus: nothing that callers wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from workbench.serve.engine import Engine

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "workbench_calls", "Calls by route, model and status", ["route", "model", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.tokens = Counter(
            "workbench_tokens", "Tokens read and written", ["kind", "model"], registry=self.registry
        )
        self.seconds = Histogram(
            "workbench_call_seconds", "Seconds from a call to its last token", ["route"],
            registry=self.registry, buckets=_SECONDS,
        )  # fmt: skip
        waiting = Gauge("workbench_waiting", "Answers that wait", registry=self.registry)
        waiting.set_function(lambda: engine.waiting)
        writing = Gauge("workbench_writing", "Answers being written", registry=self.registry)
        writing.set_function(lambda: engine.writing)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text form."""
        return bytes(generate_latest(self.registry))
