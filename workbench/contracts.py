"""The contract: every rule of a prompt with the check that decides it; the thread through the product."""

from __future__ import annotations

from typing import Any, Literal

from workbench.records import Value

SpanKind = Literal[
    "role",
    "procedure",
    "format",
    "grounding",
    "safety",
    "neutrality",
    "style",
    "length",
    "language",
    "fact",
    "example",
    "input",
    "context",
]
Severity = Literal["must", "should"]
CONTRACT_VERSION = 1


class Span(Value, frozen=True, kw_only=True):
    """A piece of a prompt: character offsets ``[start, end)`` and its kind (docs: kinds of span)."""

    start: int
    end: int
    kind: SpanKind


class RuleSource(Value, frozen=True, kw_only=True):
    """Where a rule stands: the template, and the characters of its system text that say it."""

    template: str
    span: tuple[int, int]


class Rule(Value, frozen=True, kw_only=True):
    """One demand of the prompt.

    ``check`` is ``None`` where no program can decide it, otherwise a mapping with ``use`` naming a check of
    ``workbench.checks`` and its arguments; it is decoded there, so that this layer needs no check.
    """

    id: str
    text: str
    kind: SpanKind
    source: RuleSource | None = None
    check: dict[str, Any] | None = None
    severity: Severity = "must"


class Contract(Value, frozen=True, kw_only=True):
    """The rules of one task's prompt."""

    task: str
    rules: tuple[Rule, ...]
    version: int = CONTRACT_VERSION
