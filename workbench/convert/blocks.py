"""Finds by their shape what callers put into a prompt anew each time: lists of tools, runs of passages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.convert.toollists import tool_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BlockKind = Literal["tools", "passages"]
_FEWEST = 2
_TAG = "document|passage|doc|source|chunk|excerpt|snippet|article|reference|result|search_result|item|context"
_OPENER = re.compile(rf"<({_TAG})\b[^<>\n]*>")
_BRACKETED = re.compile(r"^[ \t]*\[(\d{1,3})\][ \t:：]*(?=\S)", re.MULTILINE)
_NAMES = (
    "passage|document|doc|source|chunk|excerpt|snippet|result|article|reference"
    "|段落|文档|资料|片段|文献|来源|文章|材料|参考"
)
_NAMED = re.compile(
    rf"^[ \t]*[#*\[【(（<]{{0,4}}[ \t]*(?:{_NAMES})[ \t]*[#№]?[ \t]*(\d{{1,3}})[ \t]*[*]{{0,2}}"
    r"[:：\]】)）>][^\n]*",
    re.MULTILINE | re.IGNORECASE,
)
_ANY = re.compile(r"\]|<|\d[ \t]*[*]{0,2}[:：】)）>]")


class Block(NamedTuple):
    """A part of a text: where it stands, and how many ``items`` it lists."""

    start: int
    end: int
    kind: BlockKind
    items: int


def blocks(text: str) -> list[Block]:
    """Return the lists of tools and the runs of passages in ``text``, in order and apart from each other.

    Linear in the text.
    """
    found = [Block(start, end, "tools", count) for start, end, count in tool_lists(text)]
    found += passages(text)
    out: list[Block] = []
    for block in sorted(found, key=lambda one: (one.start, -one.end)):
        if not out or block.start >= out[-1].end:
            out.append(block)
    return out


def passages(text: str) -> list[Block]:
    """Return the runs of numbered or tagged passages.

    What stands behind the last line of the last passage of a run is left to the alignment.
    """
    if not _ANY.search(text):
        return []
    out = [Block(start, end, "passages", count) for start, end, count in _tagged(text)]
    runs = [run for pattern in (_BRACKETED, _NAMED) for run in _counting(pattern.finditer(text))]
    out += [Block(run[0].start(), _last_line(text, run[-1]), "passages", len(run)) for run in runs]
    return out


def varying(found: Iterable[Sequence[Block]]) -> bool:
    """Tell whether texts hold passages in different numbers: a number that never varies is the template's."""
    counts = {sum(b.items for b in own if b.kind == "passages") for own in found} - {0}
    return len(counts) > 1 and max(counts) >= _FEWEST


def _tagged(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield the runs of elements of one name with nothing but white space between them."""
    start, end, count, of = 0, 0, 0, ""
    opener = _OPENER.search(text) if "</" in text else None
    unclosed = set[str]()
    while opener:
        name = opener.group(1)
        stop = -1 if name in unclosed else text.find(f"</{name}>", opener.end())
        if stop < 0:
            unclosed.add(name)
            opener = _OPENER.search(text, opener.end())
            continue
        if count and (name != of or text[end : opener.start()].strip()):
            yield start, end, count
            count = 0
        start, of = (start if count else opener.start()), name
        end, count = stop + len(name) + 3, count + 1
        opener = _OPENER.search(text, end)
    if count:
        yield start, end, count


def _counting(found: Iterable[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield the runs whose numbers count up by one, from 0 or 1."""
    run: list[re.Match[str]] = []
    for match in found:
        number = int(match.group(1))
        if run and number == int(run[-1].group(1)) + 1:
            run.append(match)
            continue
        if run:
            yield run
        run = [match] if number in {0, 1} else []
    if run:
        yield run


def _last_line(text: str, marker: re.Match[str]) -> int:
    """Return the end of the passage's first line: the marker's own, or the one below a marker alone."""
    end = _line_end(text, marker.end())
    if text[marker.end() : end].strip() or not marker.group().rstrip().endswith(tuple(":：]】)）>*")):
        return end
    below = _line_end(text, min(end + 1, len(text)))
    return below if text[end:below].strip() else end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
