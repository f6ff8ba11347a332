"""Reads chat logs of many shapes into one, and accounts for every row that can't be read."""

from workbench.io.readers.containers import sniff, without_null
from workbench.io.readers.read import read_logs, read_rows, rows_in, source_name
from workbench.io.readers.values import FORMATS, LogFormat, LogRead, Reject, Row

__all__ = [
    "FORMATS",
    "LogFormat",
    "LogRead",
    "Reject",
    "Row",
    "read_logs",
    "read_rows",
    "rows_in",
    "sniff",
    "source_name",
    "without_null",
]
