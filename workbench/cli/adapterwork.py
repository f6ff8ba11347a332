"""`workbench adapters merge|combine|strength|export`: what is made out of adapters."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.hint import command as hint
from workbench.cli.hint import shown
from workbench.cli.produce import Face, carry_out, read_object, require
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from workbench.adapters.merge import Dtype
    from workbench.adapters.registry import Entry
    from workbench.ports import Progress

RegistryFile = Annotated[
    Path, typer.Option("--registry", help="The registry: a file beside the adapters.", metavar="FILE")
]
One = Annotated[str, typer.Argument(help="The adapter: its name in the registry, or a folder with --base.")]
OwnBase = Annotated[
    str | None, typer.Option("--base", help="Base model, where the adapter is not in the registry.")
]
Scale = Annotated[
    float, typer.Option("--scale", min=0, help="How strong: 0 is the base, 1 as trained (see `strength`).")
]
DEFAULT = Path("adapters.json")
_DTYPES: tuple[Dtype, ...] = ("float32", "bfloat16", "float16")


def register(group: typer.Typer) -> None:
    """Add the verbs."""
    group.command("merge")(merge)
    group.command("combine")(combine)
    group.command("export")(export)


def merge(
    adapter: One,
    out: options.Out,
    base: OwnBase = None,
    registry: RegistryFile = DEFAULT,
    dtype: Annotated[
        str, typer.Option("--dtype", help="Of the written weights: " + ", ".join(_DTYPES))
    ] = "float32",
    compare: Annotated[
        str, typer.Option("--compare", help="Dtypes to compare in, with commas.")
    ] = "float32,bfloat16",
    data: Annotated[
        str | None, typer.Option("--data", help="Rows whose prompts are compared; else neutral sentences.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Prompts to compare on.")] = 32,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0, help="float32: largest difference of logits that passes.")
    ] = 1e-4,
    scale: Scale = 1.0,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a standalone model folder that plain transformers loads, and prove it against base and adapter.

    [dim]Example:[/] workbench adapters merge desk --out merged --data curated/test.parquet --rows 200
    """
    from workbench.adapters.merge import Merging
    from workbench.adapters.merge import merge as write

    compared = [name.strip() for name in compare.split(",") if name.strip()]
    written, *held = (_dtype(name) for name in (dtype, *compared))
    folder, place = located(adapter, base=base, registry=registry)
    require([folder], what="an input of merge")
    merging = Merging(dtype=written, scale=scale, compared=tuple(held), rows=rows, tolerance=tolerance)

    def work(target: Path, progress: Progress) -> None:
        from workbench.io.parts import read_whole

        pairs = read_whole(data, progress=progress) if data else None
        write(merging, base=place, adapter=folder, out=target, pairs=pairs, progress=progress)

    carry_out(
        out, work, verb="adapters merge", inputs=[place, folder, *([data] if data else [])], options=merging,
        page=_merge_page, face=Face(force=force, quiet=quiet, as_json=as_json),
    )  # fmt: skip


def combine(
    weighted: Annotated[
        list[str], typer.Argument(help="Adapters of the registry with weights.", metavar="NAME=WEIGHT...")
    ],
    out: options.Out,
    registry: RegistryFile = DEFAULT,
    method: Annotated[
        str, typer.Option("--method", help="cat, svd, linear, ties, ties_svd, dare_linear, dare_ties.")
    ] = "svd",
    rank: Annotated[int | None, typer.Option("--rank", min=1, help="svd: rank of the result.")] = None,
    density: Annotated[float, typer.Option("--density", help="ties, dare: share that is kept.")] = 0.5,
    seed: options.Seed = 0,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Make one adapter of several over one base; it loads like any other.

    [dim]Example:[/] workbench adapters combine desk=0.7 polite=0.3 --method cat --out both
    """
    from workbench.adapters.combine import Combining
    from workbench.adapters.combine import combine as write
    from workbench.io.config import convert

    weights = _weights(weighted)
    folders, base = together(list(weights), registry=registry)
    told = {"weights": weights, "method": method, "rank": rank, "density": density, "seed": seed}
    combining = convert(told, Combining, where="the options of combine")

    def work(target: Path, progress: Progress) -> None:
        write(combining, base=base, adapters=folders, out=target, progress=progress)

    carry_out(
        out, work, verb="adapters combine", inputs=[base, *folders.values()], options=combining,
        page=partial(_combine_page, base=base), face=Face(force=force, quiet=quiet, as_json=as_json),
    )  # fmt: skip


def export(
    names: Annotated[list[str], typer.Argument(help="Adapters of the registry, all of one base.")],
    to: Annotated[str, typer.Option("--to", help="vllm, ollama, gguf-instructions or hub.")],
    out: options.Out,
    registry: RegistryFile = DEFAULT,
    repo: Annotated[
        str | None, typer.Option("--repo", help="hub: the repository to upload to.", metavar="OWNER/NAME")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="hub: a new repository is public.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="hub: show what would go; send nothing.")
    ] = False,
    scale: Scale = 1.0,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write what a server needs to serve adapters, or upload one; says what was not run here.

    [dim]Example:[/] workbench adapters export desk polite --to vllm --out served
    """
    from workbench.adapters.export import SERVERS
    from workbench.adapters.export import export as write

    if to not in SERVERS:
        raise typer.BadParameter(f"{to!r} is none of {', '.join(SERVERS)}", param_hint="--to")
    server = SERVERS[SERVERS.index(to)]
    if repo is not None and (to != "hub" or len(names) != 1):
        raise typer.BadParameter("it goes with --to hub and one adapter", param_hint="--repo")
    folders, base = together(names, registry=registry)
    summary = carry_out(
        out,
        lambda target, _: write(server, base=base, adapters=folders, out=target, scale=scale),
        verb="adapters export", inputs=[base, *folders.values()], options=[to, scale],
        page=partial(_export_page, repo=repo, dry_run=dry_run),
        face=Face(force=force, quiet=quiet or bool(repo and not dry_run), as_json=as_json),
    )  # fmt: skip
    if repo is not None and not dry_run:
        _push(out / names[0], repo, public=public, quiet=quiet)
    del summary


def _push(folder: Path, repo: str, *, public: bool, quiet: bool) -> None:
    from workbench.adapters.export import push
    from workbench.cli.screen import Screen

    Screen(quiet=quiet).say(f"uploaded: {push(folder, repo, private=not public)}")


def located(adapter: str, *, base: str | None, registry: Path) -> tuple[Path, str]:
    """Return folder and base of a registered adapter, or of a folder given with its base.

    Raises:
        ConfigError: a folder without base, or a name that isn't in the registry.
    """
    from workbench.adapters.registry import base_of, entry_of, folder_of, read_registry

    if base is not None and Path(adapter).is_dir():
        return Path(adapter), base
    if base is None and Path(adapter).is_dir() and not registry.exists():
        raise ConfigError(
            Finding(
                where=adapter,
                found="an adapter folder without its base",
                expected="--base MODEL, or a name in a registry",
                fix="Add --base, or enter it with `workbench adapters add`.",
            )
        )
    entry = entry_of(read_registry(registry), adapter, file=registry)
    return folder_of(entry, registry), base or base_of(entry, registry)


def together(names: list[str], *, registry: Path) -> tuple[dict[str, Path], str]:
    """Return the folders of several adapters and the one base they share.

    Raises:
        ConfigError: they belong to different bases (with their hashes), or one isn't in the registry.
    """
    from workbench.adapters.registry import base_of, entry_of, folder_of, read_registry

    held = read_registry(registry)
    chosen: dict[str, Entry] = {name: entry_of(held, name, file=registry) for name in names}
    bases = {entry.base.hashes.weights: name for name, entry in chosen.items()}
    if len(bases) > 1:
        raise ConfigError(
            Finding(
                where=str(registry),
                found="adapters of different bases: " + ", ".join(f"{n} {w}" for w, n in bases.items()),
                expected="adapters of one base",
                fix="Name only adapters of the same base.",
            )
        )
    folders = {name: folder_of(entry, registry) for name, entry in chosen.items()}
    return folders, base_of(next(iter(chosen.values())), registry)


def _dtype(name: str) -> Dtype:
    if name in _DTYPES:
        return _DTYPES[_DTYPES.index(name)]
    few = name.lower() in {"4bit", "8bit", "int4", "int8", "nf4"}
    raise ConfigError(
        Finding(
            where="--dtype" if few else "--dtype, --compare",
            found=f"{name}: merging into so few bits rounds most of the adapter away" if few else repr(name),
            expected=", ".join(_DTYPES),
            fix="Merge in float32 or bfloat16, and quantise the merged folder afterwards."
            if few
            else "Choose one.",
        )
    )


def _weights(given: list[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for name, weight in map(_weighted, given):
        if name in weights:
            raise ConfigError(
                Finding(
                    where=name,
                    found="an adapter that is named twice",
                    expected="each adapter once, with its weight",
                    fix=f"Write one weight for it: {name}={weights[name] + weight:g} is both together.",
                )
            )
        weights[name] = weight
    return weights


def _weighted(text: str) -> tuple[str, float]:
    name, _, weight = text.partition("=")
    try:
        return name, float(weight or 1)
    except ValueError as error:
        raise ConfigError(
            Finding(
                where=text, found=repr(weight), expected="NAME=WEIGHT, such as desk=0.7", fix="Correct it."
            )
        ) from error


def _merge_page(summary: dict[str, Any], out: Path) -> str:
    found = read_object(out / "parity.json", what="the parity of a merged model")
    lines = [
        f"{dtype}: logits differ by {one['max_abs']:.3g} at most, mean KL {one['mean_kl']:.3g}, top-1 "
        f"{one['top1']:.2%}, same greedy answers {one['greedy']:.2%} over {one['rows']} prompts"
        for dtype, one in found["agreement"].items()
    ]
    note = [summary["note"]] if summary["note"] else []
    head = f"merged model in [bold]{shown(out)}[/] ({summary['dtype']})"
    return "\n".join([head, *lines, *note, f"next: {hint('serve', '--base', out)}"])


def _combine_page(summary: dict[str, Any], out: Path, base: str) -> str:
    return (
        f"adapter of rank {summary['r']} by {summary['method']} in [bold]{shown(out)}[/]\n"
        f"next: {hint('adapters', 'add', 'NAME', out, '--base', base)}"
    )


def _export_page(summary: dict[str, Any], out: Path, *, repo: str | None, dry_run: bool) -> str:
    from rich.markup import escape

    sizes = {name: (out / name).stat().st_size for name in summary["files"]}
    files = "\n".join(f"  {escape(name)} ({size:,} bytes)" for name, size in sizes.items())
    where = f" would go to {escape(repo)}; nothing was sent" if repo and dry_run else ""
    command, not_run = escape(summary["command"]), escape(summary["not_run"])
    return f"[bold]{shown(out)}[/]{where}\n{files}\n{not_run}\nnext: in that folder: [bold]{command}[/]"
