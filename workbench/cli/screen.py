"""Everything the command line prints: summaries on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from rich.console import ConsoleOptions, RenderableType
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.segment import Segment

    from workbench.errors import UserError

_LINE_EVERY_SECONDS = 15.0
# What a terminal obeys: the controls but tab and line end, DEL, the C1 controls, the marks that reorder text;
# and what it can't be given: halves of surrogate pairs, as names of files that aren't UTF-8 hold.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Screen:
    """One verb's view of the terminal; use as a context manager, call ``report`` as a ``ports.Progress``.

    On a terminal there are bars. Elsewhere a stage that takes long says so on a line of its own every 15
    seconds, and with ``lines`` each stage at its start too. ``quiet`` silences both; ``as_json`` leaves
    stdout to one JSON object.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False, lines: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self.out = _Console(highlight=False, emoji=False)
        self.err = _Console(stderr=True, highlight=False, emoji=False)
        self._lines = lines
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._spoken: dict[str, float] = {}
        self._told: set[str] = set()
        self._over: set[str] = set()

    def __enter__(self) -> Self:
        """Start the bars where there is a terminal."""
        if self.err.is_terminal and not self.quiet:
            self._bars = _bars(self.err)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def report(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Show how far ``stage`` is."""
        if self._bars is not None:
            self._bar(self._bars, stage, done, total, note)
        elif not self.err.is_terminal and not self.quiet:
            self._line(stage, done, total, note)

    def say(self, text: str) -> None:
        """Print a line for people (never on stdout with ``--json``)."""
        if not self.quiet:
            (self.err if self.as_json else self.out).print(text, soft_wrap=True)

    def show(self, summary: dict[str, Any], *renderables: RenderableType, then: str = "") -> None:
        """End a verb: the summary as JSON, or the renderables for people and ``then``, what to do next."""
        if self.as_json:
            sys.stdout.write(json_line(summary))
        elif not self.quiet:
            for renderable in renderables:
                self.out.print(renderable, soft_wrap=isinstance(renderable, str))
            if then:
                self.out.print(f"next: {then}", soft_wrap=True)

    def _bar(self, bars: Bars, stage: str, done: int, total: int | None, note: str) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = bars.add_task(escape(stage), total=total, note="")
        bars.update(self._tasks[stage], completed=done, total=total, note=escape(note))

    def _line(self, stage: str, done: int, total: int | None, note: str) -> None:
        if stage in self._over:
            return
        now = time.monotonic()
        since = self._spoken.setdefault(stage, -math.inf if self._lines else now)
        due = now - since >= _LINE_EVERY_SECONDS
        if total is not None and done >= total:
            self._over.add(stage)
            due = due or stage in self._told
        if not due:
            return
        self._spoken[stage] = now
        self._told.add(stage)
        amount = f"{done}/{total}" if total is not None else str(done)
        self.err.print(f"  {escape(stage)}: {amount} {escape(note)}".rstrip(), soft_wrap=True)


def print_user_error(error: UserError) -> None:
    """Print every finding of ``error`` on stderr, without a traceback."""
    console = _Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    for finding in error.findings:
        console.print(f"[bold red]error[/] [bold]{escape(plain(finding.where))}[/]")
        console.print(f"  found     {escape(plain(finding.found))}")
        console.print(f"  expected  {escape(plain(finding.expected))}")
        console.print(f"  to do     {escape(plain(finding.fix))}")


def plain(text: str) -> str:
    """Keep terminal control sequences in data from reaching the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def json_line(value: Any) -> str:
    """Write ``value`` as one line of JSON that no terminal obeys; dates and bytes of a table as text."""
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=not unicode, default=str)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


class _Console(Console):
    """Shows control characters that came with data as escapes, wherever in a page or table they stand."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, with every text made :func:`plain`."""
        for segment in super().render(renderable, options):
            yield segment if segment.control or not _OBEYED.search(segment.text) else _escaped(segment)


def _escaped(segment: Segment) -> Segment:
    return segment._replace(text=_OBEYED.sub(lambda found: plain(found[0]), segment.text))


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """Run ``action`` and return its result with the seconds it took."""
    start = time.perf_counter()
    return action(), time.perf_counter() - start


def _bars(console: Console) -> Bars:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description:<22}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=False,
    )
