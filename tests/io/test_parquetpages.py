import io
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import InputError
from workbench.io import parquetpages
from workbench.io.frames import read_parquet
from workbench.io.parquetpages import damaged_page
from workbench.io.tables import read_table
from workbench.io.thrift import CutError, DamagedError, read_struct

ROWS = pl.DataFrame(
    {"id": ["a", "b", "c"] * 40, "n": list(range(120)), "list": [[{"x": "1", "y": None}], [], None] * 40}
)


def varint(number: int) -> bytes:
    """Write a number as zigzag in groups of seven bits."""
    number, held = (number << 1) ^ (number >> 63), b""
    while number > 127:
        held, number = held + bytes([number & 127 | 128]), number >> 7
    return held + bytes([number])


def written(**options) -> bytes:
    held = io.BytesIO()
    ROWS.write_parquet(held, **options)
    return held.getvalue()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.parquet"


@pytest.mark.parametrize("size", [3, 50, 1000])
@pytest.mark.parametrize("compression", ["zstd", "snappy", "uncompressed"])
def test_what_polars_writes_fits_together(path, compression, size):
    path.write_bytes(written(compression=compression, row_group_size=size, data_page_size=64))
    assert damaged_page(path) == ""


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"data_page_version": "2.0"},
        {"write_page_index": True, "data_page_size": 40},
        {"use_dictionary": False, "column_encoding": {"n": "DELTA_BINARY_PACKED"}},
        {"row_group_size": 7, "compression": "zstd"},
    ],
)
def test_what_arrow_writes_fits_together(path, options):
    parquet = pytest.importorskip("pyarrow.parquet")
    for rows in (ROWS, ROWS.clear()):
        parquet.write_table(rows.to_arrow(), path, **options)
        assert damaged_page(path) == ""
        assert read_parquet(path).height == rows.height


def test_a_page_that_tells_of_less_than_no_values_is_refused_before_polars_asks_for_memory(path):
    """Eight pages of 120 values; polars 2.1 goes down (SIGABRT) where the first tells of -7."""
    whole = written(compression="uncompressed", statistics=False)
    at = whole.index(b"PAR1") + 4
    header, length = read_struct(whole[at:])
    told = varint(header[7][1])
    place = whole.index(told, at + 5, at + length)
    path.write_bytes(whole[:place] + varint(-header[7][1]) + whole[place + len(told) :])
    assert "row group 0, column id, page 0: -3 of 120 values" in damaged_page(path)
    for read in (read_parquet, read_table):
        with pytest.raises(InputError, match="-3 of 120 values"):
            read(path)


def test_a_file_that_lost_bytes_within_is_refused(path):
    whole = written(compression="uncompressed", statistics=False)
    path.write_bytes(whole[:200] + whole[260:])
    with pytest.raises(InputError, match=r"row group 0, column \w+"):
        read_parquet(path)


def test_a_file_that_changes_is_looked_at_again(path):
    path.write_bytes(written())
    assert damaged_page(path) == ""
    path.write_bytes(written(compression="uncompressed")[:40] + written(compression="uncompressed")[60:])
    assert damaged_page(path)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b"{}", b"\xff\xff\xff\x7fPAR1"])
def test_what_is_no_parquet_is_left_to_its_reader(path, data):
    path.write_bytes(data)
    assert damaged_page(path) == ""


def test_a_footer_nested_without_end_and_lists_without_bytes_are_told(path):
    for footer, told in (
        (b"\x1c" * 400, "nested"),
        (b"\x1b" + b"\x01\xbb" * 2000, "nested"),
        (b"\x49\xfc\xff\xff\xff\x7f", "items in"),
        (b"\x1d", "type 13"),
    ):
        path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
        assert told in damaged_page(path)


def test_a_column_whose_path_is_none_is_without_a_name():
    assert parquetpages._name({parquetpages._PATH: 5}) == "without a name"
    assert parquetpages._name({parquetpages._PATH: [b"a", 1, b"b"]}) == "a.b"


def test_a_struct_reads_as_the_protocol_has_it():
    data = b"\x11\x12\x15" + varint(-70000) + b"\x18\x03abc" + b"\x19\x25" + varint(1) + varint(-2)
    data += b"\x1c\x15\x02\x00" + b"\x1b\x01\x88\x01k\x01v" + b"\x17" + bytes(8) + b"\x00rest"
    held, length = read_struct(data)
    assert held == {1: 1, 2: 0, 3: -70000, 4: b"abc", 5: [1, -2], 6: {1: 1}, 7: None, 8: bytes(8)}
    assert data[length:] == b"rest"
    with pytest.raises(CutError):
        read_struct(data[:-6])
    with pytest.raises(DamagedError):
        read_struct(b"\x15" + b"\xff" * 11)


def test_looking_takes_no_data_with_it(path, monkeypatch):
    """A file of 6 MB is looked through by its headers."""
    pl.DataFrame({"text": [f"{n}{'x' * 6000}" for n in range(1000)]}).write_parquet(
        path, compression="uncompressed", data_page_size=100_000
    )
    read = []

    class Counted(io.BufferedReader):
        def read(self, size=-1):
            read.append(size)
            return super().read(size)

    monkeypatch.setattr(Path, "open", lambda self, _: Counted(io.FileIO(self)))
    assert damaged_page(path) == ""
    assert 0 < sum(read) < 200_000
