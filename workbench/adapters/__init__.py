"""Several adapters over one base: a registry, proofs against disk, merging, combining, and export.

What needs torch is in ``verify``, ``merge`` and ``combine``; the registry reads JSON and a tokenizer alone.
"""

from workbench.adapters.registry import (
    BARE,
    DEFAULT_FILE,
    Entry,
    Registry,
    adapters_of,
    adapters_on,
    find_adapter,
    folder_on,
    read_registry,
)

__all__ = [
    "BARE",
    "DEFAULT_FILE",
    "Entry",
    "Registry",
    "adapters_of",
    "adapters_on",
    "find_adapter",
    "folder_on",
    "read_registry",
]
