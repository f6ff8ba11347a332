"""Shows a prompt with its parts in colour, and what each part costs on every call."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import RenderableType

    from workbench.contracts import Span

_COLOURS = {
    "role": "bright_blue",
    "procedure": "white",
    "format": "cyan",
    "grounding": "green",
    "safety": "red",
    "neutrality": "magenta",
    "style": "yellow",
    "length": "bright_yellow",
    "language": "bright_magenta",
    "fact": "bright_green",
    "example": "bright_black",
    "context": "blue",
    "input": "bright_cyan",
}


def bill(text: str, spans: Iterable[Span], count: Callable[[str], int], *, estimated: bool) -> dict[str, Any]:
    """Count the tokens of every span and kind, and their share of the prompt's.

    Returns:
        ``tokens`` in all, ``estimated`` (no base was named), ``spans`` with ``start, end, kind, tokens,
        share`` and ``kinds``: ``{kind: {spans, tokens, share}}``, the dearest first.
    """
    counted = [(span, count(text[span.start : span.end])) for span in spans]
    total = sum(tokens for _, tokens in counted)
    by_kind, spans_of = Counter[str](), Counter[str]()
    for span, tokens in counted:
        by_kind[span.kind] += tokens
        spans_of[span.kind] += 1
    return {
        "tokens": total,
        "estimated": estimated,
        "spans": [
            {"start": s.start, "end": s.end, "kind": s.kind, "tokens": n, "share": _share(n, total)}
            for s, n in counted
        ],
        "kinds": {
            kind: {"spans": spans_of[kind], "tokens": tokens, "share": _share(tokens, total)}
            for kind, tokens in by_kind.most_common()
        },
    }


def page(text: str, summary: dict[str, Any]) -> Iterator[RenderableType]:
    """Draw the prompt span by span, then the bill."""
    from rich.table import Table
    from rich.text import Text

    for span in summary["spans"]:
        colour = _COLOURS[span["kind"]]
        head = f"── {span['kind']} · {span['tokens']} tokens · {span['share']:.1%}"
        yield Text(head, style=f"bold {colour}")
        yield Text(_plain(text[span["start"] : span["end"]]), style=colour)
    note = " (estimated: name a --base to count)" if summary["estimated"] else ""
    table = Table(title=f"{summary['tokens']} tokens on every call{note}", box=None, pad_edge=False)
    for column in ("kind", "spans", "tokens", "share"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind, row in summary["kinds"].items():
        table.add_row(
            Text(kind, style=_COLOURS[kind]), str(row["spans"]), str(row["tokens"]), f"{row['share']:.1%}"
        )
    yield table


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _plain(text: str) -> str:
    """Keep terminal control sequences in a prompt from reaching the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
