"""Reads chat logs of many shapes into one, and accounts for every row that can't be read."""

from workbench.io.readers.read import read_logs
from workbench.io.readers.values import FORMATS, LogFormat, LogRead, Reject

__all__ = ["FORMATS", "LogFormat", "LogRead", "Reject", "read_logs"]
