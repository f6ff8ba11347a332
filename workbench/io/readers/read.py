"""Reads whole logs, so that every row ends as a record or as a reject with its reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from workbench.errors import Finding, InputError, InvariantError
from workbench.io.readers.containers import encoding_error, rows_of, sniff
from workbench.io.readers.shapes import parse, shape_of, split_turns
from workbench.io.readers.values import FORMATS, LogFormat, LogRead, Parsed, Reject, Row, Shape, UnfitRowError
from workbench.ports import silent
from workbench.records import LogRecord, Source
from workbench.text import content_id, excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.ports import Progress

_REPORT_EVERY = 500


def read_logs(
    paths: Sequence[Path],
    *,
    format: LogFormat = "auto",  # noqa: A002
    progress: Progress = silent,
) -> LogRead:
    """Read chat logs of any known shape.

    Args:
        paths: files in JSON Lines, JSON, Parquet or CSV; which of them is told by content.
        format: the shape of the rows; ``auto`` takes for each file the shape that most of its rows have.
        progress: told after every few hundred rows.

    Returns:
        Records in the order of files and rows, and a reject for every other row.

    Raises:
        InputError: a file that can't be read at all, or none of whose rows has a known shape (all such files
            are listed).
    """
    records: list[LogRecord] = []
    rejects: list[Reject] = []
    formats: dict[str, str] = {}
    findings: list[Finding] = []
    total = 0
    for path in paths:
        try:
            rows = rows_in(path, progress=progress)
            total += len(rows)
            formats[source_name(path)] = _take(rows, path, format, records, rejects)
        except InputError as error:
            findings.extend(error.findings)
    if findings:
        raise InputError(findings)
    return _conserved(_distinct(records), rejects, formats, total)


def read_rows(rows: Sequence[Row], *, place: Path, format: LogFormat = "auto") -> LogRead:  # noqa: A002
    """Read rows that were taken out of ``place`` already.

    Raises:
        InputError: none of them has a known shape.
    """
    records: list[LogRecord] = []
    rejects: list[Reject] = []
    shape = _take(rows, place, format, records, rejects)
    return _conserved(_distinct(records), rejects, {source_name(place): shape}, len(rows))


def source_name(path: Path) -> str:
    """Name a file by its folder and name, so that outputs don't depend on where a checkout lies."""
    full = path.resolve()
    return f"{full.parent.name}/{full.name}" if full.parent.name else full.name


def rows_in(path: Path, *, progress: Progress = silent) -> list[Row]:
    """Take a file apart into rows, those that can't be decoded with their problem.

    Raises:
        InputError: the file as a whole can't be read.
    """
    rows: list[Row] = []
    for row in rows_of(path, sniff(path)):
        rows.append(row)
        if len(rows) % _REPORT_EVERY == 0:
            progress(f"read {path.name}", len(rows), None)
    progress(f"read {path.name}", len(rows), len(rows))
    _check_encoding(path, rows)
    return rows


def _check_encoding(path: Path, rows: list[Row]) -> None:
    """Refuse a file that is mostly in another encoding; a stray bad line is only a rejected row."""
    bad = [row for row in rows if row.blame == "encoding"]
    if bad and len(bad) > sum(row.problem is None and not _ascii(row.value) for row in rows):
        raise encoding_error(path, line=bad[0].line)


def _ascii(value: Any) -> bool:
    return msgspec.json.encode(value).isascii()


def _take(
    rows: Sequence[Row], path: Path, wanted: LogFormat, records: list[LogRecord], rejects: list[Reject]
) -> Shape:
    """Sort the rows into records and rejects, and return the shape that they were taken for."""
    shape = _shape(path, rows, wanted)
    _sort_rows(path, rows, shape, records, rejects)
    return shape


def _shape(path: Path, rows: Sequence[Row], wanted: LogFormat) -> Shape:
    seen = Counter(shape_of(row.value) for row in rows if row.problem is None)
    seen.pop(None, None)
    if wanted != "auto":
        shape: Shape = wanted
        if seen[shape] or (shape == "messages" and seen["openai"]):
            return shape
        raise InputError(_no_shape(path, rows, expected=f"rows of the format {wanted!r}"))
    if not seen:
        raise InputError(_no_shape(path, rows, expected=f"rows of one of the formats {', '.join(FORMATS)}"))
    best = max(seen.values())
    return next(shape for shape in get_args(Shape) if seen[shape] == best)


def _no_shape(path: Path, rows: Sequence[Row], *, expected: str) -> Finding:
    row = next((row for row in rows if row.problem is None), None)
    if row is None:
        bad = rows[0] if rows else None
        return Finding(
            where=f"{path}:{bad.line}" if bad else str(path),
            found=f"{bad.problem}: {bad.found}" if bad else "no row",
            expected=expected,
            fix="Mend the file; no row of it can be decoded.",
        )
    return Finding(
        where=f"{path}:{row.line}" if row.line else f"{path} record {row.record}",
        found=f"rows with: {_keys(row.value)}",
        expected=expected,
        fix="Rename the keys, or choose the format with --from.",
    )


def _keys(value: Any) -> str:
    """Show what a row has, for a message."""
    return excerpt(", ".join(map(str, value)) if isinstance(value, dict) else str(value))


def _sort_rows(
    path: Path, rows: Sequence[Row], shape: Shape, records: list[LogRecord], rejects: list[Reject]
) -> None:
    name = source_name(path)
    for row in rows:
        try:
            records.append(_record(row, shape, name))
        except UnfitRowError as unfit:
            rejects.append(
                Reject(
                    file=str(path),
                    line=row.line,
                    record=row.record,
                    reason=unfit.reason,
                    found=excerpt(unfit.found),
                    raw=row.raw or excerpt(str(row.value)),
                )
            )


def _record(row: Row, shape: Shape, name: str) -> LogRecord:
    if row.problem is not None:
        raise UnfitRowError(row.problem, found=row.found)
    parsed = _parsed(row.value, shape)
    prompt, completion = split_turns(parsed.messages)
    return LogRecord(
        prompt=prompt,
        completion=completion,
        source=Source(file=name, line=row.line, record=row.record),
        id=parsed.id,
        meta=parsed.meta,
    )


def _parsed(value: Any, shape: Shape) -> Parsed:
    has = shape_of(value)
    # A `messages` key holds plain messages too, so both names fit such rows.
    fits = {shape, "openai"} if shape == "messages" else {shape}
    if has is None:
        raise UnfitRowError(f"not a row of the format {shape}", found=_keys(value))
    if has not in fits:
        raise UnfitRowError(f"of the format {has} in a file of {shape}", found=_keys(value))
    return parse(value, has)


def _distinct(records: list[LogRecord]) -> tuple[list[LogRecord], dict[str, int]]:
    """Give a repeated id its content's hash, and its occurrence where that repeats too."""
    again: Counter[str] = Counter()
    taken: set[str] = set()
    out = []
    for record in records:
        if record.id is None or record.id not in taken:
            taken.update([record.id] if record.id is not None else [])
            out.append(record)
            continue
        again[record.id] += 1
        said = (m.content for m in (*record.prompt, *record.completion))
        fresh = stem = f"{record.id}~{content_id(*said)[:8]}"
        occurrence = 2
        while fresh in taken:
            fresh = f"{stem}~{occurrence}"
            occurrence += 1
        taken.add(fresh)
        meta = {**record.meta, "id_in_log": record.id}
        out.append(msgspec.structs.replace(record, id=fresh, meta=meta))
    return out, dict(again)


def _conserved(
    distinct: tuple[list[LogRecord], dict[str, int]],
    rejects: list[Reject],
    formats: dict[str, str],
    total: int,
) -> LogRead:
    records, again = distinct
    if total != len(records) + len(rejects):
        raise InvariantError(
            f"{total} rows in, {len(records)} records and {len(rejects)} rejects: they must add up"
        )
    return LogRead(records=records, rejects=rejects, formats=formats, rows=total, duplicate_ids=again)
