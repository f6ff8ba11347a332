"""Reads calls that may still wait for their answer, for whoever is to answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, InputError
from workbench.io.readers.read import rows_in, source_name
from workbench.io.readers.shapes import parse, shape_of, split_turns
from workbench.io.readers.values import LogRead, Reject, Row, UnfitRowError
from workbench.ports import silent
from workbench.records import LogRecord, Messages, Source
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.ports import Progress


def read_calls(paths: Sequence[Path], *, progress: Progress = silent) -> LogRead:
    """Read chat logs of any known shape, each row by its own; a call without answer has no completion.

    A call is open where its last turn isn't the assistant's, or the assistant's is empty, or the row has a
    `prompt` alone.

    Raises:
        InputError: a file that can't be read at all, or none of whose rows is a call.
    """
    records: list[LogRecord] = []
    rejects: list[Reject] = []
    for path in paths:
        before = len(records)
        for row in rows_in(path, progress=progress):
            try:
                records.append(_call(row, name=source_name(path)))
            except UnfitRowError as unfit:
                rejects.append(_reject(path, row, unfit))
        if len(records) == before:
            raise InputError(_none(path, rejects))
    return LogRead(
        records=records, rejects=rejects, formats={}, rows=len(records) + len(rejects), duplicate_ids={}
    )


def _call(row: Row, *, name: str) -> LogRecord:
    if row.problem is not None:
        raise UnfitRowError(row.problem, found=row.found)
    value = _opened(row.value)
    shape = shape_of(value)
    if shape is None:
        raise UnfitRowError("no call of a known format", found=excerpt(str(row.value)))
    parsed = parse(value, shape)
    prompt, completion = _split(parsed.messages)
    source = Source(file=name, line=row.line, record=row.record)
    return LogRecord(prompt=prompt, completion=completion, source=source, id=parsed.id, meta=parsed.meta)


def _opened(value: Any) -> Any:
    """Give a row that is a prompt alone the key of the answer that isn't there."""
    alone = isinstance(value, dict) and "prompt" in value and shape_of(value) is None
    return {**value, "completion": None} if alone else value


def _split(messages: Messages) -> tuple[Messages, Messages]:
    said = messages
    while said and said[-1].role == "assistant" and not said[-1].content and not said[-1].extra:
        said = said[:-1]
    return (said, ()) if said and said[-1].role in {"user", "tool"} else split_turns(said)


def _reject(path: Path, row: Row, unfit: UnfitRowError) -> Reject:
    return Reject(
        file=str(path),
        line=row.line,
        record=row.record,
        reason=unfit.reason,
        found=excerpt(unfit.found),
        raw=excerpt(row.raw or str(row.value)),
    )


def _none(path: Path, rejects: Sequence[Reject]) -> Finding:
    last = rejects[-1] if rejects else None
    return Finding(
        where=f"{path}:{last.line}" if last else str(path),
        found=f"{last.reason} ({last.found})" if last else "no row",
        expected="calls: messages that end with the user's, or a prompt",
        fix="Give a log, or the output directory of `workbench convert`.",
    )
