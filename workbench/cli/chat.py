"""`workbench chat`: a conversation in the terminal, with adapters switched by a word."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import adapternames
from workbench.cli.adapternames import Adapters, Scales
from workbench.cli.screen import Screen, plain, print_user_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.serve.chat import Conversation, Manner, Side

HELP = """\
/adapter NAME   let another adapter answer from now on (base: the base itself)
/adapters       list them
/strength N     how strong the adapter is: 0 is the base, 1 as trained
/compare [TEXT] base with long prompt, base, and adapter side by side
/system [TEXT]  set the system message; without TEXT show it, with - take it away
/reset          forget the conversation
/help           this list
/quit           end (Ctrl-D too)"""
_NARROW = 100


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("chat")(chat)


def chat(
    base: Annotated[
        str,
        typer.Argument(
            help="Folder or hub id of a base, or a run of `workbench run`.", metavar="BASE_OR_RUN"
        ),
    ],
    adapter: Adapters = None,
    registry: Annotated[
        Path, typer.Option("--registry", help="Registry whose adapters of this base /adapter can take.")
    ] = Path("adapters.json"),
    scale: Scales = None,
    long_prompt: Annotated[
        Path | None,
        typer.Option("--long-prompt", help="File with the long prompt that /compare gives the base."),
    ] = None,
    system: Annotated[str, typer.Option("--system", help="System message to begin with.")] = "",
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1, help="Longest answer.")] = 256,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0, max=2, help="0 always takes the likeliest token.")
    ] = 0.0,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Seed of drawn answers; default: another each time.")
    ] = None,
) -> None:
    """Talk with a base and its adapters: `/adapter NAME` switches at once, `/compare` shows all.

    The first adapter answers to begin with; of a run it is the one the run trained, with its long prompt for
    /compare; else the registry's default. /adapter takes any that the registry has for this base. Lines can
    be piped in: one question or command each; exit code 2 where a command was wrong.

    [dim]Example:[/] workbench chat samples/base --adapter support=run/adapter/adapter
    """
    from workbench.serve.chat import Manner

    manner = Manner(max_new_tokens=max_new_tokens, temperature=temperature, seed=seed)
    told = long_prompt.read_text(encoding="utf-8").strip() if long_prompt else ""
    talk = _begun(base, adapter or [], told, registry=registry, manner=manner, system=system)
    try:
        adapternames.strengthen(talk.backend, scale or [])
        wrong = Terminal(talk).run()
    finally:
        talk.close()
    if wrong:
        raise typer.Exit(2)


def _begun(
    base: str, given: list[str], told: str, *, registry: Path, manner: Manner, system: str
) -> Conversation:
    """Open what is talked with; the first adapter answers."""
    from workbench.adapters import read_registry
    from workbench.backends.local import LocalBackend
    from workbench.serve.chat import Conversation
    from workbench.serve.engine import Engine

    chosen = adapternames.named_adapters(given)
    run = Path(base)
    if (run / "run.json").is_file():
        base, trained, of_run = _of_run(run)
        chosen = {**trained, **chosen}
        told = told or of_run
    default = read_registry(registry, needed=False).default
    backend = LocalBackend.open(base)
    adapternames.load(backend, chosen, registry=registry)
    others = adapternames.registered(backend, registry)
    talk = Conversation(Engine(backend), manner=manner, system=system, long_prompt=told, others=others)
    first = next(iter(chosen), default if default in others else None)
    if first is not None:
        talk.switch(first)
    return talk


class Terminal:
    """Reads lines, answers them, and carries out commands."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._screen = Screen()
        self._person = sys.stdin.isatty()
        self._wrong = False
        self._commands: dict[str, Callable[[str], None]] = {
            "/adapter": self._adapter,
            "/adapters": self._adapters,
            "/strength": self._strength,
            "/compare": self._compare,
            "/system": self._system,
            "/reset": self._reset,
            "/help": self._help,
        }

    def run(self) -> bool:
        """Go on to the end of the input; tell whether a line piped in was wrong."""
        from workbench.errors import UserError

        if self._person:
            self._screen.say("/help lists the commands; Ctrl-C stops an answer, Ctrl-D ends.")
        for line in self._lines():
            try:
                if not self._line(line):
                    break
            except UserError as error:
                sys.stdout.flush()
                print_user_error(error)
                self._wrong = True
            except KeyboardInterrupt:
                if not self._person:
                    raise
                self._screen.say("\n(stopped; this turn is forgotten)")
        return self._wrong and not self._person

    def _line(self, line: str) -> bool:
        text = line.strip()
        if not text:
            return True
        name, _, rest = text.partition(" ")
        if name in {"/quit", "/exit"}:
            return False
        if name in self._commands:
            self._commands[name](rest.strip())
        elif name.startswith("/"):
            raise _unknown(name)
        else:
            self._answer(text)
        return True

    def _answer(self, text: str) -> None:
        for piece in self._talk.say(text):
            sys.stdout.write(plain(piece))
            sys.stdout.flush()
        sys.stdout.write("\n")
        sys.stdout.flush()

    def _lines(self) -> Iterator[str]:
        if not self._person:
            yield from sys.stdin
            return
        import contextlib

        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  gives input() its line editing
        while True:
            try:
                yield input(f"{self._talk.adapter or 'base'}> ")
            except (EOFError, KeyboardInterrupt):
                self._screen.say("")
                return

    def _adapter(self, name: str) -> None:
        self._talk.switch(name)
        self._screen.say(f"now answering: {name}")

    def _adapters(self, _: str) -> None:
        for name in ("base", *self._talk.adapters):
            self._screen.say(f"{'*' if name == (self._talk.adapter or 'base') else ' '} {name}")

    def _strength(self, text: str) -> None:
        factor = adapternames.read_factor(text, where="/strength")
        self._talk.strengthen(factor)
        self._screen.say(f"{self._talk.adapter}: strength {factor:g}")

    def _system(self, text: str) -> None:
        if text:
            self._talk.system = "" if text == "-" else text
        from rich.markup import escape

        self._screen.say(f"system: {escape(plain(self._talk.system)) or '(none)'}")

    def _help(self, _: str) -> None:
        self._screen.say(HELP)

    def _reset(self, _: str) -> None:
        self._talk.reset()
        self._screen.say("the conversation begins anew")

    def _compare(self, text: str) -> None:
        sides = self._talk.compare(text)
        if not self._talk.long_prompt:
            self._screen.say("(no long prompt: give --long-prompt FILE to see the base under it)")
        self._show(sides)

    def _show(self, sides: list[Side]) -> None:
        from rich.columns import Columns
        from rich.panel import Panel
        from rich.text import Text

        out = self._screen.out
        if out.width < _NARROW or not out.is_terminal:
            for side in sides:
                out.print(Text(f"--- {plain(side.title)} ({side.prompt_tokens} prompt tokens)", style="bold"))
                out.print(Text(plain(side.text)), soft_wrap=True)
            return
        width = out.width // len(sides) - 1
        out.print(
            Columns([
                Panel(
                    Text(plain(side.text)), title=Text(plain(side.title)), width=width,
                    subtitle=f"{side.prompt_tokens} prompt tokens",
                )
                for side in sides
            ])
        )  # fmt: skip


def _of_run(run: Path) -> tuple[str, dict[str, Path], str]:
    """Return a run's base, its adapter, and its long prompt where no call changes anything in it."""
    import json

    from workbench.convert import read_templates
    from workbench.errors import Finding, InputError
    from workbench.records import Hole

    try:
        base = str(json.loads((run / "run.json").read_text(encoding="utf-8"))["recipe"]["base"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            Finding(
                where=str(run / "run.json"),
                found=f"no recipe ({error})",
                expected="a run of `workbench run`",
                fix="Give the base and --adapter NAME=DIR instead.",
            )
        ) from None
    folder = run / "adapter" / "adapter"
    adapters = {"adapter": folder} if folder.is_dir() else {}
    if not (run / "convert" / "templates.json").is_file():
        return base, adapters, ""
    _, templates = read_templates(run / "convert")
    fixed = [
        template
        for template in templates.values()
        if not any(isinstance(p, Hole) for m in template.messages if m.role == "system" for p in m.parts)
    ]
    most = max(fixed, key=lambda template: (template.count, template.id), default=None)
    return base, adapters, most.system if most else ""


def _unknown(name: str) -> Exception:
    from workbench.errors import ConfigError, Finding

    return ConfigError(
        Finding(
            where="chat",
            found=repr(name),
            expected="/adapter, /adapters, /compare, /system, /reset, /help or /quit",
            fix="/help says what each does.",
        )
    )
