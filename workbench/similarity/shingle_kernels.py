"""The compiled loops that cut texts into shingles; imported only when there are texts to compare."""

# ruff: noqa: PLR0913, PLR0917 - compiled loops take plain arrays, and each of them by place

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.similarity.intrinsics import eight_bytes, leading_zeros
from workbench.similarity.kernels import PRIME, S32, STEP, compiled, mix

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEPARATOR, LETTER, UNSPACED, DIGIT, UNFOLDED = 0, 1, 2, 4, 8
_ONE_BYTE, _TWO_BYTES, _THREE_BYTES = 0x80, 0xE0, 0xF0
_PLANE_2, _PLANE_4 = 0x20000, 0x40000
_BASIS, _NONE = np.uint64(0xCBF29CE484222325), np.uint64(0)
_S8, _BYTE, _NINE = np.uint64(8), np.uint64(_ONE_BYTE), np.uint64(0x39)
_WIDE = np.uint64(1 << 63)  # no eight bytes of ASCII have it
_FULL, _EIGHT = 7, 8
# Eight bytes at once: their highest bits, those that tell small letters from capitals, and what carries a
# letter or a digit, and not its like beyond z or 9, into the highest bit of its byte.
_EVERY = np.uint64(0x0101010101010101)
_HIGH, _SMALL = _EVERY * np.uint64(0x80), _EVERY * np.uint64(0x20)
_FROM_A, _PAST_Z = _EVERY * np.uint64(0x80 - 0x61), _EVERY * np.uint64(0x7F - 0x7A)
_FROM_0, _PAST_9 = _EVERY * np.uint64(0x80 - 0x30), _EVERY * np.uint64(0x7F - 0x39)
_FEW = 16


@compiled
def code_point(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Decode the UTF-8 character at byte ``at``; return its code point and its width in bytes."""
    lead = int(data[at])
    if lead < _ONE_BYTE:
        return lead, 1
    if lead < _TWO_BYTES:
        return ((lead & 0x1F) << 6) | (int(data[at + 1]) & 0x3F), 2
    if lead < _THREE_BYTES:
        second, third = int(data[at + 1]) & 0x3F, int(data[at + 2]) & 0x3F
        return ((lead & 0x0F) << 12) | (second << 6) | third, 3
    second, third = int(data[at + 1]) & 0x3F, int(data[at + 2]) & 0x3F
    return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (int(data[at + 3]) & 0x3F), 4


@compiled
def kind_of(code: int, table: NDArray[np.uint8]) -> int:
    """Tell what a code point is: ``table`` knows those below the second plane, which is of Chinese."""
    if code < table.size:
        return int(table[code])
    return UNSPACED if _PLANE_2 <= code < _PLANE_4 else SEPARATOR


@compiled
def leading_word(eight: np.uint64, most: int, low: np.uint64) -> tuple[int, np.uint64, bool]:
    """Take the letters and digits of ASCII that eight bytes begin with, ``most`` at most.

    ``low`` is the small letter or digit of the first byte, which is taken alone where a byte isn't of ASCII.

    Returns:
        How many bytes, their small letters and digits end to end, and whether a digit is among them.
    """
    if eight & _HIGH != _NONE:
        return 1, low, bool(low <= _NINE)
    small = eight | _SMALL
    digits = (eight + _FROM_0) & ~(eight + _PAST_9) & _HIGH
    letters = (small + _FROM_A) & ~(small + _PAST_Z) & _HIGH
    run = min(leading_zeros((digits | letters) ^ _HIGH) >> 3, most)
    rest = np.uint64(64 - 8 * run)
    return run, small >> rest, bool((digits >> rest) != _NONE)


@compiled
def tokenize(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    table: NDArray[np.uint8],
    small: NDArray[np.uint8],
    tokens: NDArray[np.uint64],
) -> tuple[int, int, np.uint64]:
    """Hash the words of bytes ``[start, end)`` into ``tokens``.

    ``small`` gives for a byte of ASCII its small letter or digit, 0 where it parts words; what isn't ASCII
    has 255. Eight such bytes are hashed at a time, and read at a time where they are of ASCII.

    Returns:
        How many tokens, how many of them characters of an unspaced script, and the hash of the sequence of
        tokens that hold a digit (0 where none does).
    """
    count, unspaced, numbers = 0, 0, _NONE
    word, pack, held, digit = _BASIS, _NONE, 0, False
    at = start
    while at <= end:
        low = np.uint64(small[data[at]]) if at < end else _NONE  # the end parts words too
        if _NONE < low < _BYTE:
            run, part, figure = 1, low, bool(low <= _NINE)
            if held & _FULL == 0 and at + _EIGHT <= data.size:
                run, part, figure = leading_word(eight_bytes(data, at), end - at, low)
            pack = (pack << _S8) | part
            digit = digit or figure
            held += run
            at += run
            if held & _FULL == 0:
                word, pack = (word ^ pack) * PRIME, _NONE
            continue
        code, width = code_point(data, at) if low else (0, 1)
        kind = kind_of(code, table)
        at += width
        if kind & LETTER:
            word = (word ^ pack) * PRIME if held & _FULL else word
            word, pack, held = (word ^ (_WIDE | np.uint64(code))) * PRIME, _NONE, _FULL + 1
            digit = digit or kind & DIGIT != 0
            continue
        if held:
            tokens[count] = mix((word ^ pack) * PRIME if held & _FULL else word)
            numbers = mix(numbers * PRIME + tokens[count]) if digit else numbers
            count, word, pack, held, digit = count + 1, _BASIS, _NONE, 0, False
        if kind & UNSPACED:
            tokens[count] = mix((_BASIS ^ (_WIDE | np.uint64(code))) * PRIME)
            count, unspaced = count + 1, unspaced + 1
    return count, unspaced, numbers


@compiled
def hash_run(tokens: NDArray[np.uint64], start: int, end: int, salt: np.uint64) -> np.uint64:
    """Hash ``tokens[start:end]`` as one shingle."""
    value = salt
    for k in range(start, end):
        value = value * PRIME + tokens[k]
    return mix(value)


@compiled
def hash_runs(
    tokens: NDArray[np.uint64], count: int, size: int, salt: np.uint64, out: NDArray[np.uint64]
) -> int:
    """Write the hash of each run of ``size`` tokens to ``out``; return how many there are."""
    for k in range(count - size + 1):
        out[k] = hash_run(tokens, k, k + size, salt)
    return count - size + 1


@compiled
def hash_bytes(data: NDArray[np.uint8], start: int, end: int, salt: np.uint64) -> np.uint64:
    """Hash a text without any word (emoji, punctuation) as one shingle."""
    value = _BASIS ^ salt
    for k in range(start, end):
        value = (value ^ np.uint64(data[k])) * PRIME
    return mix(value)


@compiled
def unfolded(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.uint8],
    wanted: NDArray[np.bool_],
    out: NDArray[np.bool_],
) -> int:
    """Tell which ``wanted`` texts hold a character that folding might change (``UNFOLDED``); count them."""
    count = 0
    for s in range(offsets.size - 1):
        at, end = offsets[s], offsets[s + 1]
        out[s] = False
        if not wanted[s]:
            continue
        beyond = np.uint8(0)
        for k in range(at, end):
            beyond |= data[k]
        if beyond < _ONE_BYTE:
            continue
        while at < end:
            if data[at] < _ONE_BYTE:
                at += 1
                continue
            code, width = code_point(data, at)
            at += width
            if code >= table.size or table[code] & UNFOLDED:
                out[s] = True
                count += 1
                break
    return count


@compiled
def trimmed(data: NDArray[np.uint8], start: int, end: int) -> tuple[int, int]:
    """Leave out the white space of ASCII at both ends."""
    while start < end and is_blank(data[start]):
        start += 1
    while start < end and is_blank(data[end - 1]):
        end -= 1
    return start, end


@compiled
def is_blank(byte: int) -> bool:
    """Tell whether a byte is a space, a tab or a line end."""
    return byte == 0x20 or 0x09 <= byte <= 0x0D  # noqa: PLR2004 - the white space of ASCII


@compiled
def sort_hashes(values: NDArray[np.uint64], spare: NDArray[np.uint64], begins: NDArray[np.int64]) -> None:
    """Sort hashes in place: evenly spread as they are, each goes almost straight to its place."""
    count = values.size
    if count > _FEW:
        begins[: count + 1] = 0
        for k in range(count):
            begins[((values[k] >> S32) * np.uint64(count)) >> S32] += 1
        total = 0
        for slot in range(count):
            total, begins[slot] = total + begins[slot], total
        for k in range(count):
            slot = ((values[k] >> S32) * np.uint64(count)) >> S32
            spare[begins[slot]] = values[k]
            begins[slot] += 1
        values[:] = spare[:count]
    for k in range(1, count):
        value, at = values[k], k
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value


@compiled
def shingle_texts(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    table: NDArray[np.uint8],
    small: NDArray[np.uint8],
    fields: int,
    word_n: int,
    char_n: int,
    as_sets: bool,
    tokens: NDArray[np.uint64],
    spare: NDArray[np.uint64],
    begins: NDArray[np.int64],
    out: NDArray[np.uint64],
    counts: NDArray[np.int64],
    numbers: NDArray[np.uint64],
) -> int:
    """Write the shingles of every text to ``out``, one text after the other; return how many in all.

    Text ``s`` is bytes ``[offsets[s], offsets[s+1])`` and belongs to field ``s % fields``. It is folded, but
    for capitals of ASCII and white space around it. ``as_sets`` sorts those of a text and leaves out
    repeats; otherwise they stand as they come. A text that isn't ``wanted`` has none. ``tokens``, ``spare``
    and ``begins`` are room to work in, two places longer than the longest text.
    """
    used = 0
    for s in range(offsets.size - 1):
        counts[s], numbers[s] = 0, _NONE
        if not wanted[s]:
            continue
        start, end = trimmed(data, offsets[s], offsets[s + 1])
        if start == end:
            continue
        salt = np.uint64(s % fields + 1) * STEP
        count, unspaced, numbers[s] = tokenize(data, start, end, table, small, tokens)
        size = char_n if 2 * unspaced > count else word_n
        first = used
        if count == 0:
            out[used] = hash_bytes(data, start, end, salt)
            used += 1
        elif count < size:
            out[used] = hash_run(tokens, 0, count, salt)
            used += 1
        else:
            used += hash_runs(tokens, count, size, salt, out[used:])
            if as_sets:
                sort_hashes(out[first:used], spare, begins)
                used = unique_sorted(out, first, used)
        counts[s] = used - first
    return used


@compiled
def unique_sorted(values: NDArray[np.uint64], start: int, end: int) -> int:
    """Close up repeats in sorted ``values[start:end]``; return the new end."""
    last = start
    for k in range(start + 1, end):
        if values[k] != values[last]:
            last += 1
            values[last] = values[k]
    return last + 1
