"""Changes good examples: each change is a value, so that a failing one can be shrunk and told."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

DELETE, INSERT, REPLACE, REPEAT, SPLICE, FLIP, WRAP = range(7)
_BYTES = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n", b"\x1f", b"\x1b[2J", b"-1", b"1e400", b"NaN",
    b"9" * 40, b"0.1", b"null", b"true", b'""', b"{}", b"[]", b'"\\ud800"', b"&a *a", b"!!python/object",
    b"${x}", b"{{x}}", b"../../etc", b"<b>", b"```", b"\\", b"'", b'"', b"#", b"- ", b": ", b",", b"(a+)+$",
    b"%2e%2e%2f", b"%00",
)  # fmt: skip
_TEXTS = ("不要", "\u202e", "\u2028", "é", "\U0001f600", "²", "١")
WORDS = (*_BYTES, *(text.encode() for text in _TEXTS))


@dataclass(frozen=True)
class Edit:
    """One change: ``at`` and ``size`` are shares of what there is, ``word`` an index, ``times`` how often."""

    kind: int
    at: float
    size: float
    word: int
    times: int


def changed(seed: bytes, edits: Sequence[Edit], *, words: Sequence[bytes], other: bytes, most: int) -> bytes:
    """Return ``seed`` after all ``edits``, at most ``most`` bytes; ``other`` is spliced in."""
    data = seed
    for edit in edits:
        data = _one(data, edit, words, other)[:most]
    return data


def _one(data: bytes, edit: Edit, words: Sequence[bytes], other: bytes) -> bytes:
    start = int(edit.at * len(data))
    stop = min(len(data), start + max(1, int(edit.size**3 * len(data))))
    before, piece, after = data[:start], data[start:stop], data[stop:]
    word = words[edit.word % len(words)]
    if edit.kind == DELETE:
        piece = b""
    elif edit.kind == INSERT:
        piece = word * edit.times + piece
    elif edit.kind == REPLACE:
        piece = word
    elif edit.kind == REPEAT:
        piece *= edit.times + 1
    elif edit.kind == SPLICE:
        cut = int(edit.at * len(other))
        piece += other[cut : cut + max(1, int(edit.size * len(other)))]
    elif edit.kind == FLIP:
        piece = bytes([piece[0] ^ 1 << edit.word % 8]) + piece[1:] if piece else word
    else:
        piece = word + piece + word
    return before + piece + after


def at_random(draw: random.Random) -> list[Edit]:
    """Draw one to eight changes; now and then one that repeats a piece thousands of times."""
    return [
        Edit(
            kind=draw.randrange(7),
            at=draw.random(),
            size=draw.random(),
            word=draw.randrange(1 << 16),
            times=draw.choice((1, 1, 1, 2, 3, 10, 100, 3000)),
        )
        for _ in range(draw.choice((1, 1, 2, 2, 3, 5, 8)))
    ]
