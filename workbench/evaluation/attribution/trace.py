"""Finds what stands behind lost cases: the nearest training rows, and slices that lose more than chance."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import polars as pl
from msgspec import Meta

from workbench.checks import compile_contract
from workbench.contracts import Contract
from workbench.evaluation.attribution.labels import EXERCISED, Label
from workbench.evaluation.attribution.slices import over_represented
from workbench.evaluation.attribution.values import Attribution, Lost, Neighbour, QuestionTrace
from workbench.records import Arm, Value
from workbench.similarity import nearest
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.contracts import Rule
    from workbench.records import Case, Pair
    from workbench.similarity import Near


class Tracing(Value, frozen=True, kw_only=True):
    """How to trace: the arm compared with, rows shown a case, from when on a row is near, and the level.

    ``near`` is the likeness (the mean over slots) from which a row counts as near; ``ngram`` words
    (``char_ngram`` characters in scripts without spaces) make a shingle.
    """

    reference: Arm = "teacher"
    most: Annotated[int, Meta(ge=1)] = 5
    near: Annotated[float, Meta(gt=0, le=1)] = 0.1
    level: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    ngram: Annotated[int, Meta(ge=1)] = 2
    char_ngram: Annotated[int, Meta(ge=1)] = 3


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A case held by the arm compared with on one question, and whether it was lost; ``texts`` by arm."""

    case: Case
    question: str
    is_rule: bool
    cell: str
    lost: bool
    detail: str
    texts: Mapping[str, str] = field(default_factory=dict)


def trace(
    judged: Sequence[Judged],
    *,
    rows: Sequence[Pair],
    labels: Mapping[str, Mapping[str, Label]],
    rules: Sequence[Rule],
    contaminated: set[str],
    how: Tracing | None = None,
) -> Attribution:
    """Trace every lost case of ``judged``; ``rows`` are the training rows, ``labels`` as of ``labels_of``.

    The result does not depend on the order of rows or cases.
    """
    how = how or Tracing()
    rows = sorted(rows, key=lambda pair: pair.id)
    judged = sorted(judged, key=lambda one: (one.question, one.case.id))
    near = _neighbours([one.case for one in judged], rows, how)
    lost = tuple(
        _lost(one, near[one.case.id], rows, labels, contaminated, how.reference) for one in judged if one.lost
    )
    middle = statistics.median([_length(one.case) for one in judged]) if judged else 0
    applying = _applying(judged)
    features = [
        _features(one, near[one.case.id], rows, labels, contaminated, how, middle) | applying[one.case.id]
        for one in judged
    ]
    return Attribution(
        reference=how.reference,
        rows=len(rows),
        cases=len({one.case.id for one in judged}),
        contaminated=len({one.case.id for one in judged} & contaminated),
        level=how.level,
        questions=_questions(judged, rules, labels, contaminated),
        lost=lost,
        slices=over_represented(judged, features),
    )


def asked_text(values: Mapping[str, str]) -> str:
    """Join what a case or row asks: its slots by name."""
    return "\n".join(values[name] for name in sorted(values))


def _neighbours(cases: Sequence[Case], rows: Sequence[Pair], how: Tracing) -> dict[str, list[Near]]:
    by_id = {case.id: case for case in cases}
    names = sorted(by_id)
    if not names or not rows:
        return {name: [] for name in names}
    columns = sorted({name for pair in rows for name in pair.slot_values})
    held = [pl.Series([p.slot_values.get(c, "") for p in rows], dtype=pl.String) for c in columns]
    asked = [pl.Series([by_id[name].slots.get(c, "") for name in names], dtype=pl.String) for c in columns]
    found = nearest(held, asked, most=how.most, ngram=how.ngram, char_ngram=how.char_ngram)
    return dict(zip(names, found, strict=True))


def _lost(
    one: Judged,
    near: Sequence[Near],
    rows: Sequence[Pair],
    labels: Mapping[str, Mapping[str, Label]],
    contaminated: set[str],
    reference: Arm,
) -> Lost:
    return Lost(
        case=one.case.id,
        question=one.question,
        cluster=one.case.cluster,
        slice=one.case.slice,
        contaminated=one.case.id in contaminated,
        asked=asked_text(one.case.slots),
        answer_before=one.texts.get(reference, ""),
        answer_after=one.texts.get("after", ""),
        detail=one.detail,
        near=tuple(
            _neighbour(rows[found.row], found.likeness, one.question, labels.get(rows[found.row].id, {}))
            for found in near
        ),
    )


def _neighbour(pair: Pair, likeness: float, question: str, labels: Mapping[str, Label]) -> Neighbour:
    return Neighbour(
        id=pair.id,
        likeness=likeness,
        verdict=labels.get(question, ""),
        exercises=tuple(sorted(rule for rule, label in labels.items() if label in EXERCISED)),
        breaks=tuple(sorted(rule for rule, label in labels.items() if label == "fail")),
        asked=asked_text(pair.slot_values),
        answer=pair.output,
    )


def _features(
    one: Judged,
    near: Sequence[Near],
    rows: Sequence[Pair],
    labels: Mapping[str, Mapping[str, Label]],
    contaminated: set[str],
    how: Tracing,
    middle: float,
) -> dict[str, str]:
    """Say of a case what a slice may be made of: what it is, and what training rows stand near it."""
    close = [rows[found.row].id for found in near if found.likeness >= how.near]
    verdicts = {labels.get(name, {}).get(one.question) for name in close}
    found = {
        "slice": one.case.slice,
        "difficulty": one.case.difficulty,
        "lang": one.case.lang,
        "cell": one.cell,
        "length": "long input" if _length(one.case) > middle else "short input",
        "contaminated": "yes" if one.case.id in contaminated else "no",
        "training rows near": "some" if close else "none",
    }
    if one.is_rule:
        kept, broken = "pass" in verdicts, "fail" in verdicts
        found["near rows that keep the rule"] = "some" if kept else "none"
        found["near rows that break the rule"] = "some" if broken else "none"
    return {name: value for name, value in found.items() if value}


def _applying(judged: Sequence[Judged]) -> dict[str, dict[str, str]]:
    """Name for each case the rules that speak of it, so that one rule's loss shows up in the others'."""
    found: dict[str, dict[str, str]] = {}
    for one in judged:
        rules = {f"rule {one.question}": "applies"} if one.is_rule else {}
        found.setdefault(one.case.id, {}).update(rules)
    return found


def _length(case: Case) -> int:
    return len(words(asked_text(case.slots)))


def _questions(
    judged: Sequence[Judged],
    rules: Sequence[Rule],
    labels: Mapping[str, Mapping[str, Label]],
    contaminated: set[str],
) -> tuple[QuestionTrace, ...]:
    """Count by rule (those of the contract in its order, judged or not), then by behaviour."""
    texts = {rule.id: rule.text for rule in rules}
    behaviours = sorted({one.question for one in judged if not one.is_rule})
    compiled = compile_contract(Contract(task="", rules=tuple(rules)))
    checked = {rule.id for rule, check in compiled if check is not None}
    out = []
    for name in [*texts, *behaviours]:
        held = [one for one in judged if one.question == name and one.is_rule == (name in texts)]
        lost = [one for one in held if one.lost]
        verdicts = [found.get(name) for found in labels.values()]
        out.append(
            QuestionTrace(
                id=name,
                text=texts.get(name, name),
                is_rule=name in texts,
                held=len(held),
                lost=len(lost),
                held_contaminated=sum(one.case.id in contaminated for one in held),
                lost_contaminated=sum(one.case.id in contaminated for one in lost),
                exercised=sum(one in EXERCISED for one in verdicts) if name in checked else None,
                broken=verdicts.count("fail") if name in checked else None,
            )
        )
    return tuple(out)
