"""Names the code that judges, so that verdicts of two versions of a grader are never compared unawares."""

from __future__ import annotations

from pathlib import Path

from workbench.graders import standard
from workbench.io.fingerprint import file_hash
from workbench.text import content_id

_HERE = Path(__file__).resolve().parent
_CHECKS = _HERE.parent / "checks"
_DIGITS = 12
_RULES = "rules"


def grader_versions() -> dict[str, str]:
    """Return for each grader a hash of its code and of all that it rests on.

    That is its own module, what graders share, every check with its lexicons, and how text is counted.
    """
    names = {_RULES, *standard()}
    modules = {path.stem: path for path in _HERE.glob("*.py")}
    shared = [
        path for stem, path in sorted(modules.items()) if stem not in names and stem != Path(__file__).stem
    ]
    shared += [p for p in sorted(_CHECKS.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    shared.append(_HERE.parent / "text.py")
    rests_on = content_id(*(file_hash(path) for path in shared))
    return {name: content_id(rests_on, file_hash(modules[name]))[:_DIGITS] for name in sorted(names)}
