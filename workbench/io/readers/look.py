"""Looks logs through once, a stretch at a time: what holds their rows, their shape, how many there are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, get_args

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.crew import Crew
from workbench.io.readers.containers import JsonLines, encoding_error, rows_of
from workbench.io.readers.kinds import sniff
from workbench.io.readers.shapes import shape_of
from workbench.io.readers.stretches import STRETCH, Stretch, stretches_of
from workbench.io.readers.values import FORMATS, START, Container, LogFormat, Mark, Row, Shape
from workbench.ports import silent
from workbench.records import Value
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.ports import Progress

_REPORT_EVERY = 500


class Witness(Protocol):
    """Shown every row of a known shape; what several saw of a log is put together in order."""

    def fresh(self) -> Self:
        """Return one that saw nothing, to be shown another stretch, in another process perhaps."""
        ...

    def show(self, shape: Shape, value: Any) -> None:
        """Take a row into account."""
        ...

    def take(self, other: Self) -> None:
        """Add what another saw of a later stretch."""
        ...


class Blind:
    """A witness that keeps nothing."""

    def fresh(self) -> Self:
        """Return itself."""
        return self

    def show(self, shape: Shape, value: Any) -> None:
        """Forget the row."""

    def take(self, other: Self) -> None:
        """Add nothing."""


class Log(Value, frozen=True, kw_only=True):
    """A file that was looked through once: what holds its rows, their shape, and how many there are.

    ``marks`` are the places where its parts begin: every few megabytes where files allow it.
    """

    path: str
    container: Container
    shape: Shape
    rows: int
    marks: tuple[Mark, ...] = (START,)


class Looked(msgspec.Struct):
    """What rows of a file showed: their shapes, and what is wrong with the file as a whole.

    ``first`` is the first row that could be decoded, or else the first; ``telling`` counts the rows that show
    their encoding, ``bad`` those that aren't UTF-8; ``findings`` is why the rest could not be read.
    """

    lines: int = 0
    rows: int = 0
    shapes: Counter[Shape] = msgspec.field(default_factory=Counter)
    first: Row | None = None
    telling: int = 0
    bad: int = 0
    bad_line: int = 0
    marks: list[Mark] = msgspec.field(default_factory=list)
    findings: tuple[Finding, ...] = ()

    def note(self, row: Row) -> Shape | None:
        """Take a row into account, and name its shape where it has a known one."""
        self.rows += 1
        if self.first is None or (self.first.problem is not None and row.problem is None):
            self.first = row
        if row.problem is None:
            self.telling += not row.ascii
            shape = shape_of(row.value)
            if shape is not None:
                self.shapes[shape] += 1
            return shape
        if row.blame == "encoding":
            self.bad += 1
            self.bad_line = self.bad_line or row.line
        return None

    def take(self, more: Looked) -> None:
        """Add what the rows behind these showed."""
        if more.first and (self.first is None or (self.first.problem and not more.first.problem)):
            self.first = msgspec.structs.replace(more.first, line=more.first.line + self.lines)
        self.bad_line = self.bad_line or (more.bad_line and more.bad_line + self.lines)
        for mark in more.marks if more.rows else ():
            self.marks.append(Mark(line=mark.line + self.lines, record=self.rows + mark.record, at=mark.at))
        self.lines += more.lines
        self.rows += more.rows
        self.shapes.update(more.shapes)
        self.telling += more.telling
        self.bad += more.bad
        self.findings += more.findings

    def check(self, path: Path) -> None:
        """Refuse a file that can't be read, or is mostly in another encoding: a stray bad line is a reject.

        Raises:
            InputError: so it is.
        """
        if self.findings:
            raise InputError(self.findings)
        if self.bad > self.telling:
            raise encoding_error(path, line=self.bad_line)

    def shape(self, path: Path, wanted: LogFormat) -> Shape:
        """Return the shape that most rows have, or the one asked for if any row has it.

        Raises:
            InputError: no row has it.
        """
        if wanted != "auto":
            shape: Shape = wanted
            if self.shapes[shape] or (shape == "messages" and self.shapes["openai"]):
                return shape
            raise InputError(_no_shape(path, self.first, expected=f"rows of the format {wanted!r}"))
        if not self.shapes:
            known = f"rows of one of the formats {', '.join(FORMATS)}"
            raise InputError(_no_shape(path, self.first, expected=known))
        best = max(self.shapes.values())
        return next(shape for shape in get_args(Shape) if self.shapes[shape] == best)


def survey_logs(
    paths: Sequence[Path],
    *,
    format: LogFormat = "auto",  # noqa: A002
    witness: Witness | None = None,
    crew: Crew | None = None,
    progress: Progress = silent,
) -> tuple[Log, ...]:
    """Look every file through once, one row in memory at a time.

    Args:
        paths: files in JSON Lines, JSON, Parquet or CSV; which of them is told by content.
        format: the shape of the rows; ``auto`` takes for each file the shape that most of its rows have.
        witness: shown every row that has a known shape.
        crew: who shares the work.
        progress: told as it goes on.

    Raises:
        InputError: a file that can't be read at all, or none of whose rows has a known shape (all such files
            are listed).
    """
    findings: list[Finding] = []
    planned: list[tuple[Path, list[Stretch]]] = []
    for path in paths:
        try:
            planned.append((path, stretches_of(path, sniff(path))))
        except InputError as error:
            findings.extend(error.findings)
    looked = _looked([cut for _, cut in planned], witness or Blind(), crew or Crew(), progress)
    logs = []
    for (path, cut), seen in zip(planned, looked, strict=True):
        try:
            seen.check(path)
            shape = seen.shape(path, format)
        except InputError as error:
            findings.extend(error.findings)
            continue
        container, marks = cut[0].container, tuple(seen.marks) or (START,)
        logs.append(Log(path=str(path), container=container, shape=shape, rows=seen.rows, marks=marks))
    if findings:
        raise InputError(findings)
    return tuple(logs)


def look(stretch: Stretch, witness: Witness, progress: Progress = silent) -> Looked:
    """Look the rows of a stretch through, and show them to ``witness``."""
    seen = Looked(marks=[Mark(at=stretch.start.at)])
    streamed = stretch.container in {"json", "csv"}
    path = Path(stretch.path)
    size = path.stat().st_size if streamed else 0
    jsonl = stretch.container == "jsonl"
    lines = JsonLines(path, stretch.start, end=stretch.end) if jsonl else None
    try:
        for row in lines or rows_of(path, stretch.container, start=stretch.start, end=stretch.end):
            if streamed and row.at - seen.marks[-1].at >= STRETCH:
                seen.marks.append(Mark(line=row.line or 1, record=seen.rows, at=row.at))
            shape = seen.note(row)
            if shape is not None:
                witness.show(shape, row.value)
            if seen.rows % _REPORT_EVERY == 0:
                progress(
                    f"read {path.name}",
                    seen.rows,
                    round(seen.rows * size / row.at) if size and row.at else None,
                )
    except InputError as error:
        seen.findings = error.findings
    seen.lines = lines.line if lines else 0
    return seen


class _Look:
    """The work on a stretch: with its own witness, who comes back with what it saw."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, given: tuple[Stretch, Witness]) -> tuple[Looked, Witness]:
        stretch, witness = given
        return look(stretch, witness, self._progress), witness


def _looked(files: Sequence[list[Stretch]], witness: Witness, crew: Crew, progress: Progress) -> list[Looked]:
    """Look all files through, and put what their stretches showed together."""
    owners = [(i, stretch) for i, cut in enumerate(files) for stretch in cut]
    # A witness goes out as its stretch is begun: by then it may know of those before what it need not keep.
    pieces = ((stretch, witness.fresh()) for _, stretch in owners)
    work = _Look(progress if crew.alone(len(owners)) else silent)
    out = [Looked() for _ in files]
    done: Counter[int] = Counter()
    shown: Iterator[tuple[Looked, Witness]] = crew.map(work, pieces, count=len(owners))
    for (i, stretch), (seen, other) in zip(owners, shown, strict=True):
        out[i].take(seen)
        witness.take(other)
        done[i] += 1
        expected = round(out[i].rows * len(files[i]) / done[i])
        progress(f"read {Path(stretch.path).name}", out[i].rows, expected)
    return out


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
        found=f"rows with: {keys_of(row.value)}",
        expected=expected,
        fix="Rename the keys, or choose the format with `workbench convert --from`.",
    )


def keys_of(value: Any) -> str:
    """Show what a row has, for a message."""
    return excerpt(", ".join(map(str, value)) if isinstance(value, dict) else str(value))
