"""Writes pairs for other tools, and accounts for every pair that a format has no place for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.errors import Finding, InputError, OutputError
from workbench.io.formats import Format, UnfitPairError, dataset_info, shaped
from workbench.io.rundir import whole_file, write_json, write_text
from workbench.ports import silent
from workbench.records import Value
from workbench.text import excerpt

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.ports import Progress

SUFFIXES = (".jsonl", ".json", ".parquet")
INFO = "dataset_info.json"
_EVERY = 2000


class Unfit(Value, frozen=True, kw_only=True):
    """A pair that was left out: its id, where it stood (``file:line``), and why."""

    id: str
    where: str
    reason: str


class Exported(Value, frozen=True, kw_only=True):
    """What one file holds: ``rows_in = rows + len(unfit)``."""

    file: str
    rows_in: int
    rows: int
    unfit: tuple[Unfit, ...]


def export(frame: pl.DataFrame, path: Path, *, to: Format, progress: Progress = silent) -> Exported:
    """Write pairs (``PAIR_SCHEMA``) into ``path`` in the shape ``to``; its suffix says how rows are kept.

    Raises:
        OutputError: a suffix other than .jsonl, .json and .parquet, or .parquet for OpenAI.
        InputError: no pair fits the format.
    """
    check_suffix(path, to)
    rows, unfit = list[dict[str, Any]](), list[Unfit]()
    for number, pair in enumerate(frame.iter_rows(named=True)):
        try:
            rows.append(shaped(pair, to))
        except UnfitPairError as reason:
            source = pair["source"] or {}
            where = f"{source.get('file')}:{source.get('line') or source.get('record')}"
            unfit.append(Unfit(id=str(pair["id"]), where=where, reason=str(reason)))
        if number % _EVERY == 0:
            progress(f"export {path.name}", number, frame.height)
    progress(f"export {path.name}", frame.height, frame.height)
    if not rows:
        raise InputError(_nothing_fits(one, to) for one in unfit[:5])
    _write(path, rows)
    return Exported(file=path.name, rows_in=frame.height, rows=len(rows), unfit=tuple(unfit))


def check_suffix(path: Path, to: Format) -> None:
    """Refuse a file name that doesn't say how to keep rows.

    Raises:
        OutputError: the suffix isn't one of ``SUFFIXES``, or OpenAI wouldn't take it.
    """
    fitting = SUFFIXES[:1] if to == "openai" else SUFFIXES
    if path.suffix.lower() not in fitting:
        raise OutputError(
            Finding(
                where=str(path),
                found=f"the suffix {path.suffix!r}",
                expected=f"{' or '.join(fitting)} for the format {to}",
                fix="Change the name; a name without a suffix is a directory with one file a part.",
            )
        )


def add_dataset_info(place: Path, *, to: Format, name: str, file: str, force: bool = False) -> bool:
    """Name a written file in LLaMA-Factory's ``dataset_info.json`` beside it; other entries stay.

    Returns whether the format has such an entry.

    Raises:
        OutputError: the file isn't JSON, or has another entry of that name and ``force`` isn't set.
    """
    entry = dataset_info(to, name=name, file=file)
    if entry is None:
        return False
    path = place / INFO
    held = _held_info(path)
    if name in held and held[name] != entry[name] and not force:
        raise OutputError(
            Finding(
                where=f"{path} $.{name}",
                found=f"an entry for the file {held[name].get('file_name')!r}"
                if isinstance(held[name], dict)
                else "another entry",
                expected="this name free",
                fix="Choose another --name, or pass --force.",
            )
        )
    write_json(path, {**held, **entry})
    return True


def write_unfit(path: Path, unfit: tuple[Unfit, ...]) -> None:
    """Write the pairs left out as JSON Lines."""
    write_text(path, "".join(msgspec.json.encode(one).decode() + "\n" for one in unfit))


def _held_info(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        held = None
    if isinstance(held, dict):
        return held
    raise OutputError(
        Finding(
            where=str(path),
            found="something that isn't a JSON object",
            expected="LLaMA-Factory's list of data sets, or no such file",
            fix="Mend it, or export into another directory.",
        )
    )


def _nothing_fits(one: Unfit, to: Format) -> Finding:
    return Finding(
        where=one.where,
        found=excerpt(one.reason),
        expected=f"at least one pair that {to} can hold",
        fix="Choose another format; trl and messages hold any turns.",
    )


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    elif suffix == ".json":
        write_json(path, rows)
    else:
        with whole_file(path) as stream:
            pl.DataFrame(rows, infer_schema_length=None).write_parquet(stream)
