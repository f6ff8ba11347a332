"""`workbench teacher`: a model that runs the long prompts, and only those answers that keep the rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.backends import Opened
    from workbench.ports import Progress, Tokenizer
    from workbench.recipe import TeacherStage

ANSWERS = "answers.jsonl"
_NEW_TOKENS = 512
_WARMTH = 0.7  # of several samples, where nothing is said


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("teacher")(teacher)


Data = Annotated[
    list[Path],
    typer.Argument(
        help="Output directory of `convert`, or logs whose calls may lack answers.", metavar="DATA"
    ),
]
Teacher = Annotated[
    str | None, typer.Option("--teacher", help="Who answers: local:BASE, openai:URL#MODEL or replay:FILE.")
]
Recipe = Annotated[
    Path | None,
    typer.Option(
        "--recipe", help="Recipe whose `teacher` section says who and how; what is given here goes before it."
    ),
]
Which = Annotated[
    Literal["missing", "broken", "all"] | None,
    typer.Option(
        "--which", help="Calls without an answer; those and answers that break a rule; or all (default)."
    ),
]
Samples = Annotated[
    int | None, typer.Option("--samples", min=1, help="Answers to draw for each prompt; default 1.")
]
Temperature = Annotated[
    float | None,
    typer.Option("--temperature", min=0.0, help="0 is greedy; default 0, or 0.7 for several samples."),
]
NewTokens = Annotated[
    int | None, typer.Option("--max-new-tokens", min=1, help="Longest answer in tokens; default 512.")
]
Agreement = Annotated[
    float | None,
    typer.Option(
        "--agreement", min=0.0, max=1.0, help="Share of samples that must say the same; default 0.5."
    ),
]
Budget = Annotated[
    int | None, typer.Option("--budget", min=1, help="Most tokens to spend, prompts and answers together.")
]
ContractFile = Annotated[
    Path | None, typer.Option("--contract", help="Rules to hold answers against; default: the prompt's own.")
]
BaseModel = Annotated[
    str | None, typer.Option("--base", help="Base whose tokenizer counts the pairs.", metavar="MODEL")
]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", min=1, help="Calls to a service at a time; default 8.")
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", min=0.1, help="Seconds that one call may take; default 120.")
]
Cache = Annotated[
    Path | None,
    typer.Option("--cache", help="Directory that keeps answers for other runs too.", metavar="DIR"),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of everything random; default 0.")]
Prices = Annotated[
    tuple[float, float] | None,
    typer.Option("--prices", help="Price of a million prompt and answer tokens, to tell the cost."),
]


def teacher(
    data: Data,
    out: options.Out,
    teacher: Teacher = None,
    recipe: Recipe = None,
    which: Which = None,
    samples: Samples = None,
    temperature: Temperature = None,
    max_new_tokens: NewTokens = None,
    agreement: Agreement = None,
    budget: Budget = None,
    contract: ContractFile = None,
    base: BaseModel = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    cache: Cache = None,
    prices: Prices = None,
    seed: Seed = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fill in missing answers, or answer anew, by running the long prompt; keep what obeys the contract.

    Every answer is kept as it comes: stopped half-way, the same command goes on and asks nothing twice.
    From a converted directory it writes one again (next: curate); from logs, answered.jsonl (next: convert).
    What was refused, and by which rule, is in rejected.jsonl. A service's key is read from WORKBENCH_API_KEY.

    [dim]Example:[/] workbench teacher converted --teacher local:samples/base --which broken --out taught
    """
    asked = {"which": which, "samples": samples, "min_agreement": agreement, "budget": budget}
    drawn = {"temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    stage, base = _stage(recipe, teacher, base, asked, drawn)
    teacher = stage.name
    inputs = _inputs(data, teacher, contract, base)

    def work(place: Path, progress: Progress) -> None:
        from workbench.backends import open_backend

        opened = open_backend(teacher, where="--teacher", concurrency=concurrency, timeout=timeout)
        _teach(data, place, stage, opened, contract=contract, base=base, cache=cache, progress=progress)
        _bill(place, opened, prices)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="teacher", inputs=inputs, options=[stage, prices], page=_page, face=face)


def _stage(
    recipe: Path | None,
    teacher: str | None,
    base: str | None,
    asked: Mapping[str, Any],
    drawn: Mapping[str, Any],
) -> tuple[TeacherStage, str | None]:
    """Take the recipe's teacher and base, or a plain one, with what the command line says."""
    import msgspec

    from workbench.ports import Sampling
    from workbench.recipe import TeacherStage, read_recipe

    whole = read_recipe(recipe) if recipe else None
    held = whole.teacher if whole else None
    if held is None and teacher is None:
        missing = f"{recipe} has no `teacher`; name one" if recipe else "name one, or a --recipe that does"
        raise typer.BadParameter(missing, param_hint="--teacher")
    stage = held or TeacherStage(name="", sampling=Sampling(max_new_tokens=_NEW_TOKENS))
    said = {name: value for name, value in {"name": teacher, **asked}.items() if value is not None}
    how = {name: value for name, value in drawn.items() if value is not None}
    if held is None and said.get("samples", 1) > 1:
        how = {"temperature": _WARMTH, **how}  # several samples of a greedy decoder are one
    stage = msgspec.structs.replace(stage, **said, sampling=msgspec.structs.replace(stage.sampling, **how))
    return stage, base or (whole.base if whole else None)


def _inputs(data: list[Path], teacher: str, contract: Path | None, base: str | None) -> list[Path | str]:
    """Return what decides the result, after looking whether it is there."""
    from workbench.backends import inputs_of

    needed = [*_needed(data), *([contract] if contract else [])]
    require(needed, what="an input of `workbench teacher`")
    return [*needed, *inputs_of(teacher), *([base] if base else [])]


def _needed(data: list[Path]) -> list[Path]:
    """Return the files that decide the result."""
    if len(data) == 1 and data[0].is_dir():
        return [data[0] / name for name in ("pairs.parquet", "templates.json", "contract.yaml")]
    return data


def _teach(
    data: list[Path],
    place: Path,
    stage: TeacherStage,
    opened: Opened,
    *,
    contract: Path | None,
    base: str | None,
    cache: Path | None,
    progress: Progress,
) -> None:
    from workbench.backends import KeptBackend
    from workbench.checks import load_contract
    from workbench.pipeline.stages import read_contracts
    from workbench.teaching import teach_logs, teach_pairs

    kept = KeptBackend(opened.backend, (cache or place) / ANSWERS, identity=opened.identity)
    given = load_contract(contract) if contract else None
    if data[0].is_dir():
        contracts = [given] if given else read_contracts(data[0])
        tokenizer = _tokenizer(base, stage.name)
        teach_pairs(
            data[0],
            place,
            stage=stage,
            backend=kept,
            tokenizer=tokenizer,
            contracts=contracts,
            progress=progress,
        )
    else:
        teach_logs(data, place, stage=stage, backend=kept, contract=given, progress=progress)
    if cache is None:
        (place / ANSWERS).unlink(missing_ok=True)


def _tokenizer(base: str | None, teacher: str) -> Tokenizer:
    from workbench.io.tokenizer import WordTokenizer, load_tokenizer

    local = teacher.removeprefix("local:") if teacher.startswith("local:") else None
    name = base or local
    return load_tokenizer(name) if name else WordTokenizer()


def _bill(place: Path, opened: Opened, prices: tuple[float, float] | None) -> None:
    """Add to the summary what was asked of a service, and the cost where prices are known."""
    from workbench.cli.produce import read_summary
    from workbench.io.rundir import write_json

    summary = read_summary(place)
    usage = getattr(opened.backend, "usage", None)
    if usage is not None:
        summary["service"] = {
            "calls": usage.calls,
            "retries": usage.retries,
            "tokens": {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens},
            "without_token_counts": usage.estimated,
            "failures": dict(usage.failures),
        }
    if prices is not None:
        spent = summary["tokens"]
        cost = (spent["prompt"] * prices[0] + spent["completion"] * prices[1]) / 1e6
        summary["cost"] = round(cost, 6)
    write_json(place / "summary.json", summary)


def _page(summary: dict[str, Any], out: Path) -> str:
    head = (
        f"[bold]{summary['in']}[/] rows in, [bold]{summary['kept']}[/] kept ({summary['answered']} answered "
        f"anew, {summary['untouched']} as they were), {summary['rejected']} rejected"
    )
    lines = [
        head,
        f"{summary['samples']} samples, {sum(summary['tokens'].values()):,} tokens"
        + (f", cost {summary['cost']:g}" if "cost" in summary else ""),
    ]
    refused = summary["refused_samples"]
    lines += [f"  {count:>6}  {escape(reason)}" for reason, count in refused["reasons"].items()]
    lines += [f"          {count:>6}  {escape(rule)}" for rule, count in refused["rules"].items()]
    for reason, count in summary.get("service", {}).get("failures", {}).items():
        lines.append(f"  {count:>6}  no answer: {escape(reason)}")
    if summary["not_asked"]:
        lines.append(f"[yellow]{summary['not_asked']} rows were not asked[/]: the budget was spent")
    if summary["rejected"]:
        lines.append(f"which, and why: {shown(out / 'rejected.jsonl')}")
    log = out / "answered.jsonl"
    again = ("convert", log, "--out", "converted") if log.exists() else ("curate", out, "--out", "curated")
    lines.append(f"next: {command(*again)}")
    return "\n".join(lines)
