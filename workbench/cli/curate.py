"""`workbench curate`: pairs to train, valid and test parts, with a reason for every row that went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("curate")(curate)


def curate(
    data: Annotated[
        Path, typer.Argument(help="Output directory of `convert`, or a pairs file.", metavar="DATA")
    ],
    out: options.Out,
    contract: Annotated[
        Path | None,
        typer.Option("--contract", help="Contract to filter by; default: the one beside the pairs."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="Recipe whose `curate` section says the steps.")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Filter by the contract, drop verified duplicates, and split by cluster without leaks.

    Writes train.parquet, valid.parquet, test.parquet and ledger.parquet (one row for every row that went).

    [dim]Example:[/] workbench curate converted --out curated
    """
    from workbench.checks import load_contract
    from workbench.io.frames import read_pairs
    from workbench.pipeline.curate import curate as curate_pairs
    from workbench.pipeline.curate import write_curated
    from workbench.pipeline.stages import read_contracts
    from workbench.recipe import CurateStage, read_recipe

    pairs = data / "pairs.parquet" if data.is_dir() else data
    rules = contract or pairs.with_name("contract.yaml")
    require([pairs, rules], what="pairs and their contract, as `workbench convert` writes them")
    stage = read_recipe(recipe).curate if recipe else CurateStage()

    def work(place: Path, progress: Progress) -> None:
        curated = curate_pairs(
            read_pairs(pairs),
            steps=stage.steps,
            split=stage.split,
            contracts=[load_contract(contract)] if contract else read_contracts(rules.parent),
            progress=progress,
        )
        write_curated(curated, place)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="curate", inputs=[pairs, rules], options=stage, page=_page, face=face)


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"[bold]{summary['in']}[/] pairs in, [bold]{summary['kept']}[/] kept, {summary['dropped']} dropped"
    ]
    lines += [
        f"  {count:>6}  {reason}"
        for reason, count in sorted(summary["reasons"].items(), key=lambda x: (-x[1], x[0]))
    ]
    lines += [f"          {count:>6}  {rule}" for rule, count in summary["rules"].items()]
    if not summary["kept"]:
        lines.append(
            "[yellow]nothing is left[/]: read the contract; a rule that all rows break is misread, or new"
        )
        return "\n".join(lines)
    parts = summary.get("parts")
    if parts:
        lines.append("parts: " + ", ".join(f"{name} {rows}" for name, rows in parts.items()))
    lines += [
        f"why a row went: workbench explain {out} ID",
        f"next: [bold]workbench train {out} --base MODEL --out trained[/]",
    ]
    return "\n".join(lines)
