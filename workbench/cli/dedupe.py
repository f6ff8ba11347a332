"""`workbench dedupe`: exact and near duplicates of any table, each removal with its proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.pipeline.dedupe import DedupeOptions
    from workbench.ports import Engine, Progress


Data = Annotated[Path, typer.Argument(help="Table: JSONL, JSON, Parquet or CSV.", metavar="DATA")]
On = Annotated[
    str | None, typer.Option("--on", help="Columns to compare, separated by commas; default: all text.")
]
Threshold = Annotated[
    float,
    typer.Option("--threshold", min=0.0, max=1.0, help="Jaccard similarity from which rows are duplicates."),
]
Keeper = Annotated[
    str,
    typer.Option(
        "--keeper",
        help="Which of two alike rows stays, by weight: longest, shortest, COLUMN:max, COLUMN:min.",
        metavar="NAMES",
    ),
]
Numbers = Annotated[
    Literal["same", "ignore"],
    typer.Option("--numbers", help="Whether rows with other numbers or identifiers can be duplicates."),
]
Ngram = Annotated[int, typer.Option("--ngram", help="Words to a shingle.")]
CharNgram = Annotated[
    int, typer.Option("--char-ngram", help="Characters to a shingle where words have no spaces.")
]
EngineName = Annotated[
    Literal["local", "ray"], typer.Option("--engine", help="Who does the work; the result is the same.")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray-address", help="Address of a running Ray cluster; default: start one here."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Tasks at a time; default: one a processor.")
]
ShardRows = Annotated[int, typer.Option("--shard-rows", min=1, help="Rows that a task holds in memory.")]
Signatures = Annotated[
    bool,
    typer.Option(
        "--signatures/--no-signatures", help="Leave the hashed shingles in --out, for `rethreshold`."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("dedupe")(dedupe)


def dedupe(
    data: Data,
    out: options.Out,
    on: On = None,
    threshold: Threshold = 0.8,
    keeper: Keeper = "longest",
    numbers: Numbers = "same",
    ngram: Ngram = 3,
    char_ngram: CharNgram = 5,
    engine: EngineName = "local",
    ray_address: RayAddress = None,
    threads: Threads = None,
    shard_rows: ShardRows = 65_536,
    signatures: Signatures = True,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Drop exact and near duplicates; a row goes only with a verified edge to a row that stays.

    Writes kept.parquet and ledger.parquet (id, kept_id, Jaccard and containment of every row that went).
    Takes tables larger than memory; after a kill, the same command goes on with the shards that are left.

    [dim]Example:[/] workbench dedupe data.jsonl --on text --keeper reviewed:max,longest --out deduped
    """
    from workbench.pipeline.dedupe import Layout
    from workbench.pipeline.dedupe import dedupe as dedupe_table

    require([data], what="a table")
    chosen = _options(
        on, threshold=threshold, keeper=keeper, numbers=numbers, ngram=ngram, char_ngram=char_ngram
    )
    layout = Layout(shard_rows=shard_rows, signatures=signatures)
    worker = _engine(engine, threads=threads, address=ray_address)

    def work(place: Path, progress: Progress) -> None:
        dedupe_table(data, out=place, options=chosen, layout=layout, engine=worker, progress=progress)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="dedupe", inputs=[data], options=[chosen, signatures], page=_page, face=face)


def _options(on: str | None, *, keeper: str, **near: Any) -> DedupeOptions:
    """Decode the options; an impossible value is told with its path."""
    from workbench.io.config import convert
    from workbench.pipeline.dedupe import DedupeOptions

    plain = {"near": {"use": "near_dedup", **near}, "keeper": _names(keeper)}
    return convert(plain | ({"on": _names(on)} if on else {}), DedupeOptions, where="dedupe")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _engine(name: str, *, threads: int | None, address: str | None) -> Engine:
    from workbench.engines import LocalEngine, RayEngine

    return RayEngine(address=address, cpus=threads) if name == "ray" else LocalEngine(threads=threads)


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"[bold]{summary['in']}[/] rows in, [bold]{summary['kept']}[/] kept, {summary['dropped']} dropped"
    ]
    lines += [f"  {count:>6}  {reason}" for reason, count in sorted(summary["reasons"].items())]
    lines.append(f"why a row went: workbench explain {out} ID")
    return "\n".join(lines)
