"""`workbench schema`: JSON Schemas of every file that people write or read, generated from the types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.screen import Screen
from workbench.errors import ConfigError, Finding


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("schema")(schema)


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write the schemas into --dir.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 2 if a file in --dir isn't what the types say.")
    ] = False,
    directory: Annotated[Path, typer.Option("--dir", help="Where the schema files are.")] = Path("schemas"),
    as_json: options.Json = False,
) -> None:
    """List, write or check the generated JSON Schemas.

    [dim]Example:[/] workbench schema --check
    """
    from workbench.io.rundir import write_text

    texts = {f"{name}.schema.json": _text(body) for name, body in schemas().items()}
    if write:
        for name, text in texts.items():
            write_text(directory / name, text)
    if check:
        _compare(texts, directory)
    state = "written" if write else "as generated" if check else "generated from the types"
    then = (
        "[bold]workbench schema --check[/] in CI"
        if write
        else "name them in your editor, or --write --dir DIR"
    )
    summary = {"schemas": sorted(texts), "directory": str(directory), "state": state}
    Screen(as_json=as_json).show(
        summary, f"{len(texts)} schemas {state}: " + ", ".join(sorted(texts)), then=then
    )


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by name."""
    import msgspec

    from workbench.contracts import Contract
    from workbench.evaluation.attribution import Attribution
    from workbench.gate import Baseline, GateResult, Policy
    from workbench.gate.datapolicy import DataPolicy
    from workbench.pipeline.improve.plan import ImprovePlan
    from workbench.recipe import Recipe
    from workbench.records import Case, Completion, Grade, LogRecord, Pair, Template
    from workbench.verdicts import Verdicts

    kinds = {
        "recipe": Recipe, "contract": Contract, "policy": Policy, "gate": GateResult, "verdicts": Verdicts,
        "data_policy": DataPolicy, "baseline": Baseline, "attribution": Attribution,
        "improve_plan": ImprovePlan,
        "case": Case, "completion": Completion, "grade": Grade, "log_record": LogRecord, "pair": Pair,
        "template": Template,
    }  # fmt: skip
    return {name: msgspec.json.schema(kind) for name, kind in kinds.items()}


def _text(body: dict[str, Any]) -> str:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}
    return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _compare(texts: dict[str, str], directory: Path) -> None:
    present = {path.name for path in directory.glob("*.schema.json")}
    wrong = sorted(
        name
        for name, text in texts.items()
        if name not in present or (directory / name).read_text(encoding="utf-8") != text
    )
    stray = sorted(present - set(texts))
    if wrong or stray:
        raise ConfigError(
            Finding(
                where=str(directory),
                found=f"out of date: {wrong}" + (f"; of no type: {stray}" if stray else ""),
                expected="what the types say",
                fix="Run: workbench schema --write" + (", and remove the stray files" if stray else ""),
            )
        )
