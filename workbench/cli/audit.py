"""`workbench audit`: what a trainer would see, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options, tuning
from workbench.cli.produce import Face, carry_out, read_object, require, screen_for
from workbench.errors import Finding

if TYPE_CHECKING:
    from workbench.ports import Progress
    from workbench.training import Sft


_SHOWN = 8
OutFile = Annotated[Path | None, typer.Option("--out", "-o", help="Directory for audit.json.", metavar="DIR")]
Weights = Annotated[
    bool,
    typer.Option("--weights", help="Load the base too: do packed rows lose what unpacked ones do?"),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("audit")(audit)


def audit(
    data: options.Data,
    base: options.Base,
    out: OutFile = None,
    recipe: tuning.Recipe = None,
    templates: tuning.Templates = None,
    on_overlong: tuning.Overlong = None,
    turns: tuning.Turns = None,
    weights: Weights = False,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show mask, stop token, lengths and what the chat template adds; only the tokenizer is read.

    Training runs the same audit first. Exits 2 where training would refuse; writes audit.json with --out.

    [dim]Example:[/] workbench audit curated --base samples/base
    """
    from workbench.cli.train import training_spec
    from workbench.io.parts import places
    from workbench.io.rundir import write_json
    from workbench.training.rows import refusal

    require([path for path in (recipe, templates) if path], what="an input of audit")
    spec = training_spec(recipe, overlong=on_overlong, turns=turns)
    inputs: list[Path | str] = [*places(data).names, base, *([templates] if templates else [])]

    def look(place: Path | None, progress: Progress) -> dict[str, Any]:
        found = _examined(spec, base, data, templates=templates, weights=weights, progress=progress)
        if place is not None:
            write_json(place / "audit.json", found)
            write_json(place / "summary.json", _summary(found))
        return found

    face = Face(force=force, quiet=quiet, as_json=as_json)
    if out is None:
        with screen_for(face) as screen:
            found = look(None, screen.report)
            screen.show(found, *_page(found), then=_then(found))
    else:
        carry_out(
            out, look, verb="audit", inputs=inputs, options=[spec, weights],
            page=lambda _, place: _lines(read_object(place / "audit.json", what="an audit")), face=face,
        )  # fmt: skip
        found = read_object(out / "audit.json", what="an audit")
    if not found["ok"]:
        raise refusal([Finding(**error) for error in found["errors"]])


def _examined(
    spec: Sft, base: str, data: str, *, templates: Path | None, weights: bool, progress: Progress
) -> dict[str, Any]:
    import msgspec

    from workbench.io.parts import read_parts
    from workbench.pipeline.stages import long_prompts
    from workbench.rendering.opening import open_text
    from workbench.training.audit import examine

    text = open_text(base)
    parts = read_parts(data, progress=progress)
    audited = examine(
        spec,
        text=text,
        train=parts.train,
        valid=parts.valid,
        long=long_prompts(templates) if templates else None,
    )
    found: dict[str, Any] = msgspec.to_builtins(audited.audit)
    if audited.audit.ok:
        from workbench.training.estimate import estimate

        found["estimate"] = msgspec.to_builtins(estimate(spec, text=text, rows=audited.train))
        if weights:
            from workbench.rendering.opening import open_base
            from workbench.training.packing import check_packing

            opened = open_base(base, dtype=spec.dtype, quantize=spec.quantize)
            found["packed_difference"] = check_packing(opened, audited.train)
    return found


def _summary(found: dict[str, Any]) -> dict[str, Any]:
    train = found["parts"]["train"]
    kept = ("rows", "examples", "tokens", "trained_tokens", "longest", "share_median")
    return {
        "ok": found["ok"],
        **{name: train[name] for name in kept},
        "dropped": len(train["dropped"]),
        "errors": len(found["errors"]),
        "warnings": len(found["warnings"]),
        "steps": found["steps"],
        **({"estimate": found["estimate"]} if "estimate" in found else {}),
    }


def _then(found: dict[str, Any]) -> str:
    return "[bold]workbench train DATA --base MODEL --out trained[/]" if found["ok"] else "mend what it names"


def _page(found: dict[str, Any]) -> list[Any]:
    from rich.text import Text

    page: list[Any] = [_lines(found)]
    for row in found["preview"]:
        line = Text(f"row {row['id']}: {row['trained_tokens']} of {row['tokens']} tokens trained\n")
        for trained, text in row["spans"]:
            line.append(_visible(text), style="bold green" if trained else "dim")
        page.append(line)
    return page


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _lines(found: dict[str, Any]) -> str:
    from rich.markup import escape

    train, template = found["parts"]["train"], found["template"]
    adds = escape(repr(template["injected"])) if template["injected"] else "nothing"
    lines = [
        f"[bold]{'training would go ahead' if found['ok'] else 'training would refuse'}[/]: "
        f"{train['examples']} rows of at most {train['longest']} tokens (limit {found['limit']}), "
        f"{train['trained_tokens']} of {train['tokens']} tokens trained"
        + (f", {len(train['dropped'])} rows dropped" if train["dropped"] else ""),
        f"answers end with {escape(', '.join(template['stop_tokens']))}; the template adds {adds}",
    ]
    lines += [
        f"[yellow]note[/] {escape(w['where'])}: {escape(w['found'])}. {escape(w['fix'])}"
        for w in found["warnings"][:_SHOWN]
    ]
    if len(found["warnings"]) > _SHOWN:
        lines.append(
            f"[yellow]note[/] {len(found['warnings']) - _SHOWN} more of them in audit.json and with --json"
        )
    cost = found.get("estimate")
    if cost:
        memory = sum(cost["memory_gb"].values())
        lines.append(
            f"{found['steps']} steps; about {memory:.2f} GB of memory "
            f"({', '.join(f'{name} {gb:.2f}' for name, gb in cost['memory_gb'].items())}); "
            f"{cost['seconds_at_least']:.0f} s or more on this machine"
        )
    if "packed_difference" in found:
        lines.append(f"packed loss against unpacked: {found['packed_difference']:.2g}")
    return "\n".join(lines)
