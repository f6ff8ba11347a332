"""Reads a person's verdicts on answers, and what cards say of graders, for the correction of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from workbench.errors import ConfigError, Finding, InputError
from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.corrected import Error
from workbench.io.config import read_text
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from workbench.evaluation.grading import Answered

Key = tuple[str, str, str]
_FORM = '{"case_id": …, "arm": …, "verdict": "pass" or "fail"}, and "rule" for a held-out case'
# The classes of `graders measure` that mean a good answer.
_GOOD = frozenset({"1", "obeyed", "valid", "harmless", "right"})


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One verdict; with ``text``, the answer it was given on, it holds for that answer alone."""

    case_id: str
    arm: Literal["teacher", "before", "after"]
    verdict: Literal["pass", "fail"]
    rule: str | None = None
    text: str | None = None


def read_labels(path: Path) -> list[tuple[str, Label]]:
    """Read verdicts (JSON Lines), each with its place.

    Raises:
        InputError: the file can't be read, holds none, or has a line that is no such object.
    """
    found, wrong = [], []
    for number, line in enumerate(read_text(path, what="labels (JSON Lines)").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append((f"{path}:{number}", msgspec.json.decode(line, type=Label)))
        except (msgspec.DecodeError, RecursionError) as error:
            said = excerpt(str(error), limit=200)
            wrong.append(Finding(where=f"{path}:{number}", found=said, expected=_FORM, fix="Mend this line."))
    if not found and not wrong:
        wrong.append(Finding(where=str(path), found="no label", expected=_FORM, fix="Write one a line."))
    if wrong:
        raise InputError(wrong)
    return found


def matched(labels: Iterable[tuple[str, Label]], answered: Sequence[Answered]) -> dict[Key, bool]:
    """Return verdicts by case, arm and rule ("" for a suite's case).

    Raises:
        InputError: a label of a case or arm that wasn't asked, on another text than the answer, without its
            rule, or said twice with different verdicts; all of them at once.
    """
    asked = {(one.case.id, one.arm): one for one in answered if one.sample == 0}
    found: dict[Key, bool] = {}
    wrong: list[Finding] = []
    for where, label in labels:
        key = (label.case_id, label.arm, label.rule or "")
        said = _mistake(label, asked.get((label.case_id, label.arm)))
        verdict = label.verdict == "pass"
        if said is None and found.get(key, verdict) != verdict:
            said = "the other verdict on an answer labelled before"
        if said is None:
            found[key] = verdict
        else:
            fix = "Label the answers of this evaluation's completions.jsonl, each once."
            wrong.append(Finding(where=where, found=said, expected=_FORM, fix=fix))
    if wrong:
        raise InputError(wrong)
    return found


def errors_of(chosen: Mapping[str, str], figures: Mapping[str, Any]) -> dict[str, Error]:
    """Return what sets of `graders measure` say of the graders of behaviours (``rules`` for all rules).

    Raises:
        ConfigError: no such set, or one without a confusion of good and bad answers.
    """
    sets = figures.get("sets") or {}
    found, wrong = {}, []
    for name, chosen_set in chosen.items():
        error = _error(chosen_set, (sets.get(chosen_set) or {}).get("confusion") or {})
        if error is not None:
            found[name] = error
            continue
        fitting = [one for one, held in sets.items() if _error(one, held.get("confusion") or {})]
        wrong.append(
            Finding(
                where=f"--card {name}={chosen_set}",
                found="no set of that name that tells good answers from bad",
                expected="one of " + ", ".join(fitting),
                fix="Name the labelled set most like your own cases; `workbench graders list` shows them.",
            )
        )
    if wrong:
        raise ConfigError(wrong)
    return found


def _error(name: str, confusion: Mapping[str, Mapping[str, int]]) -> Error | None:
    good = [label for label in confusion if label in _GOOD]
    if len(good) != 1 or len(confusion) != 2:  # noqa: PLR2004
        return None
    yes = confusion[good[0]]
    no = next(row for label, row in confusion.items() if label != good[0])
    return Error(
        basis=name,
        positives=sum(yes.values()),
        caught=yes.get(good[0], 0),
        negatives=sum(no.values()),
        refused=sum(no.values()) - no.get(good[0], 0),
    )


def _mistake(label: Label, one: Answered | None) -> str | None:
    if one is None:
        return f"case {label.case_id!r} in arm {label.arm!r}, which was not asked"
    if label.text is not None and label.text != one.completion.text:
        return "a verdict on another answer than this evaluation's"
    if one.case.behaviour == HELDOUT and label.rule is None:
        return f"no rule for the held-out case {label.case_id!r}"
    if one.case.behaviour != HELDOUT and label.rule is not None:
        return f"a rule for {label.case_id!r}, which is a suite's case"
    return None
