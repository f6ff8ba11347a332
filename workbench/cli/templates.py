"""`workbench templates`: which prompts stand in a log, their versions, their parts, and what they cost."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.produce import Face, require_sources, screen_for
from workbench.cli.sharing import sharing

if TYPE_CHECKING:
    from workbench.convert.survey import Surveyed, Version
    from workbench.records import Template

_SHOWN_CHANGES = 12
_SHOWN_TASKS = 50


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("templates")(templates)


def templates(
    logs: Annotated[
        list[Path],
        typer.Argument(
            help="Logs: JSONL, JSON, Parquet, CSV; saved `datasets` folders; hub ids.", metavar="LOG..."
        ),
    ],
    log_format: Annotated[
        Literal["auto", "openai", "openai_calls", "messages", "sharegpt", "alpaca", "prompt_completion"],
        typer.Option("--from", help="The records' shape; `auto` looks at the content."),
    ] = "auto",
    workers: options.Workers = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show the prompts that a log pays for: tasks, versions with what changed, slots with their evidence.

    Writes nothing. Tokens are estimated from words. Slots are listed with the kind of their values and why.

    [dim]Example:[/] workbench templates logs.jsonl
    """
    from workbench.convert import ConvertOptions
    from workbench.convert.survey import survey
    from workbench.io.crew import Crew
    from workbench.io.hub import as_files

    require_sources(logs, what="a log file, a saved `datasets` folder, or a hub id")
    given = ConvertOptions(format=log_format)
    crew = Crew(workers or os.cpu_count() or 1)
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen, crew, as_files(logs) as files:
        found = survey(
            list(files),
            format=given.format,
            learning=given.learning,
            drift=given.drift,
            crew=crew,
            progress=screen.report,
        )
    summary = _summary(found)
    then = "[bold]workbench convert LOG --out converted[/] writes pairs without them"
    screen.show(summary, _page(summary), then=then)


def _summary(found: Surveyed) -> dict[str, Any]:
    calls = sum(template.count for template in found.templates)
    tasks = []
    held = {template.id: template for template in found.templates}
    counts: Counter[str] = Counter()
    for template in found.templates:
        counts[template.task] += template.count
    by_task: dict[str, list[Version]] = {}
    for version in found.versions:
        by_task.setdefault(version.task, []).append(version)
    for task, own in counts.items():
        versions = [
            {
                "number": version.number,
                "calls": version.calls,
                "first": version.first,
                "last": version.last,
                "changes": list(version.changes),
                "templates": [_template(held[name], found) for name in version.templates],
            }
            for version in by_task[task]
        ]
        tasks.append({"task": task, "calls": own, "share": round(own / calls, 4), "versions": versions})
    rows = sum(log.rows for log in found.logs)
    return {
        "in": rows,
        "records": calls,
        "rejected": rows - calls,
        "system_prompts": found.prompts,
        "unshared": found.unshared,
        "tasks": tasks,
    }


def _template(template: Template, found: Surveyed) -> dict[str, Any]:
    from workbench.convert.versions import shown
    from workbench.io.tokenizer import WordTokenizer

    columns = list(zip(*found.values[template.id], strict=True))
    return {
        "id": template.id,
        "calls": template.count,
        "static_tokens": sum(WordTokenizer().count_text(text) for text in _statics(template)),
        "messages": [{"role": m.role, "text": shown(m.parts)} for m in template.messages],
        "slots": [
            {
                "name": hole.name,
                "type": hole.type,
                "evidence": found.evidence[template.id][hole.name],
                "examples": list(dict.fromkeys(values)),
            }
            for hole, values in zip(template.holes, columns, strict=True)
        ],
    }


def _statics(template: Template) -> list[str]:
    from workbench.records import Static

    return [p.text for message in template.messages for p in message.parts if isinstance(p, Static)]


def _page(summary: dict[str, Any]) -> str:
    tasks = len(summary["tasks"])
    lines = [
        f"[bold]{summary['records']}[/] calls in [bold]{tasks}[/] tasks, {summary['rejected']} rows rejected"
    ]
    lines += sharing(
        calls=summary["records"],
        tasks=[task["calls"] for task in summary["tasks"]],
        prompts=summary["system_prompts"],
        unshared=summary["unshared"],
    )
    for task in summary["tasks"][:_SHOWN_TASKS]:
        lines.append("")
        lines.append(f"[bold]{escape(task['task'])}[/]  {task['calls']} calls ({task['share']:.0%})")
        for version in task["versions"]:
            lines += _version(version, several=len(task["versions"]) > 1)
    if tasks > _SHOWN_TASKS:
        lines += ["", f"… {tasks - _SHOWN_TASKS} more tasks (--json shows all)"]
    return "\n".join(lines)


def _version(version: dict[str, Any], *, several: bool) -> list[str]:
    lines = []
    if several:
        span = f"calls {version['first'] + 1} to {version['last'] + 1} of the log"
        lines.append(f"  version {version['number']}: {version['calls']} calls, {span}")
        changes = version["changes"]
        for change in changes[:_SHOWN_CHANGES]:
            colour = "green" if change[0] == "+" else "red"
            lines.append(f"    [{colour}]{escape(change)}[/]")
        if len(changes) > _SHOWN_CHANGES:
            lines.append(f"    … {len(changes) - _SHOWN_CHANGES} more (--json shows all)")
    for template in version["templates"]:
        turns = " ".join(message["role"] for message in template["messages"])
        lines.append(
            f"  {template['id']}  {template['calls']} calls  {turns}  "
            f"about {template['static_tokens']} tokens of prompt a call"
        )
        lines += [
            f"      {escape(slot['name'])} [dim]({slot['type']}: {escape(slot['evidence'])})[/]  "
            f"{_example(slot['examples'])}"
            for slot in template["slots"]
        ]
    return lines


def _example(values: list[str]) -> str:
    from workbench.text import excerpt

    return escape(excerpt(next((value for value in values if value.strip()), ""), limit=60))
