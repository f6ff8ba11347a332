"""What a person may choose about a deduplication, and what it means for the columns of a table."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated

import msgspec
import polars as pl
from msgspec import Meta

from workbench.errors import ConfigError, Finding, InputError
from workbench.records import Value
from workbench.steps import NearDedup

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIRECTIONS = ("max", "min")
LENGTHS = ("longest", "shortest")


class DedupeOptions(Value, frozen=True, kw_only=True):
    """What decides a deduplication's result.

    Rows are compared in the columns ``on``, each of which has to reach the threshold of ``near``; without it,
    in every column of text or nested values but ``id``. Of two alike rows the one that is better by
    ``keeper`` stays: names in order of weight, each ``longest`` or ``shortest`` (characters of the compared
    columns), ``COLUMN:max`` or ``COLUMN:min`` (a column alone means ``max``; true comes before false, a null
    last); the smaller id decides at last.
    """

    on: tuple[str, ...] | None = None
    near: NearDedup = NearDedup(ngram=3, char_ngram=5)
    keeper: tuple[str, ...] = ("longest",)


class Layout(Value, frozen=True, kw_only=True):
    """How the work is cut and what is left of it; changes no row of the result.

    ``shard_rows`` rows are read and hashed at a time; each band's hashes are looked at in partitions of about
    ``partition_rows``; a worker holds about ``held_shingles`` shingles (8 bytes each) while it verifies.
    ``signatures`` leaves the hashed shingles in the output, for ``rethreshold``.
    """

    shard_rows: Annotated[int, Meta(ge=1)] = 65_536
    partition_rows: Annotated[int, Meta(ge=1)] = 4_000_000
    held_shingles: Annotated[int, Meta(ge=1)] = 8_000_000
    signatures: bool = True


class KeeperKey(msgspec.Struct, frozen=True, kw_only=True):
    """One column to order by: ``column`` empty for the length of the compared text."""

    column: str
    descending: bool


def compared_columns(columns: dict[str, pl.DataType], on: Sequence[str] | None) -> tuple[str, ...]:
    """Choose the columns to compare.

    Raises:
        ConfigError: a column that isn't there.
        InputError: none to compare.
    """
    missing = [name for name in on or () if name not in columns]
    if missing:
        raise ConfigError(_no_column(f"--on {name}", name, list(columns)) for name in missing)
    textual = [n for n, t in columns.items() if (t == pl.String or t.is_nested()) and n != "id"]
    chosen = tuple(on or textual)
    if not chosen:
        raise InputError(
            Finding(
                where="the table",
                found=f"no column of text among {list(columns)}",
                expected="at least one",
                fix="Name columns with --on.",
            )
        )
    return chosen


def keeper_keys(columns: dict[str, pl.DataType], keeper: Sequence[str]) -> tuple[KeeperKey, ...]:
    """Resolve the keeper's names against the table.

    Raises:
        ConfigError: a name that is neither a length nor a sortable column with ``:max`` or ``:min``.
    """
    findings, keys = list[Finding](), list[KeeperKey]()
    for name in keeper:
        if name in LENGTHS:
            keys.append(KeeperKey(column="", descending=name == "longest"))
            continue
        column, _, direction = name.rpartition(":") if name.endswith((":max", ":min")) else (name, "", "max")
        if column not in columns:
            findings.append(_no_column(f"--keeper {name}", column, [*LENGTHS, *columns]))
        elif columns[column].is_nested():
            findings.append(
                Finding(
                    where=f"--keeper {name}",
                    found=f"a column of {columns[column]}",
                    expected="a column of numbers, text, dates or booleans",
                    fix="Name another column.",
                )
            )
        else:
            keys.append(KeeperKey(column=column, descending=direction == _DIRECTIONS[0]))
    if findings:
        raise ConfigError(findings)
    return tuple(keys)


def _no_column(where: str, name: str, known: list[str]) -> Finding:
    near = difflib.get_close_matches(name, known, n=1)
    return Finding(
        where=where,
        found="no such column",
        expected=f"one of {known}",
        fix=f"Did you mean {near[0]!r}?" if near else "Name a column of the table.",
    )
