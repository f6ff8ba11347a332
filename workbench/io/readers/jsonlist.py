"""Takes the elements of one JSON document, a list, one after another: the whole is never held in memory."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\n\r"
# A value that the window cuts off fails within so many characters of its end ("-Infinit"), or in a string.
_TAIL = 9
# As Python 3.13 says it; older ones expect a value instead.
_TRAILING = "Illegal trailing comma before end of array"
# Numbers stay text: what one is too long for (4,300 digits) is for who reads the element to say.
_decode = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


class Element(NamedTuple):
    """The text of one element of a list, and its first byte in the file."""

    at: int
    text: str


class BrokenJsonError(ValueError):
    """The document is no JSON list, with what is wrong and the byte where."""

    def __init__(self, problem: str, at: int) -> None:
        self.problem, self.at = problem, at
        super().__init__(problem)


def holds_list(path: Path) -> bool:
    """Tell whether a JSON document is a list."""
    with path.open("rb") as stream:
        return _opened(stream, 0).peek() == "["


def check_document(path: Path) -> None:
    """See that a file is one JSON value, read no further than to its first error.

    Raises:
        BrokenJsonError: it isn't.
        UnicodeDecodeError: the file is not UTF-8.
    """
    with path.open("rb") as stream:
        window = _opened(stream, 0)
        window.value()
        window.finish()


def _opened(stream: BufferedReader, at: int) -> _Window:
    bom = len(_BOM) if not at and stream.read(len(_BOM)) == _BOM else 0
    stream.seek(at or bom)
    return _Window(iter(lambda: stream.read(_CHUNK), b""), at or bom)


class JsonList:
    """The elements of the list in ``path``, from the first or from the one that begins at the byte ``at``."""

    def __init__(self, path: Path, at: int = 0) -> None:
        self._path, self._at = path, at

    def __iter__(self) -> Iterator[Element]:
        """Yield every element in order.

        Raises:
            BrokenJsonError: the text is no JSON list, or something follows it.
            UnicodeDecodeError: the file is not UTF-8.
        """
        with self._path.open("rb") as stream:
            window = _opened(stream, self._at)
            if not self._at:
                window.take("[", "Expecting value")
                if window.peek() == "]":
                    window.take("]", "")
                    window.finish()
                    return
            while True:
                yield window.value()
                if window.peek() == "]":
                    window.take("]", "")
                    window.finish()
                    return
                comma = window.take(",", "Expecting ',' delimiter")
                if window.peek() == "]":
                    raise BrokenJsonError(_TRAILING, comma)


class _Window:
    """The part of the text that is looked at: moves on over what was taken, grows where a value needs it."""

    def __init__(self, chunks: Iterator[bytes], at: int) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._here, self._at, self._whole = "", 0, at, False

    def peek(self) -> str:
        """Return the next character that is no white space; nothing at the end."""
        while True:
            text, here = self._text, self._here
            end = len(text)
            while here < end and text[here] in _SPACE:
                here += 1
            self._go(here)
            if here < end or not self._more():
                return text[here : here + 1]

    def take(self, expected: str, problem: str) -> int:
        """Go past the next character, which is ``expected``, and return its byte."""
        if self.peek() != expected:
            raise BrokenJsonError(problem, self._at)
        at = self._at
        self._go(self._here + 1)
        return at

    def value(self) -> Element:
        """Take the next value."""
        self.peek()
        while True:
            try:
                _, end = _decode(self._text, self._here)
            except json.JSONDecodeError as error:
                cut = error.pos > len(self._text) - _TAIL or error.msg.startswith("Unterminated string")
                if cut and self._more():
                    continue
                raise BrokenJsonError(error.msg, self._at + self._bytes(self._here, error.pos)) from error
            except RecursionError as error:
                raise BrokenJsonError("JSON nested too deeply", self._at) from error
            # A number may go on behind the window: "0" of "0." is one already.
            behind = len(self._text) - end
            if behind >= _TAIL or (behind and self._text[end - 1] in '"]}') or not self._more():
                break
        found = Element(self._at, self._text[self._here : end])
        self._go(end)
        return found

    def finish(self) -> None:
        """See that nothing follows."""
        if self.peek():
            raise BrokenJsonError("Extra data", self._at)

    def _go(self, to: int) -> None:
        self._at += self._bytes(self._here, to)
        self._here = to

    def _bytes(self, start: int, end: int) -> int:
        if self._text.isascii():
            return end - start
        return len(self._text[start:end].encode())

    def _more(self) -> bool:
        """Drop what was taken and add as much again as is left; tell whether there was any."""
        wanted, parts = max(len(self._text) - self._here, 1), [""]
        while wanted > 0 and not self._whole:
            chunk = next(self._chunks, b"")
            self._whole = not chunk
            parts.append(self._decoder.decode(chunk, final=self._whole))
            wanted -= len(parts[-1])
        more = "".join(parts)
        if more:
            self._text, self._here = self._text[self._here :] + more, 0
        return bool(more)
