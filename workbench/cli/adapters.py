"""`workbench adapters`: which adapters there are over a base, and which one is taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import adapterwork, options, strength
from workbench.cli.adapterwork import DEFAULT, RegistryFile
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, screen_for
from workbench.cli.screen import Screen
from workbench.errors import EXIT_GATE_FAILED

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.adapters import Registry
    from workbench.adapters.verify import Proof

Name = Annotated[str, typer.Argument(help="The adapter's name in the registry.")]


def register(app: typer.Typer) -> None:
    """Add the group of verbs."""
    group = typer.Typer(
        no_args_is_help=True, help="Adapters over one base: enter, choose, prove, merge, combine, export."
    )
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("use")(use)
    group.command("verify")(verify)
    adapterwork.register(group)
    group.command("strength")(strength.strength)
    app.add_typer(group, name="adapters")


_LIST = "[bold]workbench adapters list[/]"


def list_all(registry: RegistryFile = DEFAULT, as_json: options.Json = False) -> None:
    """List the adapters, each with its base; the default is marked.

    [dim]Example:[/] workbench adapters list
    """
    from workbench.adapters.registry import read_registry

    held = read_registry(registry)
    then = (
        "[bold]workbench adapters verify[/] proves them against disk"
        if held.adapters
        else "[bold]workbench adapters add NAME DIR --base MODEL[/]"
    )
    Screen(as_json=as_json).show(_listed(held, registry), _table(held, registry), then=then)


def show(name: Name, registry: RegistryFile = DEFAULT, as_json: options.Json = False) -> None:
    """Show one adapter: rank and targets, its base by content, the training that made it, serving limits.

    [dim]Example:[/] workbench adapters show desk
    """
    import msgspec

    from workbench.adapters.registry import base_of, entry_of, folder_of, read_registry
    from workbench.rendering.adapters import passport
    from workbench.rendering.serving import describe, vllm_limits

    held = read_registry(registry)
    entry = entry_of(held, name, file=registry)
    folder = folder_of(entry, registry)
    told = passport(folder)
    found = {
        "name": name,
        "default": held.default == name,
        "folder": str(folder),
        "base": {"place": base_of(entry, registry), **msgspec.to_builtins(entry.base.hashes)},
        **describe(folder),
        "vllm": vllm_limits(folder),
        "spec": told.spec if told else None,
    }
    then = f"{command('adapters', 'verify', name)} proves it against disk"
    Screen(as_json=as_json).show(found, _facts(found), then=then)


def add(
    name: Name,
    folder: Annotated[Path, typer.Argument(help="Adapter folder, as `train` writes it.", metavar="DIR")],
    base: options.Base,
    registry: RegistryFile = DEFAULT,
    force: options.Force = False,
    as_json: options.Json = False,
) -> None:
    """Enter an adapter, bound to its base by content; one for another base is refused.

    [dim]Example:[/] workbench adapters add desk trained/adapter --base samples/base
    """
    import msgspec

    from workbench.adapters import registry as kept

    entry = kept.add(registry, name, folder, base=base, force=force)
    Screen(as_json=as_json).show(
        {"name": name, **msgspec.to_builtins(entry)},
        f"[bold]{shown(name)}[/] entered in {shown(registry)}\nnext: {command('adapters', 'use', name)}",
    )


def remove(name: Name, registry: RegistryFile = DEFAULT, as_json: options.Json = False) -> None:
    """Take an adapter out of the registry; its files stay.

    [dim]Example:[/] workbench adapters remove desk
    """
    from workbench.adapters import registry as kept

    kept.remove(registry, name)
    Screen(as_json=as_json).show(
        {"removed": name}, f"{shown(name)} is out of {shown(registry)}; its files stay", then=_LIST
    )


def use(
    name: Annotated[str, typer.Argument(help="The adapter's name; `none` is the bare base.")],
    registry: RegistryFile = DEFAULT,
    as_json: options.Json = False,
) -> None:
    """Make an adapter the one that is taken where none is named (`workbench eval`).

    [dim]Example:[/] workbench adapters use desk
    """
    from workbench.adapters import registry as kept

    chosen = None if name == kept.BARE else name
    kept.use(registry, chosen)
    said = f"default: [bold]{chosen or 'the bare base'}[/]; `workbench eval` takes it where none is named"
    Screen(as_json=as_json).show({"default": chosen}, said, then=_LIST)


def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Adapters; all where none is named.")] = None,
    registry: RegistryFile = DEFAULT,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Prompts to measure on.")] = 8,
    hashes: Annotated[bool, typer.Option("--quick", help="Compare hashes alone; no base is loaded.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Prove adapters against disk: files, base, effect, restoring the base and each other. Exit 1: not so.

    [dim]Example:[/] workbench adapters verify
    """
    import msgspec

    from workbench.adapters.verify import verify as prove

    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        proofs = prove(registry, names=names or (), rows=rows, quick=hashes, progress=screen.report)
    failed = [proof.name for proof in proofs if proof.problems]
    screen.show(
        {"ok": not failed, "failed": failed, "adapters": msgspec.to_builtins(proofs)},
        _proofs(proofs),
        f"[red]not as entered: {', '.join(failed)}[/]" if failed else "all as entered",
        then="train these again, or take them out: [bold]workbench adapters remove NAME[/]"
        if failed
        else "[bold]workbench adapters export NAME --to vllm --out DIR[/], or [bold]workbench serve[/]",
    )
    if failed:
        raise typer.Exit(EXIT_GATE_FAILED)


def _listed(held: Registry, file: Path) -> dict[str, Any]:
    from workbench.adapters.registry import base_of, folder_of

    return {
        "default": held.default,
        "adapters": [
            {
                "name": name,
                "folder": str(folder_of(entry, file)),
                "base": base_of(entry, file),
                "weights": entry.base.hashes.weights,
            }
            for name, entry in held.adapters.items()
        ],
    }


def _table(held: Registry, file: Path) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"Adapters in {escape(str(file))}")
    for column in ("", "name", "folder", "base", "weights"):
        table.add_column(column, overflow="fold")
    for one in _listed(held, file)["adapters"]:
        mark = "→" if one["name"] == held.default else ""
        table.add_row(mark, one["name"], escape(one["folder"]), escape(one["base"]), one["weights"])
    return table


def _facts(found: dict[str, Any]) -> Table:
    import json

    from rich.markup import escape
    from rich.table import Table

    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in found.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(key, escape(shown))
    return table


def _proofs(proofs: list[Proof]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Largest differences of logits")
    for column in ("adapter", "effect", "off again", "on again", "switch ms", "problems"):
        table.add_column(column, overflow="fold")
    for one in proofs:
        figures = [
            "" if value is None else f"{value:.3g}"
            for value in (one.effect, one.restored, one.switched, one.switch_ms)
        ]
        table.add_row(one.name, *figures, escape("\n".join(one.problems)) or "none")
    return table
