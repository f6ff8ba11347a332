"""`workbench knowledge`: documents to pairs without context, and closed-book suites beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress, Tokenizer
    from workbench.recipe import KnowledgeStage


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("knowledge")(knowledge)


def knowledge(
    docs: Annotated[
        list[Path], typer.Argument(help="Markdown, text, HTML or JSONL files, or folders.", metavar="DOCS...")
    ],
    out: options.Out,
    teacher: Annotated[
        str | None,
        typer.Option("--teacher", help="Who writes questions: openai:URL#MODEL, local:BASE or replay:FILE."),
    ] = None,
    pairs: Annotated[int, typer.Option("--pairs", min=1, help="Questions to write for each chunk.")] = 4,
    paraphrases: Annotated[
        int, typer.Option("--paraphrases", min=0, help="Other wordings of each question to write.")
    ] = 2,
    unanswerable: Annotated[
        int, typer.Option("--unanswerable", min=0, help="Open questions to write for each chunk.")
    ] = 1,
    max_words: Annotated[int, typer.Option("--max-words", min=20, help="Most words in a chunk.")] = 200,
    base: Annotated[
        str | None, typer.Option("--base", help="Base whose tokenizer counts the pairs.", metavar="MODEL")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn documents into question–answer pairs without the context, so that the adapter answers from memory.

    Without --teacher only questions that the documents answer in so many words are taken (Q: … A: …,
    问：…答：…, headings that ask, FAQ rows). Every answer is held against its chunk. Beside the pairs come
    suites/closed_book.jsonl and suites/unanswerable.jsonl.

    [dim]Example:[/] workbench knowledge handbook/ --teacher openai:http://127.0.0.1:8000/v1 --out known
    """
    from workbench.recipe import KnowledgeStage

    require(docs, what="a document or a folder of documents")
    stage = KnowledgeStage(
        docs=tuple(map(str, docs)),
        teacher=teacher,
        pairs=pairs,
        paraphrases=paraphrases,
        unanswerable=unanswerable,
        max_words=max_words,
    )
    _learned(stage, out, base, Face(force=force, quiet=quiet, as_json=as_json))


def _learned(stage: KnowledgeStage, out: Path, base: str | None, face: Face) -> None:
    from msgspec.structs import replace

    from workbench.backends import inputs_of
    from workbench.knowledge import learn

    inputs: list[Path | str] = [*stage.docs, *inputs_of(stage.teacher or ""), *([base] if base else [])]

    def work(place: Path, progress: Progress) -> None:
        learn(stage, place, tokenizer=_tokenizer(base), progress=progress)

    told = [replace(stage, docs=())]
    carry_out(out, work, verb="knowledge", inputs=inputs, options=told, page=_page, face=face)


def _tokenizer(base: str | None) -> Tokenizer:
    from workbench.io.tokenizer import WordTokenizer, load_tokenizer

    return load_tokenizer(base) if base else WordTokenizer()


def _page(summary: dict[str, Any], out: Path) -> str:
    head = (
        f"[bold]{summary['files']}[/] documents, {summary['chunks']} chunks, {summary['in']} questions "
        f"({summary['extracted']} found, {summary['written']} written), {summary['rejected']} rejected"
    )
    made = (
        f"[bold]{summary['pairs']}[/] pairs; suites: {summary['closed_book']} closed-book "
        f"({summary['held_out_wordings']} in wordings held out), {summary['unanswerable']} unanswerable"
    )
    lines = [head, made]
    lines += [f"  {count:>6}  {escape(reason)}" for reason, count in summary["reasons"].items()]
    if summary["refused_files"] or summary["unread_rows"]:
        lines.append(
            f"[yellow]not read[/]: {summary['refused_files']} of {summary['files']} documents and "
            f"{summary['unread_rows']} rows"
        )
    if summary["other_kinds"]:
        others = ", ".join(f"{count} {escape(kind)}" for kind, count in summary["other_kinds"].items())
        lines.append(f"[yellow]left out[/], of kinds that aren't read: {others}")
    if not summary["unanswerable"]:
        lines.append("[yellow]no unanswerable question[/]: the adapter isn't tested for making answers up")
    lines.append(f"why: {shown(out / 'rejected.jsonl')}\nnext: {command('curate', out, '--out', 'curated')}")
    return "\n".join(lines)
