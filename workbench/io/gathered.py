"""Makes pairs files of whatever people keep chats in, a piece at a time, for what works on files."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.config import read_json
from workbench.io.dataset import PART, is_table_of_pairs, read_dataset
from workbench.io.hub import as_files, is_kept_by_library
from workbench.io.looking import first_rows
from workbench.io.pairrows import pairs_of_records
from workbench.io.readers import DistinctIds, Reject, iter_logs, sniff, survey_logs
from workbench.io.rundir import write_json, write_text
from workbench.ports import silent
from workbench.records import LogRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from workbench.ports import Progress

_PIECE = 4_096
_DONE = "complete.json"
_OWN = frozenset({"template_id", "slots"})
REJECTS = "rejects.jsonl"


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs files made of a source, in its order, and how many of its rows are no pair."""

    files: tuple[str, ...]
    rows: int
    rejected: int


def is_pairs_file(path: Path) -> bool:
    """Tell whether a file is meant as pairs: Parquet with a column that nothing but pairs has."""
    import polars as pl

    if not path.is_file() or sniff(path) != "parquet":
        return False
    return not _OWN.isdisjoint(pl.scan_parquet(path, glob=False).collect_schema().names())


def gather(source: Path, into: Path, *, progress: Progress = silent) -> Gathered:
    """Write the rows of ``source`` into ``into`` as pairs files, and those that are no pair beside them.

    Takes what ``read_dataset`` takes; of logs and saved folders only a piece is in memory at a time. Prompts
    stay whole. Ids that come again get a number. What stands there complete is used again.

    Raises:
        InputError: nothing there, nothing of these kinds, or no row of it is a pair.
        MissingExtraError: a saved folder or a hub id, and `datasets` isn't installed.
    """
    done = into / _DONE
    if done.is_file():
        return msgspec.convert(read_json(done, what="a list of pairs files"), Gathered)
    into.mkdir(parents=True, exist_ok=True)
    files, rejects = list[str](), list[Reject]()
    rows = 0
    for frame in _frames(source, rejects, progress):
        file = into / f"{len(files):06d}.parquet"
        frame.write_parquet(file, compression="lz4")
        files.append(str(file))
        rows += frame.height
    if not rows:
        raise InputError(_none(source, rejects))
    write_text(into / REJECTS, "".join(f"{msgspec.json.encode(one).decode()}\n" for one in rejects))
    found = Gathered(files=tuple(files), rows=rows, rejected=len(rejects))
    write_json(done, msgspec.to_builtins(found))
    return found


def _frames(source: Path, rejects: list[Reject], progress: Progress) -> Iterator[pl.DataFrame]:
    streamed = is_kept_by_library(source) or (source.is_file() and not _holds_pairs(source))
    if not streamed:
        read = read_dataset(source, progress=progress)
        rejects += read.rejects
        yield read.frame if read.parts else read.frame.drop(PART)
        return
    with as_files([source]) as files:
        logs = survey_logs(list(files), progress=progress)
        rows = iter_logs(logs, distinct=DistinctIds(), stage="read", progress=progress)
        seen = Counter[str]()
        while piece := list(islice(rows, _PIECE)):
            rejects += [one for one in piece if isinstance(one, Reject)]
            records = [one for one in piece if isinstance(one, LogRecord)]
            if records:
                yield pairs_of_records(records, seen=seen)


def _holds_pairs(file: Path) -> bool:
    rows = first_rows(file, count=1)
    value: Any = rows[0].value if rows else None
    return isinstance(value, dict) and is_table_of_pairs(list(value))


def _none(source: Path, rejects: Sequence[Reject]) -> list[Finding]:
    expected = "at least one pair of prompt and answer"
    return [
        Finding(
            where=f"{source}:{one.line}" if one.line else f"{source} record {one.record}",
            found=f"{one.reason} ({one.found})",
            expected=expected,
            fix="See these rows; every one of them was unusable.",
        )
        for one in rejects[:5]
    ] or [
        Finding(where=str(source), found="no row at all", expected=expected, fix="Is this the data you mean?")
    ]
