"""Holds the pages of a Parquet file against its footer before polars reads them.

polars believes what a page's header says: one that tells of −1 values makes it ask for 2⁶¹ bytes, and the
process goes down where no handler sees it. So the headers are read here first, in the compact protocol of
Thrift: https://github.com/apache/parquet-format (FileMetaData, ColumnMetaData, PageHeader) and
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. Data are not touched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from workbench.io.thrift import CutError, DamagedError, read_struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAGIC = b"PAR1"
_TAIL = 8
_FIRST_READ = 512
# Field numbers of parquet.thrift.
_ROWS, _GROUPS = 3, 4
_COLUMNS, _GROUP_ROWS = 1, 3
_META, _ENCRYPTED = 3, 8
_PATH, _VALUES, _COMPRESSED, _DATA_AT, _DICTIONARY_AT = 3, 5, 7, 9, 11
_KIND, _OPENED, _PACKED, _DATA_V1, _DICTIONARY, _DATA_V2 = 1, 2, 3, 5, 7, 8


def damaged_page(path: Path) -> str:
    """Tell what in a Parquet file's footer or page headers can't be, ``""`` where all fits together.

    Reads each header (about 10 µs), and does so once for a file that stays as it is. What is encrypted, and
    what doesn't begin and end as Parquet does, is left to the reader.

    Raises:
        OSError: the file can't be read.
    """
    told = path.stat()
    return _damaged(path, (told.st_ino, told.st_mtime_ns, told.st_size))


@lru_cache(maxsize=64)
def _damaged(path: Path, _: tuple[int, int, int]) -> str:
    with path.open("rb") as file:
        try:
            return next(_faults(file), "")
        except (CutError, DamagedError) as error:
            return f"its footer: {error}"


def _faults(file: BinaryIO) -> Iterator[str]:
    size = file.seek(0, 2)
    file.seek(max(size - _TAIL, 0))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or size < length + _TAIL + len(_MAGIC):
        return
    end = size - _TAIL - length
    file.seek(end)
    footer, _ = read_struct(file.read(length))
    groups = _structs(footer, _GROUPS)
    told, found = _number(footer, _ROWS), sum(_number(group, _GROUP_ROWS) for group in groups)
    if told != found:
        yield f"its footer tells of {told} rows, its row groups of {found}"
    for number, group in enumerate(groups):
        for column in _structs(group, _COLUMNS):
            meta = column.get(_META)
            if isinstance(meta, dict) and _ENCRYPTED not in column:
                where = f"row group {number}, column {_name(meta)}"
                yield from _chunk(file, meta, rows=_number(group, _GROUP_ROWS), end=end, where=where)


def _chunk(file: BinaryIO, meta: dict[int, Any], *, rows: int, end: int, where: str) -> Iterator[str]:
    """Walk through the pages of one column in one row group."""
    values = _number(meta, _VALUES)
    # A column without values may have a dictionary and no page of data: that begins at 0.
    at = min((_number(meta, name) for name in (_DICTIONARY_AT, _DATA_AT) if _number(meta, name)), default=0)
    last = at + _number(meta, _COMPRESSED)
    if not (0 <= at <= last <= end and 0 <= rows <= values):
        yield f"{where}: bytes {at} to {last} of {end}, {values} values in {rows} rows"
        return
    found, page = 0, 0
    while at < last:
        try:
            header, length = _header(file, at, last)
        except DamagedError as error:
            yield f"{where}, page {page}: {error}"
            return
        at += length + _number(header, _PACKED)
        held = _held(header)
        found += held if _DICTIONARY not in header else 0
        if at > last or _number(header, _PACKED) < 0 or _opened(header) < 0 or not 0 <= held <= values:
            yield f"{where}, page {page}: {held} of {values} values in {_opened(header)} bytes"
            return
        page += 1
    if found != values:
        yield f"{where}: {values} values, its pages hold {found}"


def _header(file: BinaryIO, at: int, last: int) -> tuple[dict[int, Any], int]:
    """Read the header of the page at ``at``: its fields and its length."""
    room = _FIRST_READ
    while True:
        file.seek(at)
        held = file.read(min(room, last - at))
        try:
            return read_struct(held)
        except CutError:
            if len(held) == last - at:
                raise DamagedError("its header is cut") from None
            room *= 4


def _held(header: dict[int, Any]) -> int:
    """Count the values that a page tells of; one with an index alone has none."""
    for kind in (_DATA_V1, _DATA_V2, _DICTIONARY):
        if isinstance(header.get(kind), dict):
            return _number(header[kind], 1)
    return 0


def _opened(header: dict[int, Any]) -> int:
    return _number(header, _OPENED)


def _structs(held: dict[int, Any], field: int) -> list[dict[int, Any]]:
    found = held.get(field, ())
    if not isinstance(found, list) and found != ():
        raise DamagedError("a list was expected")
    return [one for one in found if isinstance(one, dict)]


def _number(held: dict[int, Any], field: int) -> int:
    found = held.get(field, 0)
    if not isinstance(found, int):
        raise DamagedError("a number was expected")
    return found


def _name(meta: dict[int, Any]) -> str:
    parts = meta.get(_PATH)
    held = parts if isinstance(parts, list) else []
    told = [part.decode(errors="replace") for part in held if isinstance(part, bytes)]
    return ".".join(told)[:200] or "without a name"
