"""What a target's runs have done so far, kept in a folder so that time adds up over runs and days.

``state.json`` holds the sums and what was found, ``found`` the first example of each fault, ``corpus`` what
reached new lines. A process at work writes into ``work``; what one that was killed had done there is counted
when the folder is opened again, so that nothing but its last half second is lost. What was found is tried
again first: what breaks nothing any more is mended, and forgotten.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


class InUseError(RuntimeError):
    """Another process works in this folder."""


@dataclass
class Kept:
    """The sums of one target: ``seconds`` of processor time, ``runs`` processes, what broke by its place."""

    folder: Path
    examples: int = 0
    seconds: float = 0.0
    runs: int = 0
    found: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Kept":
        """Return what stands in a target's folder, which another process may be using."""
        return cls(folder, **(_read(folder / "state.json") or {}))

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator["Kept"]:
        """Take a target's folder up, or begin it; raise ``InUseError`` while another process has it."""
        for name in ("corpus", "found"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUseError(f"{folder} is in use by another run") from None
            kept = cls.read(folder)
            if kept.work.exists():
                kept.add()
            yield kept

    @property
    def work(self) -> Path:
        """Where a process writes what it does."""
        return self.folder / "work"

    def begin(self) -> Path:
        """Return an empty folder for a process to work in."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        return self.work

    def add(self, ended: str = "") -> None:
        """Count what a process has done in ``work``; ``ended`` says how, where it should not have."""
        done = _read(self.work / "state.json") or {"examples": 0, "seconds": 0.0}
        self.examples += done["examples"]
        self.seconds = round(self.seconds + max(done["seconds"], 1.0), 1)
        self.runs += 1
        mended = _read(self.work / "mended") or ()
        self.found = {place: what for place, what in self.found.items() if _safe(place) not in mended}
        for file in sorted((self.work / "found").glob("*")):
            if fault := _read(file):
                what = f"{fault['what']} ({fault['seconds']} s)"
                self._note(fault["place"], what, bytes.fromhex(fault["data"]))
        if ended:
            self._note(f"process {ended}", _last_words(self.work), _bytes(self.work / "current"))
        held = {name: getattr(self, name) for name in ("examples", "seconds", "runs", "found")}
        whole = self.folder / "state.tmp"
        whole.write_text(json.dumps(held, indent=1, sort_keys=True))
        whole.replace(self.folder / "state.json")
        shutil.rmtree(self.work)

    def _note(self, place: str, what: str, data: bytes) -> None:
        if place not in self.found:
            self.found[place] = what
            (self.folder / "found" / _safe(place)).write_bytes(data)


def _safe(place: str) -> str:
    """Return a file's name for a place."""
    return "".join(c if c.isalnum() else "-" for c in place)[:80]


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


def _read(file: Path):
    """Return what a file holds, ``None`` where it is missing or was cut short."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return None


def _last_words(work: Path) -> str:
    named = (work / name for name in ("trace", "said"))
    return "\n".join(file.read_text(errors="replace")[-1500:] for file in named if file.exists())
