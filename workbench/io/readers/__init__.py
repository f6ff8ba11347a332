"""Reads chat logs of many shapes into one, and accounts for every row that can't be read."""

from workbench.io.readers.containers import without_null
from workbench.io.readers.ids import DistinctIds, renamed, said
from workbench.io.readers.kinds import sniff
from workbench.io.readers.look import Log, Witness, survey_logs
from workbench.io.readers.read import (
    Part,
    formats_of,
    iter_logs,
    iter_part,
    parsed_record,
    parts_of,
    read_logs,
    read_rows,
    rows_in,
    source_name,
)
from workbench.io.readers.shapes import parse_messages
from workbench.io.readers.values import FORMATS, LogFormat, LogRead, Reject, Row, Shape, UnfitRowError

__all__ = [
    "FORMATS",
    "DistinctIds",
    "Log",
    "LogFormat",
    "LogRead",
    "Part",
    "Reject",
    "Row",
    "Shape",
    "UnfitRowError",
    "Witness",
    "formats_of",
    "iter_logs",
    "iter_part",
    "parse_messages",
    "parsed_record",
    "parts_of",
    "read_logs",
    "read_rows",
    "renamed",
    "rows_in",
    "said",
    "sniff",
    "source_name",
    "survey_logs",
    "without_null",
]
