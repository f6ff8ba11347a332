"""What reading logs gives: records, and a reason for every row that is none."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from workbench.records import LogRecord, Messages, Value

Shape = Literal["openai", "openai_calls", "sharegpt", "alpaca", "prompt_completion", "messages"]
LogFormat = Literal["auto", "openai", "openai_calls", "sharegpt", "alpaca", "prompt_completion", "messages"]
FORMATS: tuple[str, ...] = get_args(Shape)
Container = Literal["jsonl", "json", "parquet", "csv"]


class Reject(Value, frozen=True, kw_only=True):
    """A row that gave no record: where it stood, why, what was found, and its first characters.

    ``file`` is the path as it was given, so that the row can be looked up and mended.
    ``raw`` is safe to print: one line, control characters escaped.
    """

    file: str
    line: int
    record: int
    reason: str
    found: str
    raw: str


class Mark(Value, frozen=True, kw_only=True):
    """A place to read a file from: a row's line, its record, and its first byte (0 in Parquet)."""

    line: int = 1
    record: int = 0
    at: int = 0


START = Mark()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a file as plain values, or the ``problem`` that kept it from being decoded.

    ``blame`` groups problems: ``encoding`` or ``syntax``. ``raw`` is the start of its text, as it stands;
    ``ascii`` says that the row could as well be in any other encoding; ``at`` is as in `Mark`.
    """

    line: int
    record: int
    at: int = 0
    value: Any = None
    problem: str | None = None
    found: str = ""
    raw: str = ""
    blame: Literal["", "encoding", "syntax"] = ""
    ascii: bool = False


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """One row in the common shape: all its messages, the log's own id, and whatever else stood there."""

    messages: Messages
    id: str | None = None
    meta: dict[str, Any] = {}


class LogRead(Value, frozen=True, kw_only=True):
    """All records and rejects of the files read.

    ``formats`` says per file what it was taken for; ``rows`` counts the rows found (blank lines are none), so
    that ``rows == len(records) + len(rejects)``; ``duplicate_ids`` counts how often an id came again.
    """

    records: list[LogRecord]
    rejects: list[Reject]
    formats: dict[str, str]
    rows: int
    duplicate_ids: dict[str, int]


class UnfitRowError(ValueError):
    """A decoded row that isn't a record of the shape asked for."""

    def __init__(self, reason: str, *, found: str) -> None:
        self.reason = reason
        self.found = found
        super().__init__(reason)
