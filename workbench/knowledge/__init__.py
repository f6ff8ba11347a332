"""Turns private documents into pairs that carry no context, and into the suites that test for it."""

from workbench.knowledge.documents import Library, read_library
from workbench.knowledge.make import SUITES, Knowledge, learn, make, write_knowledge
from workbench.knowledge.writing import Written, write

__all__ = [
    "SUITES",
    "Knowledge",
    "Library",
    "Written",
    "learn",
    "make",
    "read_library",
    "write",
    "write_knowledge",
]
