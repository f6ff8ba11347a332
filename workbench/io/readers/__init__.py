"""Reads chat logs of many shapes into one, and accounts for every row that can't be read."""

from workbench.io.readers.containers import sniff, without_null
from workbench.io.readers.read import (
    DistinctIds,
    Log,
    formats_of,
    iter_logs,
    parsed_record,
    read_logs,
    read_rows,
    rows_in,
    source_name,
    survey_logs,
)
from workbench.io.readers.shapes import parse_messages
from workbench.io.readers.values import FORMATS, LogFormat, LogRead, Reject, Row, Shape, UnfitRowError

__all__ = [
    "FORMATS",
    "DistinctIds",
    "Log",
    "LogFormat",
    "LogRead",
    "Reject",
    "Row",
    "Shape",
    "UnfitRowError",
    "formats_of",
    "iter_logs",
    "parse_messages",
    "parsed_record",
    "read_logs",
    "read_rows",
    "rows_in",
    "sniff",
    "source_name",
    "survey_logs",
    "without_null",
]
