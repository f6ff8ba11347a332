"""Curates from files to files; what stands complete of an earlier call is not done again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from workbench.engines import CrewEngine, LocalEngine
from workbench.io.frames import EDITS_SCHEMA, ledger_frame
from workbench.io.gathered import REJECTS, gather, is_pairs_file
from workbench.io.rundir import discard, write_json, write_text
from workbench.pipeline.cost import peak_mb
from workbench.pipeline.curate import NeedsContracts, card, quarantine, summed_up
from workbench.pipeline.curation.measured import with_signals
from workbench.pipeline.curation.near import Living, Workshop
from workbench.pipeline.curation.parted import split
from workbench.pipeline.curation.sheet import cut
from workbench.pipeline.curation.steps import decide
from workbench.pipeline.curation.tasks import WriteTask, write_shard
from workbench.pipeline.dedupe import Layout
from workbench.pipeline.dedupe.ledger import ledger_hash
from workbench.pipeline.dedupe.shards import write_whole
from workbench.pipeline.measured import check_steps, summed
from workbench.signals import Tools, columns_of
from workbench.similarity.ondisk import save_whole
from workbench.steps.dedup import direct
from workbench.steps.split import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.io.gathered import Gathered
    from workbench.pipeline.curation.parted import Placed
    from workbench.pipeline.curation.sheet import Sheet
    from workbench.ports import Engine, Step
    from workbench.signals import AnySignal
    from workbench.steps import ClusterSplit

SHARD_ROWS = 4_096


@dataclass(frozen=True, kw_only=True)
class Curation:
    """What decides a curation's result: what to measure, the steps in order, and how to split."""

    signals: Sequence[AnySignal]
    steps: Sequence[Step]
    split: ClusterSplit
    tools: Tools


def curate_files(
    sources: Sequence[Path],
    *,
    out: Path,
    how: Curation,
    layout: Layout | None = None,
    crew: Engine | None = None,
    engine: Engine | None = None,
) -> dict[str, Any]:
    """Write train, valid, test, dropped, ledger and signals, the summary and the card into ``out``.

    ``sources`` that hold no pairs are logs: their rows are taken as they stand, and those that are no pair
    are counted and listed in ``rejects.jsonl``.

    Texts are read by shards of ``layout.shard_rows`` rows; in memory are only columns that a step asks for
    (steps that see every text at once are named in docs/curation.md). ``crew`` does the tasks in Python,
    ``engine`` the compiled ones. Neither they nor the layout change the result. A call after a kill goes on
    from the shards, bands and partitions that were done.

    Raises:
        InputError: no pairs file.
        ConfigError: a step's contract doesn't fit, or it looks at a column that nothing measures.
        InvariantError: in ≠ kept + dropped, or a step changed the order of the rows it kept.
    """
    begun = time.perf_counter()
    layout = layout or Layout(shard_rows=SHARD_ROWS)
    shop = Workshop(
        work=out / f"work-{layout.shard_rows}",
        layout=layout,
        crew=crew or CrewEngine(),
        engine=engine or LocalEngine(),
        progress=how.tools.progress,
    )
    paths, made = _pairs_of(sources, shop=shop, out=out)
    given = cut(paths, work=shop.folder("pairs"), shard_rows=layout.shard_rows, progress=shop.progress)
    check_steps(how.steps, given.schema(), how.signals)
    sheet = with_signals(given, how.signals, tools=how.tools, shop=shop)
    sheet, ledgers, notes = _stepped(sheet, how, shop)
    alive = _alive(sheet.rows, ledgers)
    placed = split(how.split, Living(sheet=sheet, alive=alive, shop=shop, step="split"))
    names = [column.name for column in columns_of(how.signals)]
    sizes = _write_rows(sheet, ledgers, placed, shop=shop, signals=names, out=out)
    ledger = direct(pl.concat([ledger_frame([]), *ledgers]))
    summary = _write_rest(ledger, notes, placed, counted=(sizes, made), signals=names, out=out)
    summary |= {"seconds": round(time.perf_counter() - begun, 3), "peak_mb": peak_mb()}
    write_json(out / "summary.json", summary)
    discard(shop.work)
    return summary


def _pairs_of(sources: Sequence[Path], *, shop: Workshop, out: Path) -> tuple[list[Path], list[Gathered]]:
    """Return pairs files as they are, and those made of logs; what was no pair is written into ``out``."""
    paths: list[Path] = []
    made: list[Gathered] = []
    for number, source in enumerate(sources):
        if is_pairs_file(source):
            paths.append(source)
            continue
        place = shop.folder(f"gathered-{number}")
        made.append(gather(source, place, progress=shop.progress))
        paths += map(Path, made[-1].files)
        write_text(out / REJECTS, (place / REJECTS).read_text(encoding="utf-8"))
    return paths, made


def _write_rest(
    ledger: pl.DataFrame,
    notes: dict[str, Any],
    placed: Placed,
    *,
    counted: tuple[dict[str, int], Sequence[Gathered]],
    signals: list[str],
    out: Path,
) -> dict[str, Any]:
    """Write ledger, edits, quarantine and card beside the rows; return the summary."""
    sizes, made = counted
    ledger.write_parquet(out / "ledger.parquet")
    edits = pl.DataFrame(notes.pop("edits", []), schema=EDITS_SCHEMA, orient="row")
    if edits.height:
        edits.write_parquet(out / "edits.parquet")
    quarantine(out / "signals.parquet", out / "quarantine.jsonl")
    summary = summed_up(
        placed.part.size,
        ledger,
        notes,
        sizes=sizes,
        rejected=sum(one.rejected for one in made),
        clusters=placed.cluster.drop_nulls().n_unique(),
        largest=placed.largest_cluster,
        across=placed.across,
    )
    write_text(out / "card.md", card(summary, ledger))
    if made:
        summary["as_they_stand"] = sum(one.rows for one in made)
    return summary | {"signals": _figures(out, signals), "ledger_hash": ledger_hash(ledger)}


def _stepped(sheet: Sheet, how: Curation, shop: Workshop) -> tuple[Sheet, list[pl.DataFrame], dict[str, Any]]:
    """Run the steps; return the sheet after them, a ledger for each, and what they noted."""
    ledgers, notes = list[pl.DataFrame](), dict[str, Any]()
    for number, step in enumerate(how.steps):
        shop.progress("curate", number, len(how.steps) + 1)
        bound = step.bound(how.tools.contracts) if isinstance(step, NeedsContracts) else step
        living = Living(sheet=sheet, alive=_alive(sheet.rows, ledgers), shop=shop, step=f"step-{number}")
        found = decide(bound, living)
        sheet = found.sheet
        ledgers.append(found.ledger)
        notes |= found.notes
    shop.progress("curate", len(how.steps), len(how.steps) + 1)
    return sheet, ledgers, notes


def _alive(rows: int, ledgers: Sequence[pl.DataFrame]) -> NDArray[np.bool_]:
    alive = np.ones(rows, np.bool_)
    for ledger in ledgers:
        alive[ledger["row"].to_numpy()] = False
    return alive


def _write_rows(
    sheet: Sheet,
    ledgers: Sequence[pl.DataFrame],
    placed: Placed,
    *,
    shop: Workshop,
    signals: list[str],
    out: Path,
) -> dict[str, int]:
    """Write parts, dropped rows (in the order of the ledger) and signals; return the parts' rows."""
    work = shop.folder("write")
    fate = placed.part.copy()
    for number, ledger in enumerate(ledgers):
        fate[ledger["row"].to_numpy()] = -1 - number
    save_whole(str(work / "fate.npy"), fate)
    tasks = []
    for at, (shard, cluster) in enumerate(sheet.parts(placed.cluster)):
        clusters = work / f"clusters-{at:06d}.parquet"
        write_whole(pl.DataFrame({"cluster": cluster}), str(clusters))
        tasks.append(
            WriteTask(
                shard=shard,
                fate=str(work / "fate.npy"),
                clusters=str(clusters),
                parts=PARTS,
                signals=tuple(signals),
                out=str(work / f"{at:06d}"),
            )
        )
    shop.engine.map(write_shard, tasks, stage="write", progress=shop.progress)
    folders = [Path(task.out) for task in tasks]
    for name in (*PARTS, "signals"):
        _joined([folder / f"{name}.parquet" for folder in folders], out / f"{name}.parquet")
    gone = [folder / f"gone-{number}.parquet" for number in range(len(ledgers)) for folder in folders]
    gone = [path for path in gone if path.exists()]
    if gone:
        _joined(gone, out / "dropped.parquet")
    else:
        pl.read_parquet(sheet.shards[0].original, glob=False).clear().write_parquet(out / "dropped.parquet")
    return {name: int((fate == number).sum()) for number, name in enumerate(PARTS)}


def _joined(paths: list[Path], out: Path) -> None:
    pl.concat([pl.scan_parquet(path, glob=False) for path in paths]).sink_parquet(out)


def _figures(out: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Sum up the signals, a column at a time."""
    path = out / "signals.parquet"
    return {name: summed(pl.read_parquet(path, columns=[name], glob=False)[name]) for name in names}
