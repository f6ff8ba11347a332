"""Keeps every grade by the content of what was judged, so that nothing is judged twice by the same code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from workbench.backends.kept import kept_lines
from workbench.graders import Plugin, Rules, standard
from workbench.graders.versions import grader_versions
from workbench.records import Grade  # noqa: TC001 - msgspec reads it
from workbench.spec import Spec, spec_key
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.records import Case

FILE = "grades.jsonl"
_FLUSH = 256


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    grades: tuple[Grade, ...]


@runtime_checkable
class AsksModel(Protocol):
    """A model in a grader's place: ``kept_as`` names that model and how it is read, or is empty."""

    behaviour: str
    kept_as: str


class KeptGrades:
    """A file that only grows, one line an answer; a last line cut by a kill, or damaged, is judged again.

    The key is made of the grader's name, the hash of its code (``grader_versions``), its options, the whole
    case and the answer, and those of the twin where it is judged beside one; of a model that judges also of
    what names it, and there what it left unscored is asked again. Graders and checks that
    other packages bring are never kept, since their code is not known here. ``found`` and ``fresh`` count
    answers from the file and from graders.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path) if path.exists() else {}
        self._versions = grader_versions()
        self._names: dict[type, str] = {type(grader): name for name, grader in standard().items()} | {
            Rules: "rules"
        }
        self._salts: dict[int, tuple[object, str | None]] = {}
        self._waiting: list[_Line] = []
        self.found = 0
        self.fresh = 0

    def key(self, grader: object, *judged: tuple[Case, str]) -> str | None:
        """Name a judgment by its content; ``None`` where it must not be kept."""
        _, salt = self._salts.setdefault(id(grader), (grader, self._salt(grader)))
        if salt is None:
            return None
        parts = [part for case, output in judged for part in (msgspec.json.encode(case).decode(), output)]
        return content_id(salt, *parts)

    def knows(self, grader: object, case: Case, output: str) -> bool:
        """Tell whether the grades of an answer are kept, so that a model needn't read it."""
        return self.key(grader, (case, output)) in self._known

    def get(self, key: str) -> tuple[Grade, ...] | None:
        """Return the grades kept under ``key``."""
        found = self._known.get(key)
        self.found += found is not None
        return found

    def add(self, key: str, grades: Sequence[Grade]) -> None:
        """Keep the grades of one answer; they are in the file after ``flush``, or sooner."""
        self.fresh += 1
        self._known[key] = tuple(grades)
        self._waiting.append(_Line(key=key, grades=tuple(grades)))
        if len(self._waiting) >= _FLUSH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as stream:
            stream.write(b"".join(msgspec.json.encode(line) + b"\n" for line in self._waiting))
        self._waiting.clear()

    def _salt(self, grader: object) -> str | None:
        if isinstance(grader, AsksModel):
            named = grader.kept_as and self._versions.get(grader.behaviour)
            return content_id("grade", grader.behaviour, named, grader.kept_as) if named else None
        name = self._names.get(type(grader))
        foreign = isinstance(grader, Plugin) or (isinstance(grader, Rules) and _brings_code(grader))
        if name is None or foreign or not isinstance(grader, Spec):
            return None
        return content_id("grade", name, self._versions[name], spec_key(grader))


def _brings_code(rules: Rules) -> bool:
    """Tell whether a check of the contract, however deep, is another package's."""
    return any(_named_plugin(rule.check) for rule in rules.contract.rules)


def _named_plugin(value: object) -> bool:
    if isinstance(value, dict):
        return value.get("use") == "plugin" or any(map(_named_plugin, value.values()))
    return isinstance(value, list | tuple) and any(map(_named_plugin, value))


def _read(path: Path) -> dict[str, tuple[Grade, ...]]:
    return {one.key: one.grades for one in kept_lines(path, _Line)}
