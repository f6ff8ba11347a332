"""Turns private documents into pairs that carry no context, and into the suites that test for it."""

from workbench.knowledge.documents import Library, read_library
from workbench.knowledge.make import Knowledge, KnowledgeOptions, make, write_knowledge
from workbench.knowledge.writing import SCHEMA, Written, write

__all__ = [
    "SCHEMA",
    "Knowledge",
    "KnowledgeOptions",
    "Library",
    "Written",
    "make",
    "read_library",
    "write",
    "write_knowledge",
]
