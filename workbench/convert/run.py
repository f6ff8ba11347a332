"""From logs to compact pairs, with every row accounted for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.contracts import Contract  # noqa: TC001 - msgspec reads it
from workbench.convert.compact import CompactForm, compact
from workbench.convert.induce import Induced, induce
from workbench.convert.learn import Learning
from workbench.convert.naming import task_names
from workbench.errors import Finding, InputError, InvariantError
from workbench.io.readers import LogFormat, LogRead, Reject, read_logs
from workbench.ports import silent
from workbench.records import LogRecord, Message, Pair, Slot, Template, TokenCounts, Value
from workbench.spec import Spec
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.ports import Progress, Tokenizer

_REPORT_EVERY = 200


class ConvertOptions(Spec, frozen=True, kw_only=True):
    """How logs become pairs: the format of their rows, the compact form, what counts as shared."""

    format: LogFormat = "auto"
    compact: CompactForm = CompactForm()
    learning: Learning = Learning()


class Counts(Value, frozen=True, kw_only=True):
    """What went in and what came out; token means are per pair, ``saved_share`` is 1 - compact / original.

    ``exact`` is false where tokens were estimated from words.
    """

    rows: int
    pairs: int
    rejected: int
    templates: int
    tasks: dict[str, int]
    rejected_by: dict[str, int]
    formats: dict[str, str]
    duplicate_ids: int
    original_mean: float
    compact_mean: float
    completion_mean: float
    saved_share: float
    exact: bool
    tokenizer: str


class Converted(Value, frozen=True, kw_only=True):
    """Everything a conversion gives; ``contracts`` by task, the commonest task first."""

    pairs: list[Pair]
    templates: tuple[Template, ...]
    contracts: dict[str, Contract]
    rejects: list[Reject]
    counts: Counts
    form: CompactForm


def convert(
    paths: Sequence[Path],
    *,
    options: ConvertOptions = ConvertOptions(),  # noqa: B008
    tokenizer: Tokenizer,
    progress: Progress = silent,
) -> Converted:
    """Convert chat logs into compact pairs.

    Token counts are ``tokenizer``'s; the long prompt of every pair is ``template.render(slots)``.

    Raises:
        InputError: a file can't be read, or no row of all of them is a record.
        InvariantError: rows don't add up.
    """
    read = read_logs(paths, format=options.format, progress=progress)
    if not read.records:
        raise InputError(_nothing(read))
    induced = induce(read.records, learning=options.learning, progress=progress)
    named = _with_tasks(induced, read.records)
    pairs = _pairs(read.records, induced, named, options.compact, tokenizer, progress)
    if read.rows != len(pairs) + len(read.rejects):
        raise InvariantError(f"{read.rows} rows in, {len(pairs)} pairs, {len(read.rejects)} rejected")
    return Converted(
        pairs=pairs,
        templates=named,
        contracts=_contracts(named, progress),
        rejects=read.rejects,
        counts=_counts(read, pairs, named, tokenizer),
        form=options.compact,
    )


def _nothing(read: LogRead) -> list[Finding]:
    return [
        Finding(
            where=f"{reject.file}:{reject.line}",
            found=f"{reject.reason} ({reject.found})",
            expected="at least one record with a prompt and an answer",
            fix="See the rejected rows; every one of them was unusable.",
        )
        for reject in read.rejects[:5]
    ]


def _with_tasks(induced: Induced, records: Sequence[LogRecord]) -> tuple[Template, ...]:
    """Give every template the name of its family's task."""
    files = [record.source.file for record in records]
    names = task_names(induced, files)
    return tuple(
        msgspec.structs.replace(template, task=names[family])
        for template, family in zip(induced.templates, induced.families, strict=True)
    )


def _pairs(
    records: Sequence[LogRecord],
    induced: Induced,
    templates: tuple[Template, ...],
    form: CompactForm,
    tokenizer: Tokenizer,
    progress: Progress,
) -> list[Pair]:
    seen: Counter[str] = Counter()
    pairs = []
    for i, (record, (at, slots)) in enumerate(zip(records, induced.assigned, strict=True)):
        identity = _identity(record, templates[at], slots)
        seen[identity] += 1
        if seen[identity] > 1:
            identity = f"{identity}-{seen[identity]}"
        pairs.append(_pair(record, templates[at], slots, form, tokenizer, identity))
        if (i + 1) % _REPORT_EVERY == 0:
            progress("count tokens", i + 1, len(records))
    progress("count tokens", len(records), len(records))
    return pairs


def _identity(record: LogRecord, template: Template, slots: tuple[Slot, ...]) -> str:
    """Hash what a pair says: template, slots and answer; neither file nor task name enters."""
    said = [template.id, *(part for slot in slots for part in (slot.name, slot.value))]
    return content_id(*said, *(part for m in record.completion for part in (m.role, m.content)))


def _pair(
    record: LogRecord,
    template: Template,
    slots: tuple[Slot, ...],
    form: CompactForm,
    tokenizer: Tokenizer,
    identity: str,
) -> Pair:
    prompt = compact(template, {slot.name: slot.value for slot in slots}, form)
    completion = _plain(record.completion)
    short = tokenizer.count(prompt, generation_prompt=True)
    return Pair(
        id=identity,
        task=template.task,
        prompt=prompt,
        completion=completion,
        template_id=template.id,
        slots=slots,
        source=record.source,
        tokens=TokenCounts(
            original=tokenizer.count(_plain(record.prompt), generation_prompt=True),
            compact=short,
            completion=tokenizer.count((*prompt, *completion), generation_prompt=False) - short,
        ),
        meta=_meta(record),
    )


def _plain(messages: Sequence[Message]) -> tuple[Message, ...]:
    return tuple(Message(role=m.role, content=m.content) for m in messages)


def _meta(record: LogRecord) -> dict[str, Any]:
    """Keep what the log said beside the text: its id, its own fields, and extras by message."""
    extras = {str(i): m.extra for i, m in enumerate((*record.prompt, *record.completion)) if m.extra}
    meta: dict[str, Any] = {"log_id": record.id} if record.id is not None else {}
    meta |= {"log": record.meta} if record.meta else {}
    return meta | ({"extras": extras} if extras else {})


def _contracts(templates: tuple[Template, ...], progress: Progress) -> dict[str, Contract]:
    """Read the rules of each task from its commonest template: its system text, or the user's static text."""
    from workbench.convert.infer import infer_contract

    first: dict[str, Template] = {}
    for template in templates:
        first.setdefault(template.task, template)
    out = {}
    for i, (task, template) in enumerate(first.items(), 1):
        text = template.system or template.static("user")
        out[task] = infer_contract(text, template_id=template.id, task=task)
        progress("contracts", i, len(first))
    return out


def _counts(
    read: LogRead, pairs: list[Pair], templates: tuple[Template, ...], tokenizer: Tokenizer
) -> Counts:
    total = {
        name: sum(getattr(p.tokens, name) for p in pairs) for name in ("original", "compact", "completion")
    }
    return Counts(
        rows=read.rows,
        pairs=len(pairs),
        rejected=len(read.rejects),
        templates=len(templates),
        tasks=dict(Counter(pair.task for pair in pairs).most_common()),
        rejected_by=dict(Counter(reject.reason for reject in read.rejects).most_common()),
        formats=read.formats,
        duplicate_ids=sum(read.duplicate_ids.values()),
        original_mean=total["original"] / len(pairs),
        compact_mean=total["compact"] / len(pairs),
        completion_mean=total["completion"] / len(pairs),
        saved_share=1 - total["compact"] / total["original"] if total["original"] else 0.0,
        exact=bool(getattr(tokenizer, "exact", True)),
        tokenizer=str(getattr(tokenizer, "name", "given by the caller")),
    )
