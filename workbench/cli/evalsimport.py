"""`workbench evals import`: case files of other tools as a suite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.hint import command, shown
from workbench.cli.produce import refuse_taken
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from rich.console import RenderableType

_ASSERTED = ("includes", "exact")


Source = Annotated[Path, typer.Argument(help="Case file of another tool.", metavar="FILE")]
Suite = Annotated[Path, typer.Option("--out", "-o", help="Suite file: .yaml, or .jsonl.")]
Form = Annotated[
    str | None, typer.Option("--from", help="promptfoo, inspect or lm-eval; default: by its form.")
]
Slots = Annotated[
    list[str] | None,
    typer.Option(
        "--slot", help="A variable and the slot it fills: input=question; repeatable.", metavar="VAR=SLOT"
    ),
]
Matching = Annotated[
    str, typer.Option("--match", help="What a bare target asks of an answer: includes or exact.")
]
Bare = Annotated[
    bool, typer.Option("--bare", help="Ask the questions as they stand, without the log's prompt.")
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", help="Leave assertions of this type out, such as latency; may be repeated."),
]
Docs = Annotated[Path | None, typer.Option("--docs", help="lm-eval: its documents (.jsonl, .json, .csv).")]
SliceKey = Annotated[
    str | None, typer.Option("--slice", help="Metadata key that names the slice.", metavar="KEY")
]
ClusterKey = Annotated[
    str | None, typer.Option("--cluster", help="Metadata key that names the cluster.", metavar="KEY")
]


def import_suite(
    source: Source,
    out: Suite,
    form: Form = None,
    slot: Slots = None,
    match: Matching = "includes",
    bare: Bare = False,
    without: Without = None,
    docs: Docs = None,
    slice_key: SliceKey = None,
    cluster_key: ClusterKey = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn a case file of promptfoo, inspect_ai or lm-evaluation-harness into a suite.

    What has no plain mapping is rejected, counted, and listed with its reason in FILE.rejects.jsonl beside
    the suite. The suite is one that [bold]eval --suite[/] takes; its cases bring their own assertions.

    [dim]Example:[/] workbench evals import promptfooconfig.yaml --slot input=question --out mine.yaml
    """
    from workbench.cli.screen import Screen
    from workbench.evaluation.imports import FORMATS, Wanted, import_cases
    from workbench.evaluation.imports.suite import write_suite

    _known("--from", form, tuple(FORMATS))
    _known("--match", match, _ASSERTED)
    refuse_taken(out, force=force, inputs=[source])
    wanted = Wanted(
        slots=_slots(slot or []),
        match="exact" if match == "exact" else "includes",
        bare=bare,
        without=frozenset(without or []),
        slice=slice_key,
        cluster=cluster_key,
        docs=docs,
    )
    found = import_cases(source, wanted, form=next((one for one in FORMATS if one == form), None))
    summary = write_suite(found, out, source=str(source))
    Screen(quiet=quiet, as_json=as_json).show(summary, *_page(summary))


def _known(where: str, value: str | None, names: tuple[str, ...]) -> None:
    if value is not None and value not in names:
        raise ConfigError(
            Finding(where=where, found=repr(value), expected=" or ".join(names), fix="Choose one of them.")
        )


def _slots(told: list[str]) -> dict[str, str]:
    wrong = [one for one in told if not all(part.strip() for part in one.partition("=")[::2])]
    if wrong:
        raise ConfigError(
            Finding(
                where="--slot", found=one, expected="VARIABLE=SLOT", fix="For example: --slot input=question"
            )
            for one in wrong
        )
    return {name.strip(): slot.strip() for name, _, slot in (one.partition("=") for one in told)}


def _page(summary: dict[str, Any]) -> list[RenderableType]:
    from rich.markup import escape

    head = f"{summary['in']} rows of {escape(str(summary['from']))}: [bold]{summary['cases']}[/] cases, "
    lines: list[RenderableType] = [head + f"[bold]{summary['rejected']}[/] rejected"]
    lines += [f"  {count:>6}  {escape(reason)}" for reason, count in summary["reasons"].items()]
    lines += [
        f"  {count:>6}  assertions left out: {escape(kind)}" for kind, count in summary["left_out"].items()
    ]
    if summary["judged"]:
        lines.append(f"  {summary['judged']:>6}  cases ask a judge: workbench judge DIR --own --judge WHO")
    if summary["rejects"]:
        lines.append(f"which, and why: {shown(summary['rejects'])}")
    lines.append(f"next: {command('eval', '…', '--suite', Path(summary['out']))}")
    return lines
