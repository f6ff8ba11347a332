"""`workbench export`: pairs in the shapes that other trainers read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, carry_out, refuse_taken, screen_for
from workbench.io.formats import Format

if TYPE_CHECKING:
    import polars as pl

    from workbench.io.dataset import Dataset
    from workbench.io.export import Exported
    from workbench.ports import Progress

_LEAST_FOR_OPENAI = 10


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("export")(export)


def export(
    data: options.Data,
    to: Annotated[Format, typer.Option("--to", help="The shape that the other tool reads.")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A file (.jsonl, .json, .parquet) or a directory.", metavar="PLACE"),
    ],
    part: Annotated[
        str | None, typer.Option("--part", help="Export this part alone (train, valid, test).")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the data set in LLaMA-Factory; default: the name of --out."),
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write pairs for TRL, LLaMA-Factory (Alpaca, ShareGPT), OpenAI fine-tuning, or as plain messages.

    A pair that the shape can't hold is left out and listed, with its reason. Alpaca and ShareGPT come with
    the entry that LLaMA-Factory needs in dataset_info.json.

    [dim]Example:[/] workbench export curated --to sharegpt --out for_llama_factory
    """
    from workbench.io.export import check_suffix

    face = Face(force=force, quiet=quiet, as_json=as_json)
    if out.suffix and not out.is_dir():
        check_suffix(out, to)
        _to_file(data, out, to=to, part=part, name=name or out.stem, face=face)
        return

    def work(place: Path, progress: Progress) -> None:
        _to_directory(data, place, to=to, part=part, name=name or out.name, progress=progress)

    chosen = [to, part, name or out.name]
    carry_out(out, work, verb="export", inputs=[data], options=chosen, page=_page, face=face)


def _to_directory(
    data: str, place: Path, *, to: Format, part: str | None, name: str, progress: Progress
) -> None:
    from workbench.io.dataset import read_dataset
    from workbench.io.export import add_dataset_info, write_unfit
    from workbench.io.export import export as write
    from workbench.io.places import named
    from workbench.io.rundir import write_json

    read = read_dataset(data, progress=progress)
    names = [part] if part else list(read.parts)
    frames = {one: read.part(one) for one in names} or {name: read.frame}
    done = []
    for one, frame in frames.items():
        if frame.height:
            file = named(place, one, ".jsonl")
            done.append(write(frame, file, to=to, progress=progress))
            entry = name if one == name or len(frames) == 1 else f"{name}_{one}"
            add_dataset_info(place, to=to, name=entry, file=file.name)
    left = tuple(unfit for one in done for unfit in one.unfit)
    if left:
        write_unfit(place / "unfit.jsonl", left)
    _write_rejects(place / "rejects.jsonl", read)
    write_json(place / "summary.json", _summary(read, done, to))


def _to_file(data: str, out: Path, *, to: Format, part: str | None, name: str, face: Face) -> None:
    from workbench.io.dataset import read_dataset
    from workbench.io.export import add_dataset_info, write_unfit
    from workbench.io.export import export as write
    from workbench.io.places import spare_inputs

    spare_inputs(out, [data])
    refuse_taken(out, force=face.force)
    with screen_for(face) as screen:
        read = read_dataset(data, progress=screen.report)
        frame = _one_part(read, part)
        done = write(frame, out, to=to, progress=screen.report)
        add_dataset_info(out.parent, to=to, name=name, file=out.name, force=face.force)
        if done.unfit:
            write_unfit(out.with_name(out.name + ".unfit.jsonl"), done.unfit)
        _write_rejects(out.with_name(out.name + ".rejects.jsonl"), read)
    summary = _summary(read, [done], to)
    screen.show(summary, _page(summary, out))


def _write_rejects(path: Path, read: Dataset) -> None:
    import msgspec

    from workbench.io.rundir import write_text

    if read.rejects:
        write_text(path, "".join(msgspec.json.encode(one).decode() + "\n" for one in read.rejects))


def _one_part(read: Dataset, part: str | None) -> pl.DataFrame:
    """Choose the rows of one file: a part by name, or all where there is but one."""
    from workbench.errors import Finding, InputError

    if part is not None:
        return read.part(part)
    if len(read.parts) > 1:
        raise InputError(
            Finding(
                where=read.source,
                found=f"the parts {', '.join(read.parts)}",
                expected="one part for one file, so that no test row ends in the training file",
                fix="Name it with --part, or give a directory as --out: then each part gets its file.",
            )
        )
    return read.frame


def _summary(read: Dataset, done: list[Exported], to: Format) -> dict[str, Any]:
    from collections import Counter

    unfit = [one for file in done for one in file.unfit]
    return {
        "in": sum(file.rows_in for file in done) + len(read.rejects),
        "written": sum(file.rows for file in done),
        "unfit": len(unfit),
        "rejected": len(read.rejects),
        "reasons": dict(Counter(one.reason for one in unfit).most_common()),
        "rejected_by": dict(Counter(one.reason for one in read.rejects).most_common()),
        "format": to,
        "source": read.kind,
        "files": {file.file: file.rows for file in done},
    }


def _page(summary: dict[str, Any], out: Path) -> str:
    from rich.markup import escape

    files = ", ".join(f"{escape(file)} ({rows} rows)" for file, rows in summary["files"].items())
    lines = [f"[bold]{summary['written']}[/] pairs as {summary['format']} in [bold]{shown(out)}[/]"]
    lines += [f"files: {files}"] if len(summary["files"]) > 1 else []
    lines += [f"  {n:>6}  left out: {escape(reason)}" for reason, n in summary["reasons"].items()]
    lines += [f"  {n:>6}  unreadable: {escape(reason)}" for reason, n in summary["rejected_by"].items()]
    if summary["format"] == "openai" and min(summary["files"].values()) < _LEAST_FOR_OPENAI:
        lines.append(f"[yellow]OpenAI takes no file of fewer than {_LEAST_FOR_OPENAI} rows[/]")
    lines.append("next: give the file to your trainer; `workbench inspect FILE` shows its rows")
    return "\n".join(lines)
