"""`workbench serve`: an OpenAI-compatible server on one base with its adapters."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from workbench.cli import adapternames, options
from workbench.cli.adapternames import Adapters, Scales
from workbench.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.rendering.opening import Precision
    from workbench.serve.service import Service

TOKEN_VARIABLE = "WORKBENCH_SERVE_TOKEN"  # noqa: S105  the variable's name

Registry = Annotated[
    Path | None,
    typer.Option(
        "--registry", help="Registry of adapters (else adapters.json); alone: all of this base are served."
    ),
]
Name = Annotated[
    str | None, typer.Option("--name", help="What callers call the base; default: its folder's name.")
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", help=f"File with the bearer token; or set {TOKEN_VARIABLE}."),
]
AllowHost = Annotated[
    list[str] | None, typer.Option("--allow-host", help="A further name that callers use in Host.")
]
AdapterRoot = Annotated[
    list[Path] | None,
    typer.Option("--adapter-root", help="Folder from which adapters may be loaded while running."),
]
Compact = Annotated[
    Path | None,
    typer.Option("--compact", help="Output of `convert`: long prompts sent to adapters are made compact."),
]
Rows = Annotated[int, typer.Option("--rows", min=1, help="Answers written together.")]
Waiting = Annotated[int, typer.Option("--waiting", min=0, help="Answers that may wait; then 429.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Most tokens an answer may have.")]
MaxBody = Annotated[int, typer.Option("--max-body", min=1024, help="Longest body in bytes; then 413.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for a call; then 504.")]
Dtype = Annotated[str, typer.Option("--dtype", help="auto, float32, bfloat16 or float16.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("serve")(serve)


def serve(
    base: options.Base,
    adapter: Adapters = None,
    registry: Registry = None,
    scale: Scales = None,
    name: Name = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    token_file: TokenFile = None,
    allow_host: AllowHost = None,
    adapter_root: AdapterRoot = None,
    compact: Compact = None,
    rows: Rows = 32,
    waiting: Waiting = 128,
    max_tokens: MaxTokens = 1024,
    max_body: MaxBody = 1 << 20,
    timeout: Timeout = 120.0,
    dtype: Dtype = "auto",
    quiet: options.Quiet = False,
) -> None:
    """Serve a base and its adapters; the caller's `model` says which of them answers.

    Answers for different adapters are written in one batch. Only this machine can call, unless there is a
    token. Prompts and answers are never logged. Ctrl-C or SIGTERM lets running calls finish.

    [dim]Example:[/] workbench serve --base samples/base --adapter support=run/adapter/adapter --port 8000
    workbench serve --base samples/base --registry adapters.json
    """
    from workbench.serve.app import make_app
    from workbench.serve.door import is_loopback
    from workbench.serve.engine import Room
    from workbench.serve.service import Limits

    token = _token(token_file)
    if token is None and not is_loopback(host):
        raise _no_token(host)
    screen = Screen(quiet=quiet)
    limits = Limits(
        new_tokens=max_tokens, body_bytes=max_body, seconds=timeout, default_tokens=min(256, max_tokens)
    )
    with _listening(host, port) as listening:
        service = _service(
            base, Given(adapter or [], registry, scale or []), name=name, dtype=dtype, compact=compact,
            limits=limits, room=Room(rows=rows, waiting=waiting), roots=tuple(adapter_root or ()),
        )  # fmt: skip
        hosts = [*(allow_host or []), *([] if host in {"0.0.0.0", "::"} else [host])]  # noqa: S104  compared
        _announce(screen, service, host, listening.getsockname()[1])
        drain = min(timeout, 30.0)
        _run(make_app(service, token=token, hosts=hosts, drain=drain), listening, drain=drain)


def _announce(screen: Screen, service: Service, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    screen.say(f"serving {service.name} at http://{shown}:{port}/v1")
    screen.say(f"models: {', '.join((service.name, *service.adapters))}; Ctrl-C ends it")


class Given(NamedTuple):
    """Which adapters, of which registry, how strong."""

    adapters: list[str]
    registry: Path | None
    scales: list[str]


def _service(
    base: str, given: Given, *, name: str | None, dtype: str, compact: Path | None, **more: Any
) -> Service:
    from workbench.adapters import DEFAULT_FILE, read_registry
    from workbench.backends.local import LocalBackend
    from workbench.serve.service import Service

    precision = _known_dtype(dtype)
    chosen = adapternames.named_adapters(given.adapters)
    if given.registry is not None:
        read_registry(given.registry)
    live = _live(compact) if compact is not None else None
    backend = LocalBackend.open(base, dtype=precision)
    if given.registry is not None and not chosen:
        chosen = dict(adapternames.registered(backend, given.registry))
    adapternames.load(backend, chosen, registry=given.registry or DEFAULT_FILE)
    adapternames.strengthen(backend, given.scales)
    return Service(backend, name=name or backend.base.name, live=live, **more)


def _run(app: Any, listening: socket.socket, *, drain: float) -> None:
    import signal

    import uvicorn

    from workbench.cli.patience import BoundedProtocol

    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=int(drain) + 1, timeout_keep_alive=15,
    )  # fmt: skip
    # uvicorn raises the signal again when it has ended: an orderly end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen before the base is loaded: a taken port is told at once, and early callers wait.

    Raises:
        OutputError: the port is taken, or the address isn't this machine's.
    """
    from workbench.errors import Finding, OutputError

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            raise OutputError(
                Finding(
                    where=f"--host {host} --port {port}",
                    found="a port that another program listens on" if taken else error.strerror or str(error),
                    expected="an address of this machine and a free port",
                    fix="Give another --port; 0 takes a free one."
                    if taken
                    else "Leave --host out for 127.0.0.1; below 1024 needs special rights.",
                )
            ) from error
        yield listening


def _token(file: Path | None) -> str | None:
    from workbench.errors import ConfigError, Finding

    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    token = file.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or " " in token or "\n" in token:
        raise ConfigError(
            Finding(
                where=f"--token-file {file}",
                found="no token" if not token else "more than one word, or letters outside ASCII",
                expected="one word, for example of `openssl rand -hex 32`",
                fix="Write the token alone into the file.",
            )
        )
    return token


def _no_token(host: str) -> Exception:
    from workbench.errors import ConfigError, Finding

    return ConfigError(
        Finding(
            where=f"--host {host}",
            found="an address that other machines reach, and no token",
            expected="a token, or a loopback address",
            fix=f"Give --token-file FILE or set {TOKEN_VARIABLE}; or leave --host out.",
        )
    )


def _known_dtype(dtype: str) -> Precision:
    from workbench.errors import ConfigError, Finding

    known: tuple[Precision, ...] = ("auto", "float32", "bfloat16", "float16")
    if dtype in known:
        return known[known.index(dtype)]
    raise ConfigError(
        Finding(
            where="--dtype",
            found=repr(dtype),
            expected="auto, float32, bfloat16 or float16",
            fix="Leave it out for auto.",
        )
    )


def _live(converted: Path) -> Any:
    from workbench.cli.produce import require
    from workbench.convert import LiveTemplates, read_templates

    require([converted], what="templates")
    form, templates = read_templates(converted)
    return LiveTemplates(templates.values(), form)
