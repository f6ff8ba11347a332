"""`workbench review`: a local page on which people decide about rows."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import socket
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from workbench.cli import options
from workbench.cli import reviewoptions as given
from workbench.cli.curation import pairs_file
from workbench.cli.produce import Face, require, screen_for
from workbench.errors import ConfigError, Finding, InputError, MissingExtraError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.cli.screen import Screen
    from workbench.ports import Progress
    from workbench.records import Arm
    from workbench.review.app import Manner
    from workbench.review.items import Placed
    from workbench.review.store import Store
    from workbench.review.telling import Checker

# Seconds in which the page opens whatever the checks take; what isn't checked by then is checked meanwhile.
_PATIENCE = 0.5


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("review")(review)


def review(
    data: given.Data,
    contract: given.Contract = None,
    opinions: given.Opinions = None,
    arm: given.OfArm = "after",
    store: given.StoreAt = None,
    reviewer: given.Reviewer = os.environ.get("USER", "me"),
    order: given.InOrder = "telling",
    lang: given.Language = "auto",
    reveal: given.Reveal = False,
    port: given.Port = 0,
    show: given.Open = True,
    export: given.Export = None,
    labels: given.Labels = None,
    labelled: given.Labelled = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Accept, reject or edit rows on a local page; the rows that teach most come first.

    Decisions are kept as they are made. `curate --decisions FILE` applies what --export wrote; on an
    evaluation, --labels writes your verdicts for `eval --labels`, --labelled for the graders' cards. Others
    on this machine join with the same address and &name=NAME. Ctrl-C ends it.

    [dim]Example:[/] workbench review converted · workbench review converted --export decisions.jsonl
    """
    require([data, *(one for one in (contract, opinions) if one)], what="pairs or an evaluation")
    if labels or labelled or opinions or arm != "after":
        data = _evaluation_of(data)
    opened = _opened(data, contract, opinions, arm)
    held = _store(store or _beside(data, arm))
    written = {"decisions": export, "labels": labels, "labelled": labelled}
    with screen_for(Face(quiet=quiet, as_json=as_json), lines=True) as screen:
        try:
            opened.into(held, screen.report)
            if any(written.values()):
                _write(held, opened.checker, written, screen, data=data, force=force)
                return
            manner = _manner(reviewer=reviewer, order=order, lang=lang, reveal=reveal, then=_onward(data))
            _serve(held, opened.checker, manner, screen, data=data, port=port, show=show)
        finally:
            held.close()


def _evaluation_of(data: Path) -> Path:
    """Return the evaluation in the folder of a whole run, where verdicts on answers are meant."""
    inside = data / "eval"
    return inside if (inside / "completions.jsonl").is_file() else data


class _Source:
    """What is reviewed: read only where the database doesn't hold these very rows already."""

    def __init__(self, name: str, checker: Checker, read: Callable[[Progress], list[Placed]]) -> None:
        self.name, self.checker, self._read = name, checker, read

    def into(self, store: Store, progress: Progress) -> None:
        if not store.holds(self.name):
            store.fill(self._read(progress), source=self.name, progress=progress)


def _pairs_only(place: Path) -> Path:
    from workbench.io.gathered import is_pairs_file

    if place.is_file() and is_pairs_file(place):
        return place
    raise InputError(
        Finding(
            where=str(place),
            found="rows that are no pairs yet; it may be a raw log",
            expected="pairs, as `workbench convert` makes them of a log, or an evaluation",
            fix=f"Run: workbench convert {shlex.quote(str(place))} --out converted; then: "
            "workbench review converted",
        )
    )


def _opened(data: Path, contract: Path | None, opinions: Path | None, arm: Arm) -> _Source:
    import workbench
    from workbench.checks import load_contract
    from workbench.io.fingerprint import fingerprint
    from workbench.pipeline.stages import read_contracts
    from workbench.review.items import pair_items, run_items
    from workbench.review.telling import Checker
    from workbench.spec import spec_key

    run = (data / "completions.jsonl").is_file() if data.is_dir() else False
    place = data if run else _pairs_only(pairs_file(data))
    beside = _contracts_beside(place, run=run)
    said = opinions / "opinions.jsonl" if opinions and opinions.is_dir() else opinions
    rules = [load_contract(contract)] if contract else read_contracts(beside) if beside else []
    parts = [place / name for name in ("completions.jsonl", "grades.parquet")] if run else [place]
    parts += [place.with_name("examples.parquet")] if not run else [said] if said else []
    own = [arm] if arm != "after" else []
    name = spec_key(
        [workbench.__version__, [fingerprint(one) for one in parts if one.is_file()], rules, *own]
    )
    if run:
        return _Source(name, Checker(rules), lambda _: run_items(place, opinions=said, arm=arm))
    if opinions is not None or own:
        raise ConfigError(
            Finding(
                where="--opinions" if opinions is not None else "--arm",
                found="pairs, which no arm answered and no grader graded",
                expected="the output directory of `eval` as DATA",
                fix="Leave it out, or review an evaluation.",
            )
        )
    return _Source(name, Checker(rules), lambda progress: pair_items(place, progress=progress))


def _contracts_beside(place: Path, *, run: bool) -> Path | None:
    """Return the folder with the contract of pairs, or of the conversion in the same run as an evaluation."""
    folder = place.parent / "convert" if run else place.parent
    there = (folder / "contract.yaml").is_file() or (folder / "contracts").is_dir()
    return folder if there else None


def _store(path: Path) -> Store:
    try:
        from workbench.review.store import Store
    except ImportError as missing:
        raise MissingExtraError.of(str(missing.name), extra="serve", purpose="reviewing") from missing
    return Store(path)


def _beside(data: Path, arm: Arm) -> Path:
    whole = data.resolve()
    own = "" if arm == "after" else f".{arm}"
    return whole.with_name(f"{whole.name}{own}.review.sqlite")


def _write(
    store: Store,
    checker: Checker,
    files: dict[str, Path | None],
    screen: Screen,
    *,
    data: Path,
    force: bool,
) -> None:
    """Write what was asked for, and say how much, what was left out, and how far people agree."""
    from workbench.cli.produce import refuse_taken
    from workbench.review.labels import eval_labels, labelled_rows

    for path in files.values():
        if path is not None:
            refuse_taken(path, force=force, inputs=[data])
    summary: dict[str, Any] = {"agreement": _agreement(store)}
    if (path := files["decisions"]) is not None:
        summary["decisions"] = _lines(path, store.decisions(), data)
    for name in ("labels", "labelled"):
        if (path := files[name]) is not None:
            found = eval_labels(store) if name == "labels" else labelled_rows(store, checker.contracts)
            summary[name] = _lines(path, found.lines, data, left_out=found.left_out)
            summary[f"{name}_left_out"] = {why: n for why, n in found.left_out.items() if n}
            summary[f"{name}_picked"] = found.picked
    screen.show(summary, _page(summary), then=_then(files, data))


def _lines(path: Path, values: list[Any], data: Path, *, left_out: Mapping[str, int] | None = None) -> int:
    """Write one JSON object a line, and return how many.

    Raises:
        InputError: there are none.
    """
    import msgspec

    from workbench.io.rundir import write_text

    if not values:
        why = "; ".join(f"{n} {reason}" for reason, n in (left_out or {}).items() if n)
        raise InputError(
            Finding(
                where=str(data),
                found=f"nothing for {path}" + (f" (left out: {why})" if why else ": no decision yet"),
                expected="decisions made on the page",
                fix=f"Decide some rows first: {shlex.join(['workbench', 'review', str(data)])}",
            )
        )
    write_text(path, b"".join(msgspec.json.encode(one) + b"\n" for one in values).decode())
    return len(values)


def _agreement(store: Store) -> list[dict[str, Any]]:
    from workbench.review.agreement import agreements

    return [one._asdict() for one in agreements(store.decisions())]


def _page(summary: dict[str, Any]) -> str:
    from rich.markup import escape

    lines = [f"{summary[name]} {name}" for name in ("decisions", "labels", "labelled") if name in summary]
    for name in ("labels", "labelled"):
        lines += [f"left out: {n} {why}" for why, n in summary.get(f"{name}_left_out", {}).items()]
        if summary.get(f"{name}_picked"):
            lines.append(
                f"[yellow]{summary[f'{name}_picked']} of the {name} are of answers that came up because they "
                "tell much[/]: shares corrected by them lean. Label with --order random for that."
            )
    for one in summary["agreement"]:
        kappa = "one of them always said the same" if one["kappa"] is None else f"κ {one['kappa']:.2f}"
        if one["kappa"] is not None:
            kappa += f" ({one['low']:.2f} to {one['high']:.2f})"
        about = f" on {one['about']}" if one["about"] else ""
        who = f"{one['first']} and {one['second']}"
        lines.append(escape(f"{who}{about}: {one['alike']:.0%} of {one['rows']} alike, {kappa}"))
    return "\n".join(lines)


def _then(files: dict[str, Path | None], data: Path) -> str:
    """Return what takes up the first of the files that were written."""
    from rich.markup import escape

    kind, file = next((kind, file) for kind, file in files.items() if file is not None)
    return f"[bold]{escape(_takes_up(kind, file, data))}[/]"


def _takes_up(kind: str, file: Path, data: Path) -> str:
    """Return the command that takes up a file of decisions, safe to copy into a shell."""
    if kind == "decisions":
        command = ["curate", str(data), "--decisions", str(file), "--out", "curated"]
    elif kind == "labels":
        beside = data.parent / "convert"
        templates = str(beside) if (beside / "templates.json").is_file() else "DIR"
        command = ["eval", "--replay", str(data), "--templates", templates, "--labels", str(file)]
        command += ["--out", "again"]
    else:
        command = ["graders", "measure", "--data", str(file), "--out", "figures.json"]
    return shlex.join(["workbench", *command])


def _onward(data: Path) -> tuple[str, str]:
    """Return the commands that follow a review: one writes its decisions, one takes them up."""
    run = (data / "completions.jsonl").is_file()
    kind, file, option = (
        ("labels", "labels.jsonl", "--labels") if run else ("decisions", "decisions.jsonl", "--export")
    )
    return shlex.join(["workbench", "review", str(data), option, file]), _takes_up(kind, Path(file), data)


def _manner(*, reviewer: str, order: Any, lang: str, reveal: bool, then: tuple[str, ...]) -> Manner:
    try:
        from workbench.review.app import Manner
    except ImportError as missing:
        raise MissingExtraError.of(str(missing.name), extra="serve", purpose="reviewing") from missing
    chosen: Any = None if lang == "auto" else lang
    return Manner(reviewer=reviewer, order=order, lang=chosen, reveal=reveal, then=then)


def _ended(store: Store, reviewer: str, data: Path) -> str:
    from rich.markup import escape

    held = store.progress(reviewer)
    told = f"{held['done']} of {held['rows']} rows decided, {held['mine']} of them by {reviewer}"
    return escape(told) + f"\nnext: [bold]{escape(_onward(data)[0])}[/]"


def _serve(
    store: Store, checker: Checker, manner: Manner, screen: Screen, *, data: Path, port: int, show: bool
) -> None:
    from workbench.review.app import Session, application

    try:
        import uvicorn

        from workbench.cli.patience import BoundedProtocol
    except ImportError as missing:
        raise MissingExtraError.of("uvicorn", extra="serve", purpose="reviewing") from missing
    session = Session(secrets.token_urlsafe(24))
    app = application(store, checker, session, manner)
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
        page = f"http://127.0.0.1:{listening.getsockname()[1]}/?token="
        address = page + session.token
        with _Checking(store, checker):
            rows = store.progress(manner.reviewer)
            screen.show({"address": address, **rows})
            typer.echo(f"review at {address}", err=True)
            if show:
                webbrowser.open(page + session.ticket())
            config = uvicorn.Config(
                app, http=BoundedProtocol, ws="none", log_level="warning", access_log=False,
                server_header=False,
            )  # fmt: skip
            # uvicorn raises the signal again when it has ended: Ctrl-C is how a review ends in order.
            signal.signal(signal.SIGINT, lambda *_: None)
            uvicorn.Server(config).run(sockets=[listening])
        screen.say(_ended(store, manner.reviewer, data))


class _Checking:
    """Checks rows for a moment, then goes on beside the page until it ends."""

    def __init__(self, store: Store, checker: Checker) -> None:
        self._store, self._checker = store, checker
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        self._thread.join(_PATIENCE)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        from workbench.review.telling import measure

        self._store.check(lambda one: measure(one, self._checker), until=self._stop.is_set)
