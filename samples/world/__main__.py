"""Writes the sample logs and the suites, or compares them with what is committed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from samples.world import handbook, logs, suites

ROOT = Path(__file__).parents[2]


def made(what: str) -> dict[Path, str]:
    """Make `logs`, `evals` or both (`check`): the text of every file by its path."""
    found: dict[Path, str] = {}
    if what != "evals":
        written = (*logs.every_file(), *handbook.every_file())
        found |= {ROOT / "samples" / path: text for path, text in written}
    if what != "logs":
        found |= {ROOT / "evals" / path: text for path, text in suites.every_file()}
    return found


def main(argv: list[str] | None = None) -> int:
    """Run one of the three verbs; 1 where `check` finds a file that differs."""
    parser = argparse.ArgumentParser(prog="python -m samples.world", description=__doc__)
    parser.add_argument("what", choices=("logs", "evals", "check"))
    what = parser.parse_args(argv).what
    differing = [path for path, text in made(what).items() if _differs(path, text, write=what != "check")]
    for path in differing:
        print(path.relative_to(ROOT), "differs" if what == "check" else "written")
    return 1 if differing and what == "check" else 0


def _differs(path: Path, text: str, *, write: bool) -> bool:
    data = text.encode()
    if path.exists() and path.read_bytes() == data:
        return False
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return True


if __name__ == "__main__":
    sys.exit(main())
