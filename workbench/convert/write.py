"""Writes the pairs of a log part by part, in one process or in several, with the same result."""

from __future__ import annotations

import multiprocessing
import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from workbench.convert.pairs import PairMaker
from workbench.errors import InvariantError
from workbench.io.frames import pairs_to_frame
from workbench.io.readers import Reject, iter_part, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from workbench.convert.compact import CompactForm
    from workbench.convert.survey import Surveyed
    from workbench.ports import Progress, Tokenizer
    from workbench.records import LogRecord

_WORTH_A_PROCESS = 4
_HELD: list[PartWriter] = []


class Written(msgspec.Struct):
    """What came of rows: rejects by reason, pairs by task, tokens of all pairs by kind."""

    rejected: Counter[str] = msgspec.field(default_factory=Counter)
    tasks: Counter[str] = msgspec.field(default_factory=Counter)
    tokens: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """How many rows that accounts for."""
        return self.rejected.total() + self.tasks.total()

    def add(self, more: Written) -> None:
        """Add what came of other rows."""
        self.rejected.update(more.rejected)
        self.tasks.update(more.tasks)
        self.tokens.update(more.tokens)


class PartWriter:
    """Writes one part after another into a folder: ``N.parquet`` and ``N.jsonl`` with the rejects.

    Equal pairs still have equal ids there: only who sees all parts can number them.
    """

    def __init__(self, surveyed: Surveyed, *, form: CompactForm, tokenizer: Tokenizer, place: Path) -> None:
        self.parts = parts_of(surveyed.logs)
        self.place = place
        self._patterns = surveyed.patterns
        self._by_key = surveyed.by_key
        self._renamed = surveyed.renamed
        self._form = form
        self._tokenizer = tokenizer

    def __call__(self, number: int) -> Written:
        """Write the part of that number.

        Raises:
            InvariantError: the log changed since it was surveyed, or a prompt would not come back.
        """
        part = self.parts[number]
        maker = PairMaker(form=self._form, tokenizer=self._tokenizer, numbered=False)
        written = Written(tasks=maker.tasks, tokens=maker.tokens)
        pairs = []
        with self.file(number, "jsonl").open("wb") as rejects:
            for row, one in enumerate(iter_part(part), part.first):
                if isinstance(one, Reject):
                    written.rejected[one.reason] += 1
                    rejects.write(msgspec.json.encode(one) + b"\n")
                else:
                    reading = self._patterns.read(one.prompt)
                    record = self._named(row, one)
                    pairs.append(maker(record, self._by_key[reading.key], reading.values))
        pairs_to_frame(pairs).write_parquet(self.file(number, "parquet"), compression="lz4")
        return written

    def file(self, number: int, kind: str) -> Path:
        """Name a file of a part."""
        return self.place / f"{number:06d}.{kind}"

    def _named(self, row: int, record: LogRecord) -> LogRecord:
        """Return the record under an id that no record before had."""
        fresh = self._renamed.get(row)
        if fresh is None:
            return record
        return msgspec.structs.replace(record, id=fresh, meta={**record.meta, "id_in_log": record.id})


def parts_beside(out: Path) -> Path:
    """Name the folder that holds the parts until the file is whole."""
    return out / "pairs.parquet.parts"


def write_rows(writer: PartWriter, out: Path, *, workers: int, progress: Progress) -> Written:
    """Write every row into ``pairs.parquet`` or ``rejects.jsonl``, in order.

    Raises:
        InvariantError: rows don't add up, or as `PartWriter` does.
    """
    writer.place.mkdir(parents=True, exist_ok=True)
    whole = Written()
    rows = sum(part.rows for part in writer.parts)
    for one in _written(writer, workers):
        whole.add(one)
        progress("convert", whole.rows, rows)
    if rows != whole.rows:
        raise InvariantError(
            f"{rows} rows in, {whole.tasks.total()} pairs, {whole.rejected.total()} rejected"
        )
    numbers = range(len(writer.parts))
    files = [writer.file(number, "parquet") for number in numbers]
    _number_equal(files)
    with (out / "rejects.jsonl").open("wb") as rejects:
        for number in numbers:
            rejects.write(writer.file(number, "jsonl").read_bytes())
    pl.scan_parquet(files, glob=False).sink_parquet(out / "pairs.parquet")
    shutil.rmtree(writer.place)
    return whole


def _written(writer: PartWriter, workers: int) -> Iterator[Written]:
    """Write the parts here, or in processes where there are enough for that to be worth it."""
    numbers = range(len(writer.parts))
    if workers == 1 or len(numbers) < _WORTH_A_PROCESS:
        yield from map(writer, numbers)
        return
    # A forked child would inherit the locks of polars' threads; a fresh process has its own.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_hold, initargs=(writer,))
    try:
        yield from pool.map(_write_held, numbers)
    finally:
        pool.shutdown(cancel_futures=True)


def _hold(writer: PartWriter) -> None:
    """Keep the writer for all parts of this process: what was learnt is sent once."""
    _HELD[:] = [writer]


def _write_held(number: int) -> Written:
    return _HELD[0](number)


def _number_equal(files: Sequence[Path]) -> None:
    """Give pairs that say the same a number behind their id, from the second on, over all files."""
    ids = pl.concat(
        pl.read_parquet(file, columns=["id"], glob=False).with_columns(pl.lit(n).alias("file"))
        for n, file in enumerate(files)
    ).with_columns(pl.col("id").cum_count().over("id").alias("n"))
    named = pl.when(pl.col("n") > 1).then(pl.format("{}-{}", "id", "n")).otherwise("id").alias("id")
    for n in ids.filter(pl.col("n") > 1)["file"].unique(maintain_order=True):
        frame = pl.read_parquet(files[n], glob=False)
        fresh = ids.filter(pl.col("file") == n).select(named)["id"]
        frame.with_columns(fresh).write_parquet(files[n], compression="lz4")
