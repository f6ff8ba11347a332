"""Draws the plan: which rules want rows, which rows go, and what the teacher is to be asked."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import polars as pl
from msgspec.structs import replace

from workbench.checks import compile_contract
from workbench.checks.conditional import Neutral, PhraseWhen, RefuseHarmful
from workbench.checks.conditions import applies
from workbench.evaluation.attribution import EXERCISED
from workbench.pipeline.improve.plan import Ask, Drafting, Drop, Feed, ImprovePlan, Why
from workbench.pipeline.improve.sources import unanswered
from workbench.records import Case
from workbench.similarity import nearest
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from workbench.checks import AnyCheck
    from workbench.evaluation.attribution import Attribution, Lost, QuestionTrace
    from workbench.pipeline.attribution import Traced
    from workbench.pipeline.improve.sources import Gathered
    from workbench.records import Pair
    from workbench.verdicts import RuleVerdict, Verdicts

_ASKS = 90


def draft(
    traced: Traced,
    verdicts: Verdicts,
    gathered: Gathered,
    *,
    former: Collection[str],
    evaluated: Mapping[str, str],
    evaluation: str,
    data: str,
    how: Drafting | None = None,
) -> ImprovePlan:
    """Draw the plan of a traced run.

    ``former`` are the ids of all rows of the version so far (train and valid). ``evaluated`` names for each
    row or input that holds a case of the evaluation that case: such inputs are not asked, such rows go.
    ``evaluation`` and ``data`` name both by content.
    """
    how = how or Drafting()
    held = {name: evaluated[name] for name in former if name in evaluated}
    drops = _drops(traced, held, how)
    gone = {drop.id for drop in drops}
    feeds = _feeds(traced, {rule.id: rule for rule in verdicts.rules}, gone, how)
    again = [unanswered(pair) for pair in traced.rows if pair.id in gone and pair.id not in evaluated]
    inputs = [pair for pair in (*gathered.inputs, *again) if pair.id not in evaluated]
    origin = gathered.origin | {pair.id: "dropped" for pair in again}
    chosen = _chosen(traced, feeds, {pair.id: pair for pair in inputs}, how)
    asks = tuple(
        Ask(id=pair.id, rules=tuple(rules), source=origin[pair.id], asks=_asks(pair))
        for pair, rules in chosen
    )
    return ImprovePlan(
        evaluation=evaluation,
        data=data,
        settings=how,
        rules=tuple(_supplied(feed, asks) for feed in feeds),
        drop=drops,
        ask=asks,
    )


def _feeds(traced: Traced, verdicts: Mapping[str, RuleVerdict], gone: set[str], how: Drafting) -> list[Feed]:
    found = traced.attribution
    feeds: list[Feed] = []
    behind: dict[str, str] = {}
    for one in found.questions:
        if not one.is_rule or one.exercised is None:
            continue
        rows = sum(
            labels.get(one.id) in EXERCISED for name, labels in traced.labels.items() if name not in gone
        )
        verdict = verdicts.get(one.id)
        why = _why(one, verdict, found, rows, how)
        lacking = max(how.target - rows, 0)
        add = max(lacking, math.ceil(how.grow * how.target)) if why in {"lost", "slipped"} else lacking
        if why is None:
            continue
        if rows >= how.target and (other := _behind(one.id, found)):
            behind[one.id] = other
        feeds.append(
            Feed(
                rule=one.id,
                why=why,
                add=add,
                rows=rows,
                inputs=0,
                lost=one.lost,
                held=one.held,
                teacher=verdict.arms.teacher.rate if verdict else None,
                after=verdict.arms.after.rate if verdict else None,
                slices=tuple(
                    f"{part.feature}: {part.value}" for part in found.sure if part.question == one.id
                ),
            )
        )
    return _relieved(feeds, behind)


def _relieved(feeds: Sequence[Feed], behind: Mapping[str, str]) -> list[Feed]:
    """Give no rows to a rule whose losses lie in the cases of one that gets some; never to both none."""
    adds = {feed.rule: feed.add for feed in feeds}
    for rule, other in behind.items():
        if adds.get(other):
            adds[rule] = 0
    return [
        feed
        if adds[feed.rule] == feed.add
        else replace(
            feed, add=0, note=f"lost in the cases of {behind[feed.rule]}: rows for that rule serve both"
        )
        for feed in feeds
    ]


def _why(
    one: QuestionTrace, verdict: RuleVerdict | None, found: Attribution, rows: int, how: Drafting
) -> Why | None:
    """Say why a rule wants rows, or ``None``."""
    clusters = {lost.cluster for lost in found.lost if lost.question == one.id}
    if verdict is not None and verdict.state == "lost":
        return "lost"
    first, last = (verdict.arms.teacher.rate, verdict.arms.after.rate) if verdict else (None, None)
    fell = first is not None and last is not None and first - last >= how.margin
    if fell and len(clusters) >= how.several:
        return "slipped"
    return "thin" if rows < how.target else None


def _behind(rule: str, found: Attribution) -> str:
    """Name the rule in whose cases another rule's losses surely lie, or nothing."""
    for part in found.sure:
        if part.question == rule and part.feature.startswith("rule ") and part.lost * 2 > part.of_lost:
            return part.feature.removeprefix("rule ")
    return ""


def _drops(traced: Traced, evaluated: Mapping[str, str], how: Drafting) -> tuple[Drop, ...]:
    by_id = {pair.id: pair for pair in traced.rows}
    found = {name: Drop(id=name, why="evaluated", near=(evaluated[name],)) for name in evaluated}
    breaking: dict[str, list[Lost]] = defaultdict(list)
    keeping: dict[str, list[Lost]] = defaultdict(list)
    for lost in traced.attribution.lost:
        for near in lost.near:
            if near.likeness >= how.near and near.verdict == "fail":
                breaking[near.id].append(lost)
            elif near.likeness >= how.near and near.verdict == "pass":
                keeping[near.id].append(lost)
    for name, cases in sorted(breaking.items()):
        found.setdefault(name, Drop(id=name, why="breaks", rule=cases[0].question, near=_cases(cases)))
    for drop in _contradicting(traced, by_id, keeping, how):
        found.setdefault(drop.id, drop)
    return tuple(found[name] for name in sorted(found))


def _contradicting(
    traced: Traced, by_id: Mapping[str, Pair], keeping: Mapping[str, Sequence[Lost]], how: Drafting
) -> Iterable[Drop]:
    """Yield rows that ask what a row near a lost case asks, and answer without the rule that it keeps."""
    kept = [by_id[name] for name in sorted(keeping)]
    for pair, near in zip(kept, _nearest(kept, traced.rows, most=5), strict=True):
        rules = sorted({lost.question for lost in keeping[pair.id]})
        for row, likeness in near:
            other = traced.rows[row]
            lacks = [r for r in rules if traced.labels.get(other.id, {}).get(r) != "pass"]
            if other.id != pair.id and likeness >= how.alike and lacks and other.output != pair.output:
                yield Drop(
                    id=other.id,
                    why="contradicts",
                    rule=lacks[0],
                    near=_cases(keeping[pair.id]),
                    instead=pair.id,
                )


def _chosen(
    traced: Traced, feeds: Sequence[Feed], inputs: Mapping[str, Pair], how: Drafting
) -> list[tuple[Pair, list[str]]]:
    """Choose inputs for each rule: those it surely bears on first, then those most like its lost cases."""
    checks = {
        (contract.task, rule.id): check
        for contract in traced.contracts
        for rule, check in compile_contract(contract)
        if check is not None
    }
    alone = traced.contracts[0].task if len(traced.contracts) == 1 else None
    chosen: dict[str, list[str]] = {}
    for feed in feeds:
        wanted = math.ceil(feed.add * how.spare)
        likeness = _like_lost(feed.rule, traced, inputs)
        order = []
        for name, pair in inputs.items():
            check = checks.get((alone or pair.task, feed.rule))
            bears = None if check is None else _bears(check, pair)
            if check is not None and bears is not False:
                order.append((bears is None, -likeness.get(name, 0.0), name))
        for unsure, less, name in sorted(order)[:wanted]:
            if not unsure or less < 0 or feed.why == "thin":
                chosen.setdefault(name, []).append(feed.rule)
    return [(inputs[name], rules) for name, rules in chosen.items()]


def _bears(check: AnyCheck, pair: Pair) -> bool | None:
    """Tell whether a rule speaks of an input, whatever is answered; ``None``: the answer has to show it."""
    case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
    if isinstance(check, PhraseWhen):
        return applies(check.condition, case, what=check.what, pattern=check.pattern).holds
    if isinstance(check, RefuseHarmful | Neutral):
        return applies("harmful" if isinstance(check, RefuseHarmful) else "contested", case).holds
    return check(case, "").label != "not_applicable" or None


def _like_lost(rule: str, traced: Traced, inputs: Mapping[str, Pair]) -> dict[str, float]:
    """Return for each input its likeness to the nearest lost case of a rule."""
    lost = {one.case for one in traced.attribution.lost if one.question == rule}
    cases = [case for case in traced.cases if case.id in lost]
    if not cases or not inputs:
        return {}
    pairs = list(inputs.values())
    columns = sorted({name for pair in pairs for name in pair.slot_values})
    rows = [_column([case.slots for case in cases], name) for name in columns]
    asked = [_column([pair.slot_values for pair in pairs], name) for name in columns]
    found = nearest(rows, asked, most=1)
    return {pair.id: near[0].likeness for pair, near in zip(pairs, found, strict=True) if near}


def _nearest(queries: Sequence[Pair], rows: Sequence[Pair], *, most: int) -> list[list[tuple[int, float]]]:
    if not queries:
        return []
    columns = sorted({name for pair in rows for name in pair.slot_values})
    held, asked = (
        [_column([pair.slot_values for pair in pairs], name) for name in columns] for pairs in (rows, queries)
    )
    return [[(one.row, one.likeness) for one in near] for near in nearest(held, asked, most=most)]


def _column(values: Sequence[Mapping[str, str]], name: str) -> pl.Series:
    return pl.Series([held.get(name, "") for held in values], dtype=pl.String)


def _supplied(feed: Feed, asks: Sequence[Ask]) -> Feed:
    """Say how many inputs there are for a rule, and what to do where they are too few."""
    count = sum(feed.rule in ask.rules for ask in asks)
    short = feed.add - count
    note = feed.note
    if short > 0:
        note = f"{short} more inputs are wanted: give further traffic with --inputs"
    return replace(feed, inputs=count, note=note)


def _cases(lost: Sequence[Lost]) -> tuple[str, ...]:
    return tuple(sorted({one.case for one in lost}))


def _asks(pair: Pair) -> str:
    questions = [slot.value for slot in pair.slots if slot.type == "question"]
    return excerpt(questions[-1] if questions else pair.prompt[-1].content, limit=_ASKS)
