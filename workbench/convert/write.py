"""Writes the pairs of a log part by part."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from workbench.convert.pairs import PairMaker
from workbench.errors import InvariantError
from workbench.io.frames import pairs_to_frame
from workbench.io.readers import Reject, iter_part, parts_of, renamed
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.convert.compact import CompactForm
    from workbench.convert.survey import Surveyed
    from workbench.io.crew import Crew
    from workbench.ports import Progress, Tokenizer
    from workbench.records import Pair


_PAIRS_HELD = 20_000


class Written(msgspec.Struct):
    """What came of rows: rejects by reason, pairs by task, tokens of all pairs by kind.

    ``heights`` are the rows of the files that the pairs stand in.
    """

    rejected: Counter[str] = msgspec.field(default_factory=Counter)
    tasks: Counter[str] = msgspec.field(default_factory=Counter)
    tokens: Counter[str] = msgspec.field(default_factory=Counter)
    heights: list[int] = msgspec.field(default_factory=list)

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
    """Writes one part after another into a folder: ``N-K.parquet`` and ``N.jsonl`` with the rejects.

    ``shown`` names files in rejects otherwise than by their path. A part that can't be cut, such as a CSV
    file, fills several files, so that few pairs are in memory. Equal pairs still have equal ids there:
    only who sees all parts can number them.
    """

    def __init__(
        self,
        surveyed: Surveyed,
        *,
        form: CompactForm,
        tokenizer: Tokenizer,
        place: Path,
        shown: Mapping[str, str],
    ) -> None:
        self.parts = parts_of(surveyed.logs)
        self.place = place
        self._patterns = surveyed.patterns
        self._by_key = surveyed.by_key
        self._renamed = surveyed.renamed
        self._form = form
        self._shown = shown
        self._tokenizer = tokenizer
        self.progress: Progress = silent

    def __call__(self, number: int) -> Written:
        """Write the part of that number.

        Raises:
            InvariantError: the log changed since it was surveyed, or a prompt would not come back.
        """
        part = self.parts[number]
        maker = PairMaker(form=self._form, tokenizer=self._tokenizer, numbered=False)
        written = Written(tasks=maker.tasks, tokens=maker.tokens)
        pairs: list[Pair] = []
        with self.file(number, "jsonl").open("wb") as rejects:
            for row, one in enumerate(iter_part(part, progress=self.progress), part.first):
                if isinstance(one, Reject):
                    written.rejected[one.reason] += 1
                    shown = msgspec.structs.replace(one, file=self._shown.get(one.file, one.file))
                    rejects.write(msgspec.json.encode(shown) + b"\n")
                else:
                    reading = self._patterns.read(one.prompt)
                    fresh = self._renamed.get(row)
                    record = one if fresh is None else renamed(one, fresh)
                    pairs.append(maker(record, self._by_key[reading.key], reading.values))
                    if len(pairs) == _PAIRS_HELD:
                        self._write(number, pairs, written)
        if pairs or not written.heights:
            self._write(number, pairs, written)
        return written

    def pairs_file(self, number: int, at: int) -> Path:
        """Name one of the files that hold the pairs of a part."""
        return self.place / f"{number:06d}-{at:06d}.parquet"

    def _write(self, number: int, pairs: list[Pair], written: Written) -> None:
        """Write pairs into the part's next file, and let go of them."""
        file = self.pairs_file(number, len(written.heights))
        pairs_to_frame(pairs).write_parquet(file, compression="lz4")
        written.heights.append(len(pairs))
        pairs.clear()

    def file(self, number: int, kind: str) -> Path:
        """Name a file of a part."""
        return self.place / f"{number:06d}.{kind}"


def parts_beside(out: Path) -> Path:
    """Name the folder that holds the parts until the file is whole."""
    return out / "pairs.parquet.parts"


def write_rows(writer: PartWriter, out: Path, *, crew: Crew, progress: Progress) -> Written:
    """Write every row into ``pairs.parquet`` or ``rejects.jsonl``, in order.

    Raises:
        InvariantError: rows don't add up, or as `PartWriter` does.
    """
    writer.place.mkdir(parents=True, exist_ok=True)
    whole = Written()
    rows, count = sum(part.rows for part in writer.parts), len(writer.parts)
    writer.progress = progress if crew.alone(count) else silent
    files: list[Path] = []
    heights: list[int] = []
    for number, one in enumerate(crew.map(writer, range(count), count=count)):
        whole.add(one)
        files += [writer.pairs_file(number, at) for at in range(len(one.heights))]
        heights += one.heights
        progress("convert", whole.rows, rows)
    if rows != whole.rows:
        raise InvariantError(
            f"{rows} rows in, {whole.tasks.total()} pairs, {whole.rejected.total()} rejected"
        )
    _number_equal(files, heights)
    with (out / "rejects.jsonl").open("wb") as rejects:
        for number in range(count):
            rejects.write(writer.file(number, "jsonl").read_bytes())
    pl.scan_parquet(files, glob=False).sink_parquet(out / "pairs.parquet")
    shutil.rmtree(writer.place)
    return whole


def _number_equal(files: list[Path], heights: Sequence[int]) -> None:
    """Give pairs that say the same a number behind their id, from the second on, over all files."""
    ids = pl.scan_parquet(files, glob=False).select("id").collect()
    number = pl.col("id").cum_count().over("id")
    named = pl.when(number > 1).then(pl.format("{}-{}", "id", number)).otherwise("id").alias("id")
    fresh = ids.select(named)["id"] if ids["id"].n_unique() < ids.height else ids["id"]
    changed = fresh != ids["id"]
    at = 0
    for file, height in zip(files, heights, strict=True):
        if changed[at : at + height].any():
            frame = pl.read_parquet(file, glob=False)
            frame.with_columns(fresh[at : at + height]).write_parquet(file, compression="lz4")
        at += height
