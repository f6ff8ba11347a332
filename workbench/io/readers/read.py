"""Reads whole logs, so that every row ends as a record or as a reject with its reason."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from workbench.errors import InvariantError
from workbench.io.readers.containers import rows_of
from workbench.io.readers.ids import DistinctIds
from workbench.io.readers.kinds import sniff
from workbench.io.readers.look import Log, Looked, keys_of, survey_logs
from workbench.io.readers.shapes import parse, shape_of, split_turns
from workbench.io.readers.values import LogFormat, LogRead, Mark, Parsed, Reject, Row, Shape, UnfitRowError
from workbench.ports import silent
from workbench.records import LogRecord, Source, Value
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from workbench.ports import Progress

_REPORT_EVERY = 500


class Part(Value, frozen=True, kw_only=True):
    """Rows of a log that can be read apart from the others.

    ``first`` counts the rows of all logs before it; ``rows`` is how many it has.
    """

    log: Log
    mark: Mark
    first: int
    rows: int


def read_logs(
    paths: Sequence[Path],
    *,
    format: LogFormat = "auto",  # noqa: A002
    progress: Progress = silent,
) -> LogRead:
    """Read chat logs of any known shape into memory.

    Returns:
        Records in the order of files and rows, and a reject for every other row.

    Raises:
        InputError: as `survey_logs` does.
    """
    logs = survey_logs(paths, format=format, progress=progress)
    distinct = DistinctIds()
    found = iter_logs(logs, distinct=distinct, progress=progress)
    return _in_memory(found, distinct, formats_of(logs), sum(log.rows for log in logs))


def read_rows(rows: Sequence[Row], *, place: Path, format: LogFormat = "auto") -> LogRead:  # noqa: A002
    """Read rows that were taken out of ``place`` already.

    Raises:
        InputError: none of them has a known shape.
    """
    seen = Looked()
    for row in rows:
        seen.note(row)
    shape = seen.shape(place, format)
    distinct = DistinctIds()
    found = _sorted(rows, shape, file=str(place), name=source_name(place))
    apart = (distinct(one) if isinstance(one, LogRecord) else one for one in found)
    return _in_memory(apart, distinct, {source_name(place): shape}, len(rows))


def rows_in(path: Path, *, progress: Progress = silent) -> list[Row]:
    """Take a file apart into rows, those that can't be decoded with their problem.

    Raises:
        InputError: the file as a whole can't be read.
    """
    rows: list[Row] = []
    seen = Looked()
    for row in rows_of(path, sniff(path)):
        rows.append(row)
        seen.note(row)
        if seen.rows % _REPORT_EVERY == 0:
            progress(f"read {path.name}", seen.rows, None)
    progress(f"read {path.name}", seen.rows, seen.rows)
    seen.check(path)
    return rows


def iter_logs(
    logs: Sequence[Log],
    *,
    distinct: DistinctIds | None = None,
    stage: str = "convert",
    progress: Progress = silent,
) -> Iterator[LogRecord | Reject]:
    """Yield every row of surveyed logs as record or reject, in order, one in memory at a time.

    ``distinct`` gives repeated ids another name, ``stage`` names the work that progress is told of.

    Raises:
        InvariantError: a file has another number of rows than it was surveyed with.
    """
    from pathlib import Path

    for log in logs:
        path = Path(log.path)
        done = 0
        rows = rows_of(path, log.container)
        for one in _sorted(rows, log.shape, file=log.path, name=source_name(path)):
            done += 1
            yield distinct(one) if distinct and isinstance(one, LogRecord) else one
            if done % _REPORT_EVERY == 0:
                progress(f"{stage} {path.name}", done, log.rows)
        progress(f"{stage} {path.name}", done, log.rows)
        if done != log.rows:
            raise InvariantError(f"{path}: {log.rows} rows when looked through, {done} when read")


def parts_of(logs: Sequence[Log]) -> list[Part]:
    """Cut logs into parts, in their order: the same ones whoever reads them."""
    parts = []
    before = 0
    for log in logs:
        ends = [mark.record for mark in log.marks[1:]] + [log.rows]
        for mark, end in zip(log.marks, ends, strict=True):
            first = before + mark.record
            parts.append(Part(log=log, mark=mark, first=first, rows=end - mark.record))
        before += log.rows
    return parts


def iter_part(
    part: Part, *, stage: str = "convert", progress: Progress = silent
) -> Iterator[LogRecord | Reject]:
    """Yield the rows of a part as records or rejects, in order, one in memory at a time.

    ``stage`` names the work that progress is told of.

    Raises:
        InvariantError: the file has another number of rows than it was surveyed with.
    """
    from pathlib import Path

    log, path = part.log, Path(part.log.path)
    rows = rows_of(path, log.container, start=part.mark)
    ends = part.mark.record + part.rows == log.rows
    done = 0
    for one in _sorted(
        rows if ends else itertools.islice(rows, part.rows), log.shape, file=log.path, name=source_name(path)
    ):
        done += 1
        yield one
        if done % _REPORT_EVERY == 0:
            progress(f"{stage} {path.name}", part.mark.record + done, log.rows)
    if done != part.rows:
        raise InvariantError(
            f"{path}, from row {part.mark.record}: {part.rows} rows when looked through, {done} when read"
        )


def formats_of(logs: Sequence[Log]) -> dict[str, str]:
    """Return the shape of every file by its name."""
    from pathlib import Path

    return {source_name(Path(log.path)): log.shape for log in logs}


def source_name(path: Path) -> str:
    """Name a file by its folder and name, so that outputs don't depend on where a checkout lies."""
    full = path.resolve()
    return f"{full.parent.name}/{full.name}" if full.parent.name else full.name


def parsed_record(value: Any, shape: Shape, *, source: Source) -> LogRecord:
    """Read a decoded row of ``shape``.

    Raises:
        UnfitRowError: it is no record, with the reason.
    """
    parsed = _parsed(value, shape)
    prompt, completion = split_turns(parsed.messages)
    return LogRecord(prompt=prompt, completion=completion, source=source, id=parsed.id, meta=parsed.meta)


def _sorted(rows: Iterable[Row], shape: Shape, *, file: str, name: str) -> Iterator[LogRecord | Reject]:
    """Yield a record or a reject for every row."""
    for row in rows:
        try:
            yield _record(row, shape, name)
        except UnfitRowError as unfit:
            yield _reject(file, row, unfit)


def _in_memory(
    found: Iterable[LogRecord | Reject], distinct: DistinctIds, formats: dict[str, str], total: int
) -> LogRead:
    records: list[LogRecord] = []
    rejects: list[Reject] = []
    for one in found:
        if isinstance(one, LogRecord):
            records.append(one)
        else:
            rejects.append(one)
    if total != len(records) + len(rejects):
        raise InvariantError(
            f"{total} rows in, {len(records)} records and {len(rejects)} rejects: they must add up"
        )
    return LogRead(
        records=records, rejects=rejects, formats=formats, rows=total, duplicate_ids=dict(distinct.again)
    )


def _reject(file: str, row: Row, unfit: UnfitRowError) -> Reject:
    return Reject(
        file=file,
        line=row.line,
        record=row.record,
        reason=unfit.reason,
        found=excerpt(unfit.found),
        raw=excerpt(row.raw or str(row.value)),
    )


def _record(row: Row, shape: Shape, name: str) -> LogRecord:
    if row.problem is not None:
        raise UnfitRowError(row.problem, found=row.found)
    return parsed_record(row.value, shape, source=Source(file=name, line=row.line, record=row.record))


def _parsed(value: Any, shape: Shape) -> Parsed:
    has = shape_of(value)
    # A `messages` key holds plain messages too, so both names fit such rows.
    fits = {shape, "openai"} if shape == "messages" else {shape}
    if has is None:
        raise UnfitRowError(f"not a row of the format {shape}", found=keys_of(value))
    if has not in fits:
        raise UnfitRowError(f"of the format {has} in a file of {shape}", found=keys_of(value))
    return parse(value, has)
