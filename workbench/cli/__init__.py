"""The command line: one module a verb; the only place that prints, exits, or catches everything."""

from __future__ import annotations

import atexit
import os
import re
import signal
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

import typer.exceptions

import workbench
from workbench import errors

if TYPE_CHECKING:
    from typing import TextIO

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


_SOON = 0.05
_SPACE = "Check the path and the space left; the same command goes on."


def main() -> None:
    """Run the command line and exit with the designed codes (0, 1, 2, 3, 70, 130)."""
    from workbench.cli.streams import prepare

    prepare()
    sys.unraisablehook = _unraisable
    code = execute(sys.argv[1:])
    _let_go()
    if code == errors.EXIT_INTERRUPTED:
        # CPython remembers an interrupt that passed through exec() of a string, as importing does, and
        # would die of SIGINT whatever code it is given: so leave without asking it.
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _let_go() -> None:
    """Have nothing left to print: where it can't be, Python would end with an exit code of its own (120)."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _to_nowhere(stream)


def _print_out() -> None:
    """Print what is left for standard output, as long as somebody reads it.

    Raises:
        OSError: the disk that it goes to refuses.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout)


def _to_nowhere(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    """Let an interrupt come again that arrived where none can be raised: a callback of the collector, say."""
    if not issubclass(told.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(told)
        return
    main_thread = threading.main_thread().ident
    again = threading.Timer(_SOON, signal.pthread_kill, (main_thread, signal.SIGINT))
    again.daemon = True
    again.start()


def execute(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    from workbench.cli.invoked import carrying_out
    from workbench.cli.room import refuse_without_room
    from workbench.cli.verbs import app

    try:
        _refuse_undecodable(arguments)
        refuse_without_room()
        with carrying_out(arguments):
            code = app(args=arguments, prog_name="workbench", standalone_mode=False)
        _print_out()
    except (KeyboardInterrupt, typer.exceptions.Abort):
        code = errors.EXIT_INTERRUPTED
    except SystemExit:  # typer's answer to a reader that closed the pipe: not a failure of ours
        code = errors.EXIT_OK
    except BaseException as error:  # noqa: BLE001  the last door, for panics of Rust code too
        if not _is_interrupt(error):
            return _failed(error, debug="--debug" in arguments or bool(os.environ.get("WORKBENCH_DEBUG")))
        code = errors.EXIT_INTERRUPTED
    if code == errors.EXIT_INTERRUPTED:
        sys.stderr.write("\ninterrupted: nothing half-written counts; run the same command again to go on\n")
    return code if isinstance(code, int) else errors.EXIT_OK


def _refuse_undecodable(arguments: list[str]) -> None:
    """Refuse names that aren't UTF-8, which neither Parquet nor JSON can hold.

    Raises:
        ConfigError: with each of them, its odd bytes as escapes.
    """
    from workbench.text import is_utf8

    odd = [one for one in arguments if not is_utf8(one)]
    if odd:
        raise errors.ConfigError(
            errors.Finding(
                where=one,
                found="an argument that isn't UTF-8",
                expected="names in UTF-8",
                fix="Rename the file, for example with convmv.",
            )
            for one in odd
        )


def _is_interrupt(error: BaseException | None) -> bool:
    """Tell whether an error comes of an interrupt that reached polars: its Rust code panics of it."""
    while error is not None:
        if type(error).__name__ == "PanicException" and "KeyboardInterrupt" in str(error):
            return True
        error = error.__cause__
    return False


def _failed(error: BaseException, *, debug: bool) -> int:
    """Print an error as its kind deserves, and return the exit code."""
    with suppress(BrokenPipeError, SystemExit):  # whoever reads it has seen enough
        _tell(error, debug=debug)
    if isinstance(error, (errors.UserError, errors.UndecidedError)):
        return error.exit_code
    if isinstance(error, typer.exceptions.TyperException) or _of_the_machine(error):
        return errors.EXIT_USER
    return errors.EXIT_BUG


def _tell(error: BaseException, *, debug: bool) -> None:
    from workbench.cli.screen import plain, print_user_error

    said = _of_the_machine(error)
    if isinstance(error, typer.exceptions.TyperException):
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]  # typer's own exceptions; stub names the click ones
    elif isinstance(error, errors.UserError):
        print_user_error(error)
    elif isinstance(error, errors.UndecidedError):
        sys.stderr.write(f"undecided: {plain(str(error))}\n")
    elif said:
        sys.stderr.write(f"error {plain(said[0])}\n  to do     {said[1]}\n")
    else:
        if debug:
            traceback.print_exception(error)
        what = f"{type(error).__name__}: {plain(str(error))}"
        sys.stderr.write(
            f"this is a bug in workbench {workbench.__version__}: {what}\n"
            "Run again with --debug for the trace, and report it with that.\n"
        )


def _of_the_machine(error: BaseException) -> tuple[str, str] | None:
    """Say what the disk or the memory refused, and what to do; ``None`` for any other error."""
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", _SPACE
    if errors.is_of_memory(error):
        return "out of memory", "Give it more, fewer --workers, or the input in parts."
    # Libraries written in Rust (polars, safetensors) wrap what the disk said in errors of their own.
    found = re.search(r"([^:]+) \(os error \d+\)", str(error))
    if found:
        return found[1].strip(), _SPACE
    if type(error).__module__ == "polars.exceptions" and "transport error" in str(error):
        return "the disk refused while a table was written", _SPACE
    return None
