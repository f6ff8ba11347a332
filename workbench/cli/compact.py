"""`workbench compact`: live requests in, compact ones out: a filter for callers of an adapter."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.produce import refuse_taken, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.convert import LiveTemplates
    from workbench.errors import Finding


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compact")(compact)


def compact(
    converted: Annotated[
        Path,
        typer.Argument(help="Output folder of `convert`, or its templates.json.", metavar="CONVERTED"),
    ],
    requests: Annotated[
        Path | None,
        typer.Option("--in", "-i", help="Requests, one JSON object a line; default: standard input."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the answers; default: standard output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --out.")] = False,
) -> None:
    """Turn live long-prompt requests into the compact ones that an adapter was trained on.

    A request is an object with `messages`, as chat APIs take it; everything else in it stays. Each comes out
    on its own line with `workbench.fits`, the task (which adapter to ask) and the slots; one that fits no
    template comes out unchanged, with the reason. Exit code 2 where a line was no request.

    [dim]Example:[/] workbench compact converted --in requests.jsonl
    """
    from workbench.convert import LiveTemplates, read_templates
    from workbench.errors import InputError
    from workbench.io.rundir import whole_file

    require([path for path in (converted, requests) if path], what="templates and requests")
    form, templates = read_templates(converted)
    live = LiveTemplates(templates.values(), form)
    findings: list[Finding] = []
    name = str(requests) if requests else "standard input"
    if out is not None:
        refuse_taken(out, force=force, inputs=[converted, requests])
    with ExitStack() as held:
        source = held.enter_context(requests.open("rb")) if requests else sys.stdin.buffer
        target = held.enter_context(whole_file(out)) if out else sys.stdout.buffer
        for line in _answers(source, live, name, findings):
            target.write(line + b"\n")
            target.flush()
    if findings:
        raise InputError(findings)


def _answers(
    lines: Iterable[bytes], live: LiveTemplates, name: str, findings: list[Finding]
) -> Iterator[bytes]:
    """Yield one answer for every request; lines that are none become findings."""
    import msgspec

    from workbench.errors import Finding
    from workbench.io.readers import UnfitRowError
    from workbench.text import excerpt

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            answer = _answer(msgspec.json.decode(line), live)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UnfitRowError) as error:
            found = f"{error} ({error.found})" if isinstance(error, UnfitRowError) else str(error)
            findings.append(
                Finding(
                    where=f"{name}:{number}",
                    found=f"{found}: {excerpt(line.decode('utf-8', 'replace'))}",
                    expected="one JSON object with a list of messages",
                    fix="Mend the line; all others were answered.",
                )
            )
        else:
            yield msgspec.json.encode(answer)


def _answer(request: Any, live: LiveTemplates) -> dict[str, Any]:
    from workbench.convert import Fitted
    from workbench.io.readers import UnfitRowError, parse_messages

    if not isinstance(request, dict) or "messages" not in request:
        raise UnfitRowError("no request", found="no `messages`")
    found = live(parse_messages(request["messages"]))
    if not isinstance(found, Fitted):
        return {**request, "workbench": {"fits": False, "reason": found.reason}}
    said = {
        "fits": True,
        "task": found.task,
        "template": found.template,
        "slots": {slot.name: slot.value for slot in found.slots},
    }
    messages = [{"role": m.role, "content": m.content, **m.extra} for m in found.prompt]
    return {**request, "messages": messages, "workbench": said}
