"""Names the content of inputs, so that a finished stage is known to be of these inputs and no others."""

from __future__ import annotations

import hashlib
from pathlib import Path

from workbench.text import content_id

_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """Return 32 hexadecimal digits of BLAKE2b over a file's bytes."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def fingerprint(name: str | Path) -> str:
    """Name the content behind a path (a file, or every file of a folder); a hub id names itself."""
    path = Path(name)
    if path.is_file():
        return file_hash(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        return content_id(*(part for p in files for part in (p.relative_to(path).as_posix(), file_hash(p))))
    return content_id("hub", str(name))
