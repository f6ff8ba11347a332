"""Verifies that a run is whole: every file that its manifests name is there, byte for byte."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.gate.limits import Check
from workbench.io.fingerprint import file_hash
from workbench.io.manifest import MANIFEST, read_manifest
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

STAGES = ("convert", "curate", "adapter", "eval")


def completeness(run: Path) -> Iterator[Check]:
    """Check each stage of a run, or one output directory alone; what isn't whole is undecided, never passed.

    A whole run (it has a ``run.json``) needs all of its stages; without one, those that are there.
    """
    if (run / "run.json").is_file():
        places = {name: run / name for name in STAGES}
    else:
        inner = {name: run / name for name in STAGES if (run / name).is_dir()}
        places = inner or {run.name: run}
    for name, place in places.items():
        problem = damage(place)
        yield Check(
            limit="require_complete",
            found=problem or "every file as its manifest says",
            where=f"{name}/{MANIFEST}",
            verdict="undecided" if problem else "passed",
        )


def damage(place: Path) -> str:
    """Say what is wrong with a finished output directory; nothing where it is whole."""
    manifest = read_manifest(place)
    if manifest is None:
        return "no such stage" if not place.is_dir() else "no manifest: it was never finished"
    files = manifest.get("files")
    if not isinstance(files, dict) or not files:
        return "a manifest that names no file"
    wrong = [told for name, held in files.items() if (told := _wrong(place, name, held))]
    return ", ".join(wrong)


def _wrong(place: Path, name: str, held: Any) -> str:
    path = place / name
    if not os.path.realpath(path).startswith(os.path.realpath(place) + os.sep):
        return f"{excerpt(name)} is no file of it"
    if not isinstance(held, dict):
        return f"{excerpt(name)} is named without its size and hash"
    if not path.is_file():
        return f"{excerpt(path.name)} is missing"
    if path.stat().st_size != held.get("bytes") or file_hash(path) != held.get("blake2b"):
        return f"{excerpt(path.name)} was changed since"
    return ""
