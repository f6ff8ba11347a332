"""Learns patterns from texts made alike, and spells them as the texts themselves are written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.convert.canonical import Piece, canonical
from workbench.convert.learn import Learnt, learn_plain, named, stands_alone
from workbench.convert.pattern import Pattern
from workbench.records import Hole, Static

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.convert.blocks import BlockKind
    from workbench.convert.canonical import Canonical
    from workbench.convert.learn import Learning

_SPELLINGS = 12
_MOST = 0.9
_HALF = 2
_SAYS = {"tools": "lists of tools", "passages": "runs of passages"}


class Spelt(NamedTuple):
    """A raw text and what a pattern takes it apart into."""

    raw: str
    pieces: list[Piece]


def learn(counted: Counter[str], *, learning: Learning, role: str, under: int) -> Learnt:
    """Learn from ``counted`` texts.

    ``under`` counts the static words of the system prompt above them. Lists of tools and runs of passages
    that differ between texts are holes, however long; texts that differ in their line ends alone share their
    kin, and nothing else is changed by either.
    """
    seen = canonical([text for text in counted if text])
    if not seen:
        return learn_plain(counted, learning=learning, role=role, under=under)
    # A text that is nothing but a list shares nothing, unless there are hardly any such.
    if sum(one.bare for one in seen) >= learning.support:
        seen = [one for one in seen if not one.bare]
    alike: Counter[str] = Counter()
    for one in seen:
        alike[one.text] += counted[one.raw]
    rough = learn_plain(alike, learning=learning, role=role, under=under)
    slotted: list[Pattern] = []
    exact: dict[str, Pattern] = {}
    for pattern, group in _grouped(rough, seen):
        spelt = [Spelt(one.raw, one.pieces(pattern)) for one in group]
        for part in _by_constant_blocks(spelt, learning=learning):
            for found, texts in _spelled(part, role=role, enough=_enough(role, learning)):
                if found.has_holes:
                    slotted.append(found)
                elif role == "system":
                    exact |= {t: found for t in texts if stands_alone(t, counted) or found.kin is not found}
    learnt = Learnt([], {}).joined(Learnt(slotted, {}))
    exact = {text: found for text, found in exact.items() if learnt.read(text) is None}
    learnt = learnt.joined(Learnt([], exact))
    rest = Counter({one.raw: counted[one.raw] for one in seen if learnt.read(one.raw) is None})
    return learnt.joined(learn_plain(rest, learning=learning, role=role, under=under)) if rest else learnt


def _grouped(rough: Learnt, seen: Sequence[Canonical]) -> list[tuple[Pattern, list[Canonical]]]:
    """Sort texts by the pattern that they fit."""
    groups: dict[int, tuple[Pattern, list[Canonical]]] = {}
    for one in seen:
        read = rough.read(one.text)
        if read is not None:
            groups.setdefault(id(read[0]), (read[0], []))[1].append(one)
    return list(groups.values())


def _enough(role: str, learning: Learning) -> int:
    return 2 if role == "system" else learning.support


def _by_constant_blocks(spelt: list[Spelt], *, learning: Learning) -> Iterator[list[Spelt]]:
    """Split texts by the blocks that hardly vary, which then are static; blocks that vary become holes."""
    columns = list(_block_columns(spelt))
    constant = [i for i in columns if not _varies([one.pieces[i] for one in spelt], learning)]
    varied = set(columns) - set(constant)
    parts: dict[tuple[str, ...], list[Spelt]] = {}
    for one in spelt:
        pieces = [
            piece._replace(hole=i in varied) if i in columns else piece for i, piece in enumerate(one.pieces)
        ]
        parts.setdefault(tuple(_plain(pieces[i].raw) for i in constant), []).append(Spelt(one.raw, pieces))
    yield from parts.values()


def _block_columns(spelt: list[Spelt]) -> Iterator[int]:
    """Yield the places where nearly all texts that have anything have one block and nothing else."""
    for i in range(len(spelt[0].pieces)):
        column = [one.pieces[i] for one in spelt if one.pieces[i].raw.strip() or one.pieces[i].kind]
        if column and sum(piece.kind is not None for piece in column) >= _MOST * len(column):
            yield i


def _varies(column: Sequence[Piece], learning: Learning) -> bool:
    """Tell whether a block is put together anew by callers, and not by the versions of a prompt."""
    different = len({_plain(piece.raw) for piece in column})
    if different < learning.support:
        return False
    tools = any(piece.kind == "tools" for piece in column)
    return tools or different > _SPELLINGS or _HALF * different >= len(column)


def _spelled(part: list[Spelt], *, role: str, enough: int) -> Iterator[tuple[Pattern, list[str]]]:
    """Yield the pattern of texts that are one but for their line ends: one for each way of ending lines."""
    shapes: dict[tuple[str | None, ...], list[Spelt]] = {}
    for one in part:
        shapes.setdefault(tuple(_segments(one.pieces)), []).append(one)
    ranked = sorted(shapes.items(), key=lambda item: (-len(item[1]), str(item[0])))[:_SPELLINGS]
    if None in ranked[0][0] and len(part) < enough:
        return
    if all(segment is None for segment in ranked[0][0]):
        return
    raws = [one.raw for one in ranked[0][1]]
    main = _with_blocks(named(list(ranked[0][0]), raws, role=role), ranked[0][1])
    yield main, raws
    holes = [piece for piece in main.parts if isinstance(piece, Hole)]
    for segments, own in ranked[1:]:
        left = iter(holes)
        parts = tuple(next(left) if text is None else Static(text=text) for text in segments)
        other = Pattern(parts, main.evidence)
        other.kin = main
        yield other, [one.raw for one in own]


def _segments(pieces: list[Piece]) -> list[str | None]:
    """Put static text and constant blocks together; white space alone between holes belongs to them."""
    return [None if hole else text for hole, text, _ in _runs(pieces)]


def _runs(pieces: list[Piece]) -> list[tuple[bool, str, list[Piece]]]:
    runs: list[tuple[bool, str, list[Piece]]] = []
    for i, piece in enumerate(pieces):
        near = (pieces[j] for j in (i - 1, i + 1) if 0 <= j < len(pieces))
        blank = 0 < i < len(pieces) - 1 and not piece.raw.strip() and all(p.hole for p in near)
        hole = piece.hole or (blank and piece.kind is None)
        if not hole and not piece.raw:
            continue
        if runs and runs[-1][0] == hole:
            runs[-1] = (hole, runs[-1][1] + piece.raw, [*runs[-1][2], piece])
        else:
            runs.append((hole, piece.raw, [piece]))
    return runs


def _with_blocks(pattern: Pattern, part: list[Spelt]) -> Pattern:
    """Say of holes that hold blocks what they hold."""
    columns = [[run for run in _runs(one.pieces) if run[0]] for one in part]
    parts = list(pattern.parts)
    evidence = list(pattern.evidence)
    for k, at in enumerate([i for i, piece in enumerate(parts) if isinstance(piece, Hole)]):
        hole = parts[at]
        values = [own[k] for own in columns if k < len(own) and own[k][1].strip()]
        kinds = Counter(run[2][0].kind for run in values if len(run[2]) == 1)
        kind: BlockKind | None = next((x for x, n in kinds.items() if x and n >= _MOST * len(values)), None)
        if kind is None or not isinstance(hole, Hole) or hole.type not in {"other", "context"}:
            continue
        different = len({run[1] for run in values})
        why = f"{_SAYS[kind]} in {len(values)} of {len(part)} prompts, {different} different ones"
        fresh = "tools" if kind == "tools" and hole.name in {"other", "context"} else hole.name
        fresh = "context" if kind == "passages" and hole.name == "other" else fresh
        parts[at] = msgspec.structs.replace(hole, name=fresh, type="other" if kind == "tools" else "context")
        evidence[k] = why
    return Pattern(tuple(parts), tuple(evidence))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
