"""What a finished output directory says of itself: which verb made it, and each file that it wrote there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import workbench
from workbench.errors import Finding, InputError

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"
FORMAT_VERSION = 1


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest of a finished output directory, or ``None``.

    Raises:
        InputError: a later version wrote it in a format that this one doesn't know.
    """
    file = path / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(manifest, dict):
        return None
    written = manifest.get("format")
    if "workbench" in manifest and isinstance(written, int) and written > FORMAT_VERSION:
        raise InputError(
            Finding(
                where=str(file),
                found=f"format {written}, of sft-workbench {manifest['workbench']}",
                expected=f"format {FORMAT_VERSION} at most, which {workbench.__version__} reads and writes",
                fix="Read it with that version or a later one; nothing was changed.",
            )
        )
    return manifest


def files_made(path: Path) -> dict[str, Any] | None:
    """Return the files that a manifest of ours names in ``path``; ``None`` where no verb of ours made it.

    Browsers' extensions and others have a ``manifest.json`` too: theirs don't count.
    """
    manifest = read_manifest(path) or {}
    files = manifest.get("files")
    ours = isinstance(manifest.get("workbench"), str) and isinstance(manifest.get("verb"), str)
    return files if ours and isinstance(files, dict) else None
