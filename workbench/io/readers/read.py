"""Reads whole logs, so that every row ends as a record or as a reject with its reason."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

from workbench.errors import Finding, InputError, InvariantError
from workbench.io.readers.containers import encoding_error, rows_of, sniff
from workbench.io.readers.ids import DistinctIds
from workbench.io.readers.shapes import parse, shape_of, split_turns
from workbench.io.readers.values import (
    FORMATS,
    START,
    Container,
    LogFormat,
    LogRead,
    Mark,
    Parsed,
    Reject,
    Row,
    Shape,
    UnfitRowError,
)
from workbench.ports import silent
from workbench.records import LogRecord, Source, Value
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from workbench.ports import Progress

_REPORT_EVERY = 500
_PART = 10_000
_SEEKABLE = frozenset({"jsonl", "parquet"})


class Log(Value, frozen=True, kw_only=True):
    """A file that was looked through once: what holds its rows, their shape, and how many there are.

    ``marks`` are the places where its parts begin: one every ten thousand rows where files allow it.
    """

    path: str
    container: Container
    shape: Shape
    rows: int
    marks: tuple[Mark, ...] = (START,)


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
    look = _Look(place, rows)
    for _ in look:
        pass
    shape = look.shape(format)
    distinct = DistinctIds()
    found = _sorted(rows, shape, file=str(place), name=source_name(place))
    apart = (distinct(one) if isinstance(one, LogRecord) else one for one in found)
    return _in_memory(apart, distinct, {source_name(place): shape}, len(rows))


def rows_in(path: Path, *, progress: Progress = silent) -> list[Row]:
    """Take a file apart into rows, those that can't be decoded with their problem.

    Raises:
        InputError: the file as a whole can't be read.
    """
    look = _Look(path, rows_of(path, sniff(path)), progress=progress)
    rows = list(look)
    look.check_encoding()
    return rows


def survey_logs(
    paths: Sequence[Path],
    *,
    format: LogFormat = "auto",  # noqa: A002
    witness: Callable[[Path, Shape, Any], None] | None = None,
    progress: Progress = silent,
) -> tuple[Log, ...]:
    """Look every file through once, one row in memory at a time (a JSON document is held whole).

    Args:
        paths: files in JSON Lines, JSON, Parquet or CSV; which of them is told by content.
        format: the shape of the rows; ``auto`` takes for each file the shape that most of its rows have.
        witness: shown every row that has a known shape, with its file and that shape.
        progress: told after every few hundred rows.

    Raises:
        InputError: a file that can't be read at all, or none of whose rows has a known shape (all such files
            are listed).
    """
    logs: list[Log] = []
    findings: list[Finding] = []
    for path in paths:
        try:
            logs.append(_surveyed(path, format, witness, progress))
        except InputError as error:
            findings.extend(error.findings)
    if findings:
        raise InputError(findings)
    return tuple(logs)


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


def iter_part(part: Part) -> Iterator[LogRecord | Reject]:
    """Yield the rows of a part as records or rejects, in order, one in memory at a time.

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


class _Look:
    """Passes rows on, and knows at their end what the file is: its rows, its shape, its encoding."""

    def __init__(
        self,
        path: Path,
        rows: Iterable[Row],
        *,
        witness: Callable[[Path, Shape, Any], None] | None = None,
        progress: Progress = silent,
    ) -> None:
        self._path, self._rows, self._witness, self._progress = path, rows, witness, progress
        self._seen: Counter[Shape] = Counter()
        self._first: Row | None = None
        self._telling = self._bad = self._bad_line = 0
        self.count = 0
        self.marks: list[Mark] = []

    def __iter__(self) -> Iterator[Row]:
        """Yield every row."""
        told = f"read {self._path.name}"
        for row in self._rows:
            if self.count % _PART == 0:
                self.marks.append(Mark(line=row.line, record=row.record, at=row.at))
            self.count += 1
            self._note(row)
            if self.count % _REPORT_EVERY == 0:
                self._progress(told, self.count, None)
            yield row
        self._progress(told, self.count, self.count)

    def _note(self, row: Row) -> None:
        if self._first is None or (self._first.problem is not None and row.problem is None):
            self._first = row
        if row.problem is None:
            self._telling += not row.ascii
            shape = shape_of(row.value)
            if shape is not None:
                self._seen[shape] += 1
                if self._witness:
                    self._witness(self._path, shape, row.value)
        elif row.blame == "encoding":
            self._bad += 1
            self._bad_line = self._bad_line or row.line

    def check_encoding(self) -> None:
        """Refuse a file that is mostly in another encoding; a stray bad line is only a rejected row."""
        if self._bad > self._telling:
            raise encoding_error(self._path, line=self._bad_line)

    def shape(self, wanted: LogFormat) -> Shape:
        """Return the shape that most rows have, or the one asked for if any row has it."""
        if wanted != "auto":
            shape: Shape = wanted
            if self._seen[shape] or (shape == "messages" and self._seen["openai"]):
                return shape
            raise InputError(_no_shape(self._path, self._first, expected=f"rows of the format {wanted!r}"))
        if not self._seen:
            known = f"rows of one of the formats {', '.join(FORMATS)}"
            raise InputError(_no_shape(self._path, self._first, expected=known))
        best = max(self._seen.values())
        return next(shape for shape in get_args(Shape) if self._seen[shape] == best)


def _surveyed(
    path: Path, wanted: LogFormat, witness: Callable[[Path, Shape, Any], None] | None, progress: Progress
) -> Log:
    container = sniff(path)
    look = _Look(path, rows_of(path, container), witness=witness, progress=progress)
    for _ in look:
        pass
    look.check_encoding()
    marks = tuple(look.marks if container in _SEEKABLE else look.marks[:1])
    return Log(path=str(path), container=container, shape=look.shape(wanted), rows=look.count, marks=marks)


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


def _no_shape(path: Path, row: Row | None, *, expected: str) -> Finding:
    """Say what the first row that could be decoded has, or what is wrong with the first row."""
    if row is None or row.problem is not None:
        return Finding(
            where=f"{path}:{row.line}" if row else str(path),
            found=f"{row.problem}: {row.found}" if row else "no row",
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
        raise UnfitRowError(f"not a row of the format {shape}", found=_keys(value))
    if has not in fits:
        raise UnfitRowError(f"of the format {has} in a file of {shape}", found=_keys(value))
    return parse(value, has)
