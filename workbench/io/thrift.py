"""Reads a struct in the compact protocol of Thrift, as Parquet writes its footer and page headers.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from typing import Any

_DEEPEST = 32
_BITS = 70
# Types: truths (within a list a byte each) and a byte; numbers of 16, 32 and 64 bits, zigzag in groups of 7.
_TRUE, _FALSE = 1, 2
_SINGLE, _NUMBERS = (_TRUE, _FALSE, 3), (4, 5, 6)
_DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 7, 8, 9, 10, 11, 12
_LONG = 15
_MORE = 128


class CutError(ValueError):
    """The bytes end within the struct."""


class DamagedError(ValueError):
    """The bytes are no struct."""


def read_struct(data: bytes) -> tuple[dict[int, Any], int]:
    """Read the struct that ``data`` begin with: its fields by number, and how many bytes it takes.

    Numbers and truths are ``int``, texts ``bytes``, lists and sets ``list``; maps are read over (``None``).

    Raises:
        CutError: ``data`` end too early.
        DamagedError: a type that isn't there, or more than 32 levels.
    """
    reader = _Reader(data)
    return reader.struct(0), reader.at


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def struct(self, depth: int) -> dict[int, Any]:
        if depth > _DEEPEST:
            raise DamagedError(f"nested more than {_DEEPEST} levels deep")
        held: dict[int, Any] = {}
        field = 0
        while head := self._byte():
            kind = head & 15
            field = field + (head >> 4) if head >> 4 else self._signed()
            held[field] = int(kind != _FALSE) if kind in {_TRUE, _FALSE} else self._value(kind, depth)
        return held

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _NUMBERS:
            return self._signed()
        if kind in {_LIST, _SET}:
            return self._list(depth + 1)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        return self._bytes(kind, depth)

    def _bytes(self, kind: int, depth: int) -> Any:
        if kind in _SINGLE:
            return self._byte()
        if kind in {_DOUBLE, _BINARY}:
            return self._take(8 if kind == _DOUBLE else self._unsigned())
        if kind == _MAP:
            return self._map(depth + 1)
        raise DamagedError(f"a field of type {kind}")

    def _list(self, depth: int) -> list[Any]:
        if depth > _DEEPEST:
            raise DamagedError(f"nested more than {_DEEPEST} levels deep")
        head = self._byte()
        count = head >> 4 if head >> 4 != _LONG else self._unsigned()
        self._room(count)
        return [self._value(head & 15, depth) for _ in range(count)]

    def _map(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise DamagedError(f"nested more than {_DEEPEST} levels deep")
        if count := self._unsigned():
            kinds = self._byte()
            self._room(count)
            for _ in range(count):
                self._value(kinds >> 4, depth)
                self._value(kinds & 15, depth)

    def _room(self, count: int) -> None:
        """Refuse a count of items for which there can't be bytes: each takes one at least."""
        if count > len(self.data) - self.at:
            raise CutError(f"{count} items in {len(self.data) - self.at} bytes")

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)

    def _unsigned(self) -> int:
        number = 0
        for shift in range(0, _BITS, 7):
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < _MORE:
                return number
        raise DamagedError("a number without an end")

    def _byte(self) -> int:
        self.at += 1
        if self.at > len(self.data):
            raise CutError("its bytes end too early")
        return self.data[self.at - 1]

    def _take(self, length: int) -> bytes:
        self._room(length)
        self.at += length
        return self.data[self.at - length : self.at]
