"""`workbench inspect`: single rows of a log, of pairs or of a run's files, laid out to be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.screen import Screen, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from workbench.io.readers import Row

_LONG = 800  # characters of one text; more is cut unless --full
_SIDES = ("messages", "conversations", "prompt", "completion")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("inspect")(inspect)


def inspect(
    file: Annotated[
        Path,
        typer.Argument(
            help="A log, pairs, a ledger, completions, grades …: JSONL, JSON, CSV or Parquet; or an output "
            "directory.",
            metavar="FILE",
        ),
    ],
    first: Annotated[int, typer.Option("--first", "-n", min=1, help="The first N rows.", metavar="N")] = 3,
    drawn: Annotated[
        int | None, typer.Option("--random", min=1, help="N rows drawn from all.", metavar="N")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", help="The row with this id, or ids that begin so.", metavar="ID")
    ] = None,
    seed: options.Seed = 0,
    full: Annotated[bool, typer.Option("--full", help="Long texts whole.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show rows of any file that the workbench reads or writes; control characters are made visible.

    [dim]Example:[/] workbench inspect logs.jsonl --random 2
    """
    from workbench.io.looking import file_to_look_at, first_rows, random_rows, rows_named

    path = file_to_look_at(file)
    if name is not None:
        rows = rows_named(path, name)
    elif drawn is not None:
        rows = random_rows(path, count=drawn, seed=seed)
    else:
        rows = first_rows(path, count=first)
    summary = {"file": str(path), "rows": [_plain(row) for row in rows]}
    Screen(as_json=as_json).show(summary, *_page(path, rows, limit=None if full else _LONG))


def _plain(row: Row) -> dict[str, Any]:
    from workbench.io.looking import row_id

    where = {"record": row.record, "line": row.line, "id": row_id(row.value)}
    return where | ({"value": row.value} if row.problem is None else {"problem": row.problem, "raw": row.raw})


def _page(path: Path, rows: list[Row], *, limit: int | None) -> Iterator[RenderableType]:
    from rich.rule import Rule
    from rich.text import Text

    for row in rows:
        where = f"line {row.line}" if row.line else f"record {row.record}"
        title = Text.assemble((plain(_plain(row)["id"] or where), "bold"), f"  {path.name}, {where}")
        yield Rule(title, align="left", style="dim")
        yield _grid(row, limit=limit)
    if not rows:
        yield Text(f"{path} has no rows")
    elif limit is not None:
        yield Text(
            f"next: of {len(rows)} shown, more by --first N, --random N, --id ID, --full, --json", style="dim"
        )


def _grid(row: Row, *, limit: int | None) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, max_width=18)
    grid.add_column(ratio=1, overflow="fold")
    if row.problem is not None:
        grid.add_row(Text("problem", style="red"), Text(plain(f"{row.problem} ({row.found})")))
        grid.add_row(Text("raw", style="red"), Text(plain(row.raw)))
        return grid
    for key, value, said in _lines(row.value):
        style = "bold cyan" if said else "dim"
        grid.add_row(Text(plain(key), style=style), Text(_cut(plain(value), limit)))
    return grid


def _lines(value: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield name, text, and whether it is what somebody said: messages by role, then the other fields."""
    if not isinstance(value, dict):
        yield "value", _told(value), False
        return
    for side in _SIDES:
        if side in value:
            yield from _said(side, value[side])
    further = {str(key): held for key, held in value.items() if key not in _SIDES}
    for key, held in further.items():
        if not isinstance(held, int | float) and held not in (None, "", [], {}):
            yield key, _told(held), False
    figures = [f"{key} {_figure(held)}" for key, held in further.items() if isinstance(held, int | float)]
    if figures:
        yield "figures", " · ".join(figures), False


def _figure(value: float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).lower()


def _said(side: str, value: Any) -> Iterator[tuple[str, str, bool]]:
    if not (isinstance(value, list) and value and all(isinstance(one, dict) for one in value)):
        yield side, _told(value), True
        return
    for one in value:
        yield (
            str(one.get("role") or one.get("from") or side),
            _told(one.get("content", one.get("value"))),
            True,
        )


def _told(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    return f"{text[:limit]}\n… {len(text) - limit:,} more characters: --full"
