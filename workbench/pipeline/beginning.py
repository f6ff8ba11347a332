"""Begins a user's own project: what the log holds today becomes recipe, contract, policies and CI files."""

from __future__ import annotations

import math
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml

from workbench import convert as conversion
from workbench.corpus import contracts_beside, profile, with_signals
from workbench.errors import Finding, OutputError
from workbench.io.dataset import read_dataset
from workbench.io.rundir import carry, whole_file, write_text
from workbench.io.tokenizer import WordTokenizer
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.corpus import Profile
    from workbench.ports import Progress

CiKind = Literal["github", "gitlab", "none"]
_PLACES: dict[CiKind, str] = {"github": ".github/workflows/workbench.yml", "gitlab": ".gitlab-ci.yml"}
_DECIMALS = 10_000  # shares are rounded up to four decimals, so that today's data passes its own policy


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a project begins from: the log as its files name it, from the project's directory; base; CI."""

    log: str
    base: str
    ci: CiKind = "github"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What was found in the log, records ``rejected`` included, and the text of each file by its place."""

    profile: Profile
    rejected: int
    files: Mapping[str, str]


def begin(log: Path, answers: Answers, *, progress: Progress = silent) -> Begun:
    """Convert ``log`` once, measure its pairs, and make the text of every file; nothing is written.

    Raises:
        InputError: the log can't be read, or no record of it can be used.
    """
    with tempfile.TemporaryDirectory() as spare:
        converted = Path(spare) / "converted"
        converted.mkdir()
        seen = _as_named(log, answers.log, Path(spare))
        summary = conversion.convert([seen], converted, tokenizer=WordTokenizer(), progress=progress)
        read = read_dataset(converted, progress=progress)
        held = contracts_beside(read)
        read = with_signals(read, wanted=frozenset({"secrets"}), contracts=held, progress=progress)
        found = profile(read, contracts=held, progress=progress)
        secret = int((read.frame["secrets"] > 0).sum())
        contracts = _contracts(converted)
    files = {
        **contracts,
        "recipe.yaml": _recipe(answers, tuple(contracts)),
        "data-policy.yaml": _data_policy(found, alone=len(contracts) == 1, secret=secret),
        "policy.yaml": _POLICY,
        "ci.sh": _script(answers.log, tuple(contracts)),
        ".gitignore": _IGNORED,
    }
    if answers.ci != "none":
        files[_PLACES[answers.ci]] = {"github": _GITHUB, "gitlab": _GITLAB}[answers.ci]
    return Begun(profile=found, rejected=int(summary["rejected"]), files=files)


def _as_named(log: Path, named: str, spare: Path) -> Path:
    """Return the log under the folder and name it will have: tasks are named by them, contracts by tasks."""
    folder = Path(named).parent.name
    if folder in {"", "..", log.resolve().parent.name}:
        return log
    place = spare / folder / log.name
    place.parent.mkdir()
    carry(log.resolve(), place)
    return place


def _other(path: Path, content: bytes) -> bool:
    return path.exists() and not (path.is_file() and path.read_bytes() == content)


def write_project(
    place: Path, files: Mapping[str, str], *, copies: Mapping[str, Path], force: bool = False
) -> None:
    """Write the files and copy the ``copies``; what stands already is named, and not written over unasked.

    A file that stands with just this content is in nobody's way: so the same command goes on.

    Raises:
        OutputError: with a finding for each file in the way.
    """
    taken = [name for name, text in files.items() if _other(place / name, text.encode("utf-8"))]
    taken += [name for name, log in copies.items() if _other(place / name, log.read_bytes())]
    if taken and not force:
        raise OutputError(
            Finding(
                where=str(place / name),
                found="a file",
                expected="a free name",
                fix="Begin in another directory, or pass --force to write over it.",
            )
            for name in taken
        )
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        write_text(place / name, text)
    for name, source in copies.items():
        with source.open("rb") as held, whole_file(place / name) as copy:
            shutil.copyfileobj(held, copy)
    (place / "ci.sh").chmod(0o755)


def _contracts(converted: Path) -> dict[str, str]:
    """Return the text of each contract by its place: one file, or one a task."""
    several = sorted((converted / "contracts").glob("*.yaml"))
    if several:
        return {f"contracts/{path.name}": path.read_text(encoding="utf-8") for path in several}
    return {"contract.yaml": (converted / "contract.yaml").read_text(encoding="utf-8")}


def _recipe(answers: Answers, contracts: tuple[str, ...]) -> str:
    body = {
        "version": 1,
        "base": answers.base,
        "convert": {"logs": [answers.log], "contracts": list(contracts)},
        "train": {"use": "sft"},
        "gate": "policy.yaml",
    }
    head = "# The whole run: workbench run recipe.yaml --out run\n# Every key: schemas/recipe.schema.json\n"
    return head + _yaml(body)


def _data_policy(found: Profile, *, alone: bool, secret: int) -> str:
    rejected = sum(found.rejected.values())
    rows = max(1, found.rows)
    held = found.coverage
    body = {
        "version": 1,
        **({"contract": "contract.yaml"} if alone else {}),
        "min_rows": found.rows,
        "max_rejected_share": _up(rejected / max(1, found.rows + rejected)),
        "max_broken_share": _up(held.rows_breaking_must / max(1, held.rows)) if held else None,
        "max_break_shares": {
            rule.id: _up(rule.breaks / max(1, rule.holds + rule.breaks))
            for rule in (held.rules if held else ())
            if rule.checked
        },
        "max_exact_share": _up(len(found.repeats.exact) / rows),
        "max_near_share": _up(len(found.repeats.near) / rows),
        "max_conflict_share": _up(len(found.repeats.conflicts) / rows),
        "max_secret_rows": secret,
    }
    return _DATA_HEAD + _yaml(body)


def _up(share: float) -> float:
    return min(1.0, math.ceil(share * _DECIMALS) / _DECIMALS)


def _yaml(body: object) -> str:
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=100)


def _script(log: str, contracts: tuple[str, ...]) -> str:
    named = " ".join(shlex.quote(name) for name in contracts)
    several = len(contracts) > 1
    lines = [
        "#!/bin/sh",
        "# What CI runs, and you before you push: sh ci.sh",
        "set -eu",
        'cd "$(dirname "$0")"',
        f"for contract in {named}; do",
        '  workbench contract lint "$contract"',
        "done",
        f"workbench convert {shlex.quote(log)} --out .workbench/converted --force",
        *(["cp contracts/*.yaml .workbench/converted/contracts/"] if several else []),
        "workbench check .workbench/converted --policy data-policy.yaml --out .workbench/verdict",
        "# The adapter, only when asked for: it needs the base model, and time.",
        'if [ "${WORKBENCH_TRAIN:-0}" = 1 ]; then',
        "  workbench run recipe.yaml --out .workbench/run",
        "fi",
    ]
    return "\n".join(lines) + "\n"


_DATA_HEAD = """\
# Limits on the data: workbench check .workbench/converted --policy data-policy.yaml
# They are what the log held when `workbench init` measured it: nothing may get worse unnoticed.
# max_break_shares: of the answers to which a rule applies, those that break it. Lower the limits as the log
# gets better; raise one only after you have looked at the rows that the message names.
"""
_POLICY = """\
# What the adapter has to hold: workbench gate .workbench/run --policy policy.yaml
version: 1
min_cases: 60             # held-out cases; with fewer, nothing passes (exit 3)
min_clusters: 30
certainty: point          # interval: the whole interval has to lie on the right side
min_retained: 0.95        # of the share of rules that the base obeys with the prompt
max_lost_must_rules: 0
max_unscored_share: 0.05
min_tokens_saved: 0.5
require_parity: true
require_applied: true
"""
_IGNORED = "# Made anew by ci.sh\n.workbench/\n"
_GITHUB = """\
name: workbench
on: [push, pull_request]
permissions: {contents: read}
jobs:
  data:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.11"}
      - run: python -m pip install --disable-pip-version-check sft-workbench
      - run: sh ci.sh
"""
_GITLAB = """\
workbench:
  image: python:3.11
  before_script:
    - python -m pip install --disable-pip-version-check sft-workbench
  script:
    - sh ci.sh
  artifacts:
    when: always
    paths: [.workbench/verdict/]
    reports: {junit: .workbench/verdict/junit.xml}
"""
