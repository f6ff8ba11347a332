"""Shows what a trainer would see, before any weight is read: masks, stops, lengths, what a template adds."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding
from workbench.records import Value
from workbench.rendering import IGNORE
from workbench.rendering.habits import PINNED_DATE
from workbench.text import content_id
from workbench.training.rows import Rows, collect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from workbench.rendering import Example, Renderer
    from workbench.rendering.opening import OpenText
    from workbench.training.rows import LongPrompt
    from workbench.training.spec import Sft

_SHOWN_ROWS = 5


class TemplateAudit(Value, frozen=True, kw_only=True):
    """What the chat template does by itself; fields as in ``Habits``."""

    hash: str
    stop_tokens: list[str]
    injected: str
    preamble: str
    lead: str
    options: dict[str, bool]
    dated: bool
    doubled_start: bool


class PartAudit(Value, frozen=True, kw_only=True):
    """One part of the data: counts of rows and tokens; ``share`` is trained tokens over all, row by row."""

    rows: int
    examples: int
    tokens: int
    trained_tokens: int
    longest: int
    share_min: float | None
    share_median: float | None
    dropped: list[dict[str, Any]]
    flagged: list[dict[str, Any]]


class Preview(Value, frozen=True, kw_only=True):
    """One row cut into spans ``(trained, text)``, for a coloured view of the mask."""

    id: str
    tokens: int
    trained_tokens: int
    share: float
    spans: list[tuple[bool, str]]


class Audit(Value, frozen=True, kw_only=True):
    """What ``audit.json`` holds; ``ok`` is false where training would refuse."""

    ok: bool
    base: str
    context: int
    limit: int
    steps: int
    errors: list[dict[str, str]]
    warnings: list[dict[str, str]]
    template: TemplateAudit
    parts: dict[str, PartAudit]
    preview: list[Preview]


@dataclass(frozen=True, kw_only=True)
class Audited:
    """The audit, and the rendered rows it was made from, so that training renders them no second time."""

    audit: Audit
    findings: list[Finding]
    train: Rows
    valid: Rows


def examine(
    spec: Sft,
    *,
    text: OpenText,
    train: pl.DataFrame,
    valid: pl.DataFrame | None,
    long: LongPrompt | None = None,
) -> Audited:
    """Render the parts (``PAIR_SCHEMA``) as training would, and list what is wrong or worth knowing."""
    parts: dict[str, Rows] = {}
    sizes: dict[str, int] = {}
    for name, frame in (("train", train), ("valid", valid)):
        if frame is not None:
            sizes[name] = frame.height
            parts[name] = collect(
                frame, spec, renderer=text.renderer, context=text.context, part=name, long=long
            )
    rows, held = parts["train"], parts.get("valid", Rows())
    findings = [*_template_faults(text), *_unknown_ids(text, (rows, held)), *rows.findings, *held.findings]
    if not rows.examples and not findings:
        findings.append(_nothing(sizes["train"], rows))
    audit = Audit(
        ok=not findings,
        base=text.name,
        context=text.context,
        limit=min(text.context, spec.max_length or text.context),
        steps=steps(spec, len(rows.examples)),
        errors=[_told(f) for f in findings],
        warnings=[_told(f) for f in _warnings(text, parts)],
        template=_template(text.renderer),
        parts={name: _part(parts[name], size) for name, size in sizes.items()},
        preview=[
            preview(text.renderer, name, row)
            for name, row in list(zip(rows.ids, rows.examples, strict=True))[:_SHOWN_ROWS]
        ],
    )
    return Audited(audit=audit, findings=findings, train=rows, valid=held)


def _unknown_ids(text: OpenText, parts: Iterable[Rows]) -> Iterator[Finding]:
    """Report a tokenizer with ids for which the model has no embedding: another model's, or extended."""
    config = getattr(text.config, "get_text_config", lambda: text.config)()
    size = getattr(config, "vocab_size", None)
    rows = (example for part in parts for example in (*part.examples, *part.teachers))
    largest = max((max(example.input_ids) for example in rows), default=0)
    if size is not None and largest >= size:
        yield Finding(
            where=f"the tokenizer of {text.name}",
            found=f"token id {largest} in the rows",
            expected=f"ids below {size}, the size of the model's vocabulary",
            fix="Use the tokenizer that belongs to the model, or resize the model's embeddings first.",
        )


def steps(spec: Sft, rows: int) -> int:
    """Return the number of optimiser steps that training on ``rows`` rows takes."""
    if spec.max_steps:
        return spec.max_steps
    batches = math.ceil(rows / spec.batch_size)
    per_epoch = max(1, math.ceil(batches / spec.grad_accumulation))
    return math.ceil(spec.epochs * per_epoch) if rows else 0


def preview(renderer: Renderer, name: str, example: Example) -> Preview:
    """Cut a row into spans of text that are given and spans that are trained."""
    spans: list[tuple[bool, str]] = []
    start = 0
    flags = [label != IGNORE for label in example.labels]
    for end in range(1, len(flags) + 1):
        if end == len(flags) or flags[end] != flags[start]:
            spans.append((flags[start], renderer.raw_text(example.input_ids[start:end])))
            start = end
    return Preview(
        id=name,
        tokens=len(example.input_ids),
        trained_tokens=example.trained,
        share=round(example.trained / max(1, len(example.input_ids)), 4),
        spans=spans,
    )


def _template(renderer: Renderer) -> TemplateAudit:
    habits = renderer.habits
    return TemplateAudit(
        hash=content_id(str(renderer.tokenizer.chat_template)),
        stop_tokens=renderer.stop_names,
        injected=habits.injected,
        preamble=habits.preamble,
        lead=habits.lead,
        options=habits.options,
        dated=habits.dated,
        doubled_start=renderer.doubled_start(),
    )


def _part(rows: Rows, size: int) -> PartAudit:
    shares = [e.trained / len(e.input_ids) for e in rows.examples]
    return PartAudit(
        rows=size,
        examples=len(rows.examples),
        tokens=rows.tokens,
        trained_tokens=rows.trained,
        longest=max((len(e.input_ids) for e in rows.examples), default=0),
        share_min=round(min(shares), 4) if shares else None,
        share_median=round(statistics.median(shares), 4) if shares else None,
        dropped=rows.dropped,
        flagged=rows.flagged,
    )


def _template_faults(text: OpenText) -> list[Finding]:
    """Find what makes every row wrong: two starts, or an end that servers don't stop at."""
    renderer, where = text.renderer, f"the chat template of {text.name}"
    found = []
    if renderer.doubled_start():
        found.append(
            Finding(
                where=where,
                found="two beginning-of-sequence tokens at the start of a prompt",
                expected="one",
                fix="Take one of them out of chat_template.jinja.",
            )
        )
    end = renderer.turn_end()
    if end is not None and end not in text.told_stops:
        name, known = renderer.names([end])[0], renderer.names(text.told_stops)
        found.append(
            Finding(
                where=f"generation_config.json of {text.name}",
                found=f"answers that end with {name} (id {end}), and stops at {', '.join(known) or 'none'}",
                expected="the token that ends an answer among eos_token_id, or answers never end when served",
                fix=f"Add {end} to eos_token_id in generation_config.json.",
            )
        )
    return found


def _warnings(text: OpenText, parts: dict[str, Rows]) -> list[Finding]:
    habits, where = text.renderer.habits, f"the chat template of {text.name}"
    told = [
        (habits.injected, "a default system prompt", "It is trained and served as it is; nobody wrote it."),
        (habits.preamble, "text before one's own system message", "It is trained and served as it is."),
        (
            habits.lead.strip(),
            "text before every answer",
            "The model learns to write it; readers don't see it.",
        ),
        (
            " ".join(f"{name}={value}" for name, value in habits.options.items()),
            "a reasoning block before every answer, switched off",
            "Serve with the same template option, or the prompt differs from the trained one.",
        ),
        (
            PINNED_DATE if habits.dated else "",
            "today's date in every prompt, pinned here",
            "A server writes its own day; use a template without the date where that matters.",
        ),
    ]
    found = [
        Finding(where=where, found=f"{what}: {value!r}", expected="only what the messages say", fix=fix)
        for value, what, fix in told
        if value
    ]
    for name, rows in parts.items():
        found.extend(
            Finding(
                where=f"{name} row {row['id']}",
                found=f"control tokens in the prompt ({', '.join(row['tokens'])})",
                expected="plain text; the tokenizer takes them for turns of the chat",
                fix="Remove them from the log, or know that users can write turns.",
            )
            for row in rows.flagged
        )
    return found


def _nothing(size: int, rows: Rows) -> Finding:
    return Finding(
        where="train",
        found=f"{size} rows, {len(rows.dropped)} of them dropped as too long",
        expected="at least one row to train on",
        fix="Check what `workbench curate` kept (ledger.parquet), or raise max_length.",
    )


def _told(finding: Finding) -> dict[str, str]:
    told: dict[str, str] = msgspec.to_builtins(finding)
    return told
