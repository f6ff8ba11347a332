"""`workbench dedupe`: exact and near duplicates of any table, each removal with its proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import engineoptions, options
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require_sources, screen_for
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from workbench.pipeline.dedupe import DedupeOptions
    from workbench.ports import Engine, Progress


Data = Annotated[
    Path,
    typer.Argument(
        help="Table: JSONL, JSON, Parquet, CSV, a saved `datasets` folder or a hub id.", metavar="DATA"
    ),
]
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
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Tasks at a time; default: one a processor.")
]
Signatures = Annotated[
    bool,
    typer.Option(
        "--signatures/--no-signatures", help="Leave the hashed shingles in --out, for `rethreshold`."
    ),
]


Source = Annotated[
    str | None, typer.Option("--source", help="Column that names a row's source, for the two guards below.")
]
MaxCluster = Annotated[
    float,
    typer.Option(
        "--max-cluster-share",
        min=0.0,
        max=1.0,
        help="Fail (exit 1) if one cluster is more of a source; 1: off.",
    ),
]
MaxLoss = Annotated[
    float,
    typer.Option(
        "--max-loss-share", min=0.0, max=1.0, help="Fail (exit 1) if more of a source is dropped; 1: off."
    ),
]


SelfTest = Annotated[
    bool,
    typer.Option(
        "--self-test", help="Write nothing: put known duplicates among your rows and show what is found."
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Output directory; must be new or empty.", metavar="DIR")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("dedupe")(dedupe)


def dedupe(
    data: Data,
    out: Out = None,
    on: On = None,
    threshold: Threshold = 0.8,
    keeper: Keeper = "longest",
    numbers: Numbers = "same",
    ngram: Ngram = 3,
    char_ngram: CharNgram = 5,
    engine: engineoptions.EngineName = "local",
    ray_address: engineoptions.RayAddress = None,
    threads: Threads = None,
    shard_rows: engineoptions.ShardRows = 65_536,
    signatures: Signatures = True,
    source: Source = None,
    max_cluster_share: MaxCluster = 0.5,
    max_loss_share: MaxLoss = 0.9,
    self_test: SelfTest = False,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Drop exact and near duplicates; a row goes only with a verified edge to a row that stays.

    Writes kept.parquet and ledger.parquet (id, kept_id, Jaccard and containment of every row that went).
    Takes tables larger than memory; after a kill, the same command goes on with the shards that are left.

    [dim]Example:[/] workbench dedupe data.jsonl --on text --keeper reviewed:max,longest --out deduped
    [dim]On Ray:[/] workbench dedupe data.jsonl --on text --engine ray --threads 2 --out deduped
    """
    require_sources([data], what="a table: JSONL, JSON, CSV, Parquet, a saved `datasets` folder, or a hub id")
    near = {"threshold": threshold, "numbers": numbers, "ngram": ngram, "char_ngram": char_ngram}
    chosen = _options(on, keeper=keeper, near=near)
    face = Face(force=force, quiet=quiet, as_json=as_json)
    if self_test:
        _tested(data, chosen, face)
        return
    limits = {"max_cluster_share": max_cluster_share, "max_loss_share": max_loss_share}
    worker = _engine(engine, threads=threads, address=ray_address)
    _run(data, _named(out), chosen, (shard_rows, signatures), (limits, source), worker, face)


def _run(
    data: Path,
    out: Path,
    chosen: DedupeOptions,
    layout: tuple[int, bool],
    limits: tuple[dict[str, float], str | None],
    engine: Engine,
    face: Face,
) -> None:
    from workbench.io.config import convert
    from workbench.pipeline.dedupe import Layout
    from workbench.pipeline.dedupe import dedupe as dedupe_table
    from workbench.pipeline.guards import enforce_on_table
    from workbench.steps import Guards

    guards = convert(limits[0], Guards, where="dedupe")
    cut = Layout(shard_rows=layout[0], signatures=layout[1])

    def work(place: Path, progress: Progress) -> None:
        # The nodes of a cluster work in folders of their own; a hub id stays as it is.
        table, out = data.absolute() if data.exists() else data, place.absolute()
        dedupe_table(table, out=out, options=chosen, layout=cut, engine=engine, progress=progress)
        enforce_on_table(guards, out=place, source=limits[1])

    decided = [chosen, cut.signatures, guards, limits[1]]
    carry_out(out, work, verb="dedupe", inputs=[data], options=decided, page=_page, face=face)


def _tested(data: Path, chosen: DedupeOptions, face: Face) -> None:
    """Show what the self-test measures; nothing is written."""
    from workbench.io.tables import read_table
    from workbench.pipeline.dedupe.selftest import self_test

    with screen_for(face) as screen:
        found = self_test(read_table(data), options=chosen)
        lines = [f"{'':<14} {'injected as duplicates':>22} {'found':>8} {'recall':>8} {'precision':>10}"]
        for kind, row in {**found["kinds"], "all": found}.items():
            shares = [row["recall"], row["precision"]]
            told = ["-" if share is None else f"{share:.3f}" for share in shares]
            lines.append(f"{kind:<14} {row['due']:>22} {row['found']:>8} {told[0]:>8} {told[1]:>10}")
        screen.show(found, escape("\n".join(lines)))


def _named(out: Path | None) -> Path:
    if out is None:
        raise ConfigError(
            Finding(
                where="--out", found="nothing", expected="a directory", fix="Pass --out DIR, or --self-test."
            )
        )
    return out


def _options(on: str | None, *, keeper: str, near: dict[str, Any]) -> DedupeOptions:
    """Decode the options; an impossible value is told with its path."""
    from workbench.io.config import convert
    from workbench.pipeline.dedupe import DedupeOptions

    plain = {"near": {"use": "near_dedup", **near}, "keeper": _names(keeper)}
    return convert(plain | ({"on": _names(on)} if on else {}), DedupeOptions, where="dedupe")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _engine(name: str, *, threads: int | None, address: str | None) -> Engine:
    from workbench.engines import LocalEngine

    ray = engineoptions.ray_engine(name, cpus=threads, address=address)
    return ray or LocalEngine(threads=threads)


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"[bold]{summary['in']}[/] rows in, [bold]{summary['kept']}[/] kept, {summary['dropped']} dropped"
    ]
    lines += [f"  {count:>6}  {escape(reason)}" for reason, count in sorted(summary["reasons"].items())]
    return "\n".join([*lines, *onward(out)])


def onward(out: Path) -> list[str]:
    """Say what can be done with the output of a deduplication: pairs go on to be curated."""
    import polars as pl

    from workbench.io.frames import PAIR_SCHEMA

    kept = out / "kept.parquet"
    pairs = kept.exists() and set(PAIR_SCHEMA) <= set(pl.scan_parquet(kept, glob=False).collect_schema())
    curate = f"next: {command('curate', out, '--out', 'curated')}"
    return [
        f"why a row went: {command('explain', out, 'ID')}",
        curate if pairs else f"the rows kept: {shown(kept)}",
    ]
