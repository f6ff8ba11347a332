"""`workbench card`: what is in a data set, drawn, for people who have to trust it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, carry_out

if TYPE_CHECKING:
    from workbench.ports import Progress
    from workbench.wording import Lang


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("card")(card)


def card(
    data: options.Data,
    out: options.Out,
    base: Annotated[
        str | None, typer.Option("--base", help="A version before, to show what changed.", metavar="DATA")
    ] = None,
    contract: Annotated[
        Path | None, typer.Option("--contract", help="Contract; default: the one beside the data.")
    ] = None,
    lang: options.Lang = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the card of a data set: signals, funnel, reasons, duplicates, rules, parts, leakage, change.

    Writes card.html (one file, no network), card.md and card.json.

    [dim]Example:[/] workbench card curated --out card
    """

    def work(place: Path, progress: Progress) -> None:
        _draw(data, place, base=base, contract=contract, lang=lang, progress=progress)

    inputs: list[Path | str] = [data, *([base] if base else []), *([contract] if contract else [])]
    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="card", inputs=inputs, options=[data, base], page=_page, face=face)


def _draw(
    data: str,
    place: Path,
    *,
    base: str | None,
    contract: Path | None,
    lang: Lang | None,
    progress: Progress,
) -> None:
    from workbench.checks import load_contract
    from workbench.corpus import contracts_beside, difference, profile, with_signals
    from workbench.io.dataset import read_dataset
    from workbench.io.rundir import write_json, write_text
    from workbench.report.card import render_card
    from workbench.report.cardmarkdown import render_card_markdown
    from workbench.report.cardmodel import build_card, card_json, concerns, sentence
    from workbench.report.files import read_lang
    from workbench.wording import speaking

    read = read_dataset(data, progress=progress)
    contracts = (load_contract(contract),) if contract else contracts_beside(read)
    read = with_signals(read, contracts=contracts, progress=progress)
    found = profile(read, contracts=contracts, progress=progress)
    change = None
    if base:
        before = with_signals(read_dataset(base, progress=progress), contracts=contracts, progress=progress)
        change = difference(before, read)
    built = build_card(found, home=read.home, change=change)
    with speaking(lang or (read_lang(read.home.parent) if read.home else "en")):
        write_text(place / "card.html", render_card(built))
        write_text(place / "card.md", render_card_markdown(built))
    write_json(place / "card.json", card_json(built))
    summary = {
        "in": read.rows,
        "rows": found.rows,
        "rejected": len(read.rejects),
        "sentence": sentence(built),
        "concerns": concerns(found),
        "parts": found.parts,
        "signals": len(found.signals),
    }
    write_json(place / "summary.json", summary)


def _page(summary: dict[str, Any], out: Path) -> str:
    from rich.markup import escape

    lines = [f"[bold]{escape(summary['sentence'])}[/]"]
    lines += [f"  [yellow]note[/] {escape(said)}" for said in summary["concerns"]]
    lines.append(f"next: read [bold]{shown(out / 'card.html')}[/]")
    return "\n".join(lines)
