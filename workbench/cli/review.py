"""`workbench review`: a local page on which people decide about rows."""

from __future__ import annotations

import os
import secrets
import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options
from workbench.cli.curation import pairs_file
from workbench.cli.produce import require
from workbench.errors import Finding, MissingExtraError, OutputError

if TYPE_CHECKING:
    from workbench.review.items import Checker, Item
    from workbench.review.store import Store


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("review")(review)


def review(
    data: Annotated[
        Path, typer.Argument(help="Pairs, or the output directory of `convert` or `eval`.", metavar="DATA")
    ],
    contract: Annotated[
        Path | None, typer.Option("--contract", help="Rules to check while editing; default: beside DATA.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", help="Database of decisions; default: beside DATA.", metavar="FILE"),
    ] = None,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Your name.")] = os.environ.get("USER", "me"),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write the decisions to FILE and end.", metavar="FILE")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Write verdicts on an evaluation for `eval --labels`.")
    ] = None,
    force: options.Force = False,
) -> None:
    """Accept, reject or edit rows on a local page; the rows that teach most come first.

    Decisions are kept as they are made. `curate --decisions FILE` applies what --export wrote; on an
    evaluation, --labels writes your verdicts for `eval --labels`. Others on this machine join with the same
    address and &name=NAME. Ctrl-C ends it.

    [dim]Example:[/] workbench review converted · workbench review converted --export decisions.jsonl
    """
    require([data, *([contract] if contract else [])], what="pairs or an evaluation")
    items, checker = _items(data, contract)
    try:
        from workbench.review.store import Store
    except ImportError as missing:
        raise MissingExtraError.of(str(missing.name), extra="serve", purpose="reviewing") from missing
    held = Store(store or _beside(data))
    try:
        held.fill(items)
        for path, lines in ((export, _decided), (labels, _labelled)):
            if path is not None:
                _written(path, lines(held), force=force)
        if export is None and labels is None:
            _serve(held, checker, reviewer=reviewer, port=port, show=show)
    finally:
        held.close()


def _items(data: Path, contract: Path | None) -> tuple[list[Item], Checker]:
    from workbench.checks import load_contract
    from workbench.pipeline.stages import read_contracts
    from workbench.review.items import Checker, pair_items, run_items

    run = (data / "completions.jsonl").is_file() if data.is_dir() else False
    place = data if run else pairs_file(data)
    if contract is not None:
        rules = [load_contract(contract)]
    else:
        rules = [] if run or not (place.parent / "contract.yaml").is_file() else read_contracts(place.parent)
    checker = Checker(rules)
    return (run_items(place) if run else pair_items(place, checker)), checker


def _beside(data: Path) -> Path:
    whole = data.resolve()
    return whole.with_name(f"{whole.name}.review.sqlite")


def _decided(store: Store) -> list[bytes]:
    import msgspec

    return [msgspec.json.encode(one) for one in store.decisions()]


def _labelled(store: Store) -> list[bytes]:
    """Write verdicts as `eval --labels` reads them: an answer kept as it is passes, any other fails.

    Left out, with a word: held-out cases, of which one verdict doesn't say which rule, and answers on which
    people differ.
    """
    import msgspec

    from workbench.evaluation.cases import HELDOUT
    from workbench.review.items import Item

    said: dict[str, tuple[Item, set[str]]] = {}
    left = set()
    for one in store.decisions():
        item = store.item(one.id, Item)
        if item is None or not item.arm or item.hash != one.hash:
            continue
        if item.task == HELDOUT:
            left.add(one.id)
            continue
        said.setdefault(one.id, (item, set()))[1].add("pass" if one.action == "accept" else "fail")
    agreed = {name: (item, min(verdicts)) for name, (item, verdicts) in said.items() if len(verdicts) == 1}
    for count, why in (
        (len(left), "held-out cases, which need a verdict for each rule"),
        (len(said) - len(agreed), "answers on which people differ"),
    ):
        if count:
            typer.echo(f"left out: {count} {why}", err=True)
    return [
        msgspec.json.encode({"case_id": name, "arm": item.arm, "verdict": verdict, "text": item.answer})
        for name, (item, verdict) in agreed.items()
    ]


def _written(path: Path, lines: list[bytes], *, force: bool) -> None:
    from workbench.cli.produce import refuse_taken
    from workbench.io.rundir import write_text

    refuse_taken(path, force=force)
    write_text(path, b"".join(line + b"\n" for line in lines).decode())
    typer.echo(f"{len(lines)} decisions in {path}", err=True)


def _serve(store: Store, checker: Checker, *, reviewer: str, port: int, show: bool) -> None:
    from workbench.review.app import Session, application

    try:
        import uvicorn
    except ImportError as missing:
        raise MissingExtraError.of("uvicorn", extra="serve", purpose="reviewing") from missing
    session = Session(secrets.token_urlsafe(24))
    app = application(store, checker, session, reviewer=reviewer)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
            listening.listen()  # whoever opens the address at once waits, and is not refused
        except OSError as error:
            where = f"127.0.0.1:{port}"
            found = error.strerror or str(error)
            raise OutputError(
                Finding(where=where, found=found, expected="a free port", fix="Pass --port 0.")
            ) from error
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/?token={session.token}"
        typer.echo(f"review at {address}", err=True)
        if show:
            webbrowser.open(address)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])
