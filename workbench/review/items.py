"""What there is to look at, the rows first from which most is learnt."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks import compile_contract
from workbench.errors import Finding, InputError
from workbench.io.decisions import text_hash
from workbench.io.frames import frame_to_pairs, read_with_examples
from workbench.records import Case, Message, Messages, Value
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.records import Pair


class Item(Value, frozen=True, kw_only=True):
    """One row: what was asked, what was answered, and why it comes when it comes.

    ``slots`` and ``question`` make the case that checks are asked about; ``rank`` orders the queue, the least
    first; ``about`` holds figures to show, ``arm`` whose answer it is in an evaluation.
    """

    id: str
    hash: str
    task: str
    prompt: Messages
    answer: str
    slots: dict[str, str]
    rank: int
    why: tuple[str, ...] = ()
    arm: str = ""
    expected: str = ""


class Checker:
    """Holds answers against the rules of their task."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._rules = {one.task: compile_contract(one) for one in contracts}
        self._only = next(iter(self._rules.values())) if len(self._rules) == 1 else None

    def __call__(self, item: Item, answer: str) -> list[dict[str, str]]:
        """Say of every rule that applies whether ``answer`` keeps it."""
        rules = self._rules.get(item.task, self._only) or ()
        case = Case(id=item.id, behaviour="review", slots=item.slots)
        told = []
        for rule, check in rules:
            if check is None:
                continue
            grade = check(case, answer)
            if grade.label != "not_applicable":
                told.append(
                    {"rule": rule.id, "text": rule.text, "label": grade.label, "detail": grade.detail}
                )
        return sorted(told, key=lambda one: one["label"] == "pass")


def pair_items(path: Path, checker: Checker) -> list[Item]:
    """Read a pairs file: broken rules first, then answers that contradict each other, then by chance.

    Raises:
        InputError: the file can't be read, or an id stands twice.
    """
    pairs = frame_to_pairs(read_with_examples(path))
    _one_each(path, pairs)
    answers: dict[str, set[str]] = {}
    for pair in pairs:
        answers.setdefault(_asked(pair), set()).add(pair.output)
    items = []
    for pair in pairs:
        slots = {slot.name: slot.value for slot in pair.slots}
        item = Item(
            id=pair.id,
            hash=text_hash(pair.prompt, pair.completion),
            task=pair.task,
            prompt=pair.prompt,
            answer=pair.output,
            slots=slots,
            rank=0,
        )
        broken = [one["rule"] for one in checker(item, pair.output) if one["label"] == "fail"]
        many = len(answers[_asked(pair)])
        why = (
            *((f"breaks {', '.join(broken)}",) if broken else ()),
            *((f"one of {many} different answers to this",) if many > 1 else ()),
        )
        rank = 0 if broken else 1 if many > 1 else 2
        items.append(msgspec.structs.replace(item, why=why, rank=rank))
    return _ordered(items)


def run_items(folder: Path) -> list[Item]:
    """Read an evaluation: answers of the adapter, those first that the base or teacher had right.

    Raises:
        InputError: no evaluation there.
    """
    import polars as pl

    cases = {one.id: one for one in _lines(folder / "cases.jsonl", Case)}
    said = {(one.case_id, one.arm): one.text for one in _lines(folder / "completions.jsonl", _Said)}
    grades = pl.read_parquet(folder / "grades.parquet", glob=False)
    labels: dict[tuple[str, str], Counter[str]] = {}
    for row in grades.select("case_id", "arm", "label").iter_rows(named=True):
        labels.setdefault((row["case_id"], row["arm"]), Counter())[row["label"]] += 1
    items = []
    for (name, arm), text in sorted(said.items()):
        if arm != "after" or name not in cases:
            continue
        rank, why = _lost(name, labels)
        items.append(_answered(cases[name], text, rank, why, said.get((name, "teacher"), "")))
    return _ordered(items)


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    arm: str
    text: str


def _answered(case: Case, text: str, rank: int, why: tuple[str, ...], teacher: str) -> Item:
    prompt = tuple(Message(role=name, content=value) for name, value in case.slots.items())
    return Item(
        id=case.id,
        hash=text_hash(prompt, (Message(role="assistant", content=text),)),
        task=case.behaviour,
        prompt=prompt,
        answer=text,
        slots=dict(case.slots),
        rank=rank,
        why=why,
        arm="after",
        expected=teacher,
    )


def _lost(name: str, labels: Mapping[tuple[str, str], Counter[str]]) -> tuple[int, tuple[str, ...]]:
    """Rank a case: lost since before, then ungraded, then failing, then the rest."""
    fails = {arm: labels.get((name, arm), Counter())["fail"] for arm in ("teacher", "before", "after")}
    unscored = labels.get((name, "after"), Counter())["unscored"]
    better = [arm for arm in ("teacher", "before") if fails[arm] < fails["after"]]
    if better:
        return 0, (f"the {' and the '.join(better)} did better: {fails['after']} failed here",)
    if unscored:
        return 1, (f"{unscored} could not be graded",)
    return (2, (f"{fails['after']} failed",)) if fails["after"] else (3, ())


def _asked(pair: Pair) -> str:
    return content_id(*(part for message in pair.prompt for part in (message.role, message.content)))


def _one_each(path: Path, pairs: Sequence[Pair]) -> None:
    twice = [name for name, n in Counter(pair.id for pair in pairs).items() if n > 1]
    if twice:
        more = f" and {len(twice) - 3} more" if len(twice) > 3 else ""  # noqa: PLR2004
        raise InputError(
            Finding(
                where=str(path),
                found=f"ids that stand more than once: {', '.join(sorted(twice)[:3])}{more}",
                expected="an id of its own for each row, to which a decision is bound",
                fix="Leave out the rows that stand twice.",
            )
        )


def _ordered(items: list[Item]) -> list[Item]:
    """Order by rank, inside one by hash: no file order, and the same for everybody."""
    return sorted(items, key=lambda item: (item.rank, content_id(item.id), item.id))


def _lines(path: Path, kind: Any) -> list[Any]:
    try:
        return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines() if line]
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            Finding(
                where=str(path),
                found=str(error)[:200],
                expected="the output directory of `workbench eval`",
                fix="Give a pairs file, or the folder of an evaluation.",
            )
        ) from error
