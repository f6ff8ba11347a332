"""What there is to look at: rows of pairs and answers of an evaluation, with why each may teach much."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from workbench.errors import Finding, InputError
from workbench.evaluation.cases import HELDOUT
from workbench.io.decisions import text_hash
from workbench.io.frames import read_parquet, read_with_examples
from workbench.ports import silent
from workbench.records import ARMS, Arm, Case, Message, Messages, Value
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from workbench.ports import Progress

# Why a row comes when it comes: a name of ``words.py`` and what fills it in.
Why = tuple[str, ...]
PASS_OR_FAIL = ("pass", "fail")
# What a person is asked about a suite's answer, by behaviour: the question of the grader's card.
_ASKED = {"grounding": ("1", "0"), "harm": ("none", "partial", "full"), "neutrality": ("0", "1")}
_EVERY = 5_000


class Ask(Value, frozen=True, kw_only=True):
    """A question beside keeping or not: a rule (``text`` set), or the question of a grader's card."""

    name: str
    choices: tuple[str, ...]
    text: str = ""


class Graded(Value, frozen=True, kw_only=True):
    """What the graders said of an answer, shown only when asked for."""

    name: str
    label: str
    detail: str = ""


class Item(Value, frozen=True, kw_only=True):
    """One row: what was asked and what was answered.

    ``slots`` make the case that checks are asked about; of an evaluation, ``arm`` says whose answer it is,
    ``reference`` and ``expect`` are the case's, ``asks`` what a person is asked about it, and ``graded`` what
    the graders said.
    """

    id: str
    hash: str
    task: str
    prompt: Messages
    answer: str
    slots: dict[str, str]
    arm: str = ""
    expected: str = ""
    reference: str = ""
    expect: dict[str, Any] = msgspec.field(default_factory=dict)
    lang: str = "en"
    asks: tuple[Ask, ...] = ()
    graded: tuple[Graded, ...] = ()


class Placed(Value, frozen=True, kw_only=True):
    """A row with what is known of it before any check has run: the least ``rank`` comes first."""

    item: Item
    rank: int
    why: tuple[Why, ...] = ()


def pair_items(path: Path, *, progress: Progress = silent) -> list[Placed]:
    """Read a pairs file; answers that contradict each other come before the rest.

    Raises:
        InputError: the file can't be read, or an id stands twice.
    """
    frame = read_with_examples(path).select("id", "task", "prompt", "completion", "slots")
    _one_each(path, frame["id"].to_list())
    items = []
    answers: dict[str, set[str]] = {}
    for number, row in enumerate(frame.iter_rows(named=True), 1):
        prompt = tuple(Message(role=one["role"], content=one["content"]) for one in row["prompt"])
        said = tuple(Message(role=one["role"], content=one["content"]) for one in row["completion"])
        item = Item(
            id=row["id"],
            hash=text_hash(prompt, said),
            task=row["task"],
            prompt=prompt,
            answer=said[-1].content if said else "",
            slots={slot["name"]: slot["value"] for slot in row["slots"]},
        )
        items.append(item)
        answers.setdefault(_asked(item), set()).add(item.answer)
        if number % _EVERY == 0 or number == frame.height:
            progress("read", number, frame.height)
    return _ordered(_contradicting(items, answers))


def _contradicting(items: Sequence[Item], answers: Mapping[str, set[str]]) -> Iterator[Placed]:
    for item in items:
        many = len(answers[_asked(item)])
        why = (("many", str(many)),) if many > 1 else ()
        yield Placed(item=item, rank=CONTRADICTS if many > 1 else REST, why=why)


# Ranks, the least first. Of pairs: a broken rule, several answers to one question, a rule that nothing can
# decide. Of evaluations: lost against another arm, graders that disagree, ungraded, near a threshold, failed.
BROKEN, CONTRADICTS, UNDECIDED = 0, 1, 2
LOST, DISAGREE, UNSCORED, BORDERLINE, FAILED = 0, 1, 2, 3, 4
REST = 9


def run_items(folder: Path, *, opinions: Path | None = None, arm: Arm = "after") -> list[Placed]:
    """Read the answers of an arm of an evaluation, those first that another arm had right.

    ``opinions`` (of `workbench judge`) puts answers on which the judge and the graders disagree next.

    Raises:
        InputError: no evaluation there, or none with that arm.
    """
    cases = {one.id: one for one in _lines(folder / "cases.jsonl", Case)}
    said = {(one.case_id, one.arm): one.text for one in _lines(folder / "completions.jsonl", _Said)}
    rows = _grades(read_parquet(folder / "grades.parquet"))
    texts = _rule_texts(folder)
    against = _disagreeing(folder, rows, opinions, arm)
    found = []
    for (name, answering), text in sorted(said.items()):
        if answering != arm or name not in cases:
            continue
        rank, why = _lost(name, rows, against.get(name), arm)
        teacher = "" if arm == "teacher" else said.get((name, "teacher"), "")
        item = _answered(cases[name], text, rows.get((name, arm), ()), teacher, texts)
        found.append(Placed(item=msgspec.structs.replace(item, arm=arm), rank=rank, why=why))
    if not found:
        _no_such_arm(folder, arm, {answering for _, answering in said})
    return _ordered(found)


def _no_such_arm(folder: Path, arm: str, there: set[str]) -> NoReturn:
    raise InputError(
        Finding(
            where=str(folder / "completions.jsonl"),
            found=f"no answer of the arm {arm!r}",
            expected=f"one of: {', '.join(sorted(there)) or 'none is there'}",
            fix="Name another --arm, or evaluate with that arm.",
        )
    )


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    arm: str
    text: str


class _Opinion(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    arm: str
    label: str
    rule: str | None = None


_Rows = dict[tuple[str, str], tuple[Graded, ...]]


def _grades(frame: Any) -> _Rows:
    """Lay grades out by case and arm; a suite's grade has the name of its behaviour."""
    columns = [name for name in ("rule", "grader", "detail") if name in frame.columns]
    found: dict[tuple[str, str], list[Graded]] = {}
    for row in frame.select("case_id", "arm", "label", *columns).iter_rows(named=True):
        one = Graded(
            name=row.get("rule") or row.get("grader") or "",
            label=row["label"],
            detail=row.get("detail") or "",
        )
        found.setdefault((row["case_id"], row["arm"]), []).append(one)
    return {key: tuple(held) for key, held in found.items()}


def _rule_texts(folder: Path) -> dict[str, str]:
    """Return the wording of each rule by its id, where the verdicts stand beside the answers."""
    path = folder / "verdicts.json"
    if not path.is_file():
        return {}
    rules = msgspec.json.decode(path.read_bytes()).get("rules", [])
    return {one["id"]: one["text"] for one in rules}


def _answered(
    case: Case, text: str, graded: tuple[Graded, ...], teacher: str, texts: Mapping[str, str]
) -> Item:
    prompt = tuple(Message(role=name, content=value) for name, value in case.slots.items())
    return Item(
        id=case.id,
        hash=text_hash(prompt, (Message(role="assistant", content=text),)),
        task=case.behaviour,
        prompt=prompt,
        answer=text,
        slots=dict(case.slots),
        expected=teacher,
        reference=case.reference or "",
        expect=dict(case.expect),
        lang=case.lang,
        asks=tuple(_asks(case, graded, texts)),
        graded=graded,
    )


def _asks(case: Case, graded: Sequence[Graded], texts: Mapping[str, str]) -> Iterator[Ask]:
    if case.behaviour == HELDOUT:
        for one in graded:
            if one.label != "not_applicable":
                yield Ask(name=one.name, choices=PASS_OR_FAIL, text=texts.get(one.name, one.name))
    elif case.behaviour in _ASKED:
        yield Ask(name=case.behaviour, choices=_ASKED[case.behaviour])


def _lost(name: str, rows: _Rows, disagreed: Why | None, arm: Arm) -> tuple[int, tuple[Why, ...]]:
    """Rank a case: lost against another arm, disagreed about, ungraded, failing, the rest."""
    labels = {one: Counter(held.label for held in rows.get((name, one), ())) for one in ARMS}
    fails = {one: labels[one]["fail"] for one in ARMS}
    better = [one for one in ARMS if one != arm and labels[one] and fails[one] < fails[arm]]
    also = (disagreed,) if disagreed else ()
    if better:
        return LOST, (("better", ", ".join(better), str(fails[arm])), *also)
    if disagreed:
        return DISAGREE, also
    if labels[arm]["unscored"]:
        return UNSCORED, (("unscored", str(labels[arm]["unscored"])),)
    return (FAILED, (("failed", str(fails[arm])),)) if fails[arm] else (REST, ())


def _disagreeing(folder: Path, rows: _Rows, opinions: Path | None, arm: Arm) -> dict[str, Why]:
    """Find answers on which two measurements differ: a judge and a grader, or the samples of one case."""
    import polars as pl

    found: dict[str, Why] = {}
    samples = folder / "samples.parquet"
    if samples.is_file():
        every = read_parquet(samples).filter((pl.col("arm") == arm) & pl.col("label").is_in(["pass", "fail"]))
        by = every.group_by("case_id", "rule").agg(pl.col("label").n_unique().alias("labels"))
        for name in by.filter(pl.col("labels") > 1)["case_id"].unique().to_list():
            found[name] = ("unsteady",)
    for one in _lines(opinions, _Opinion) if opinions else ():
        graded = {held.name: held.label for held in rows.get((one.case_id, one.arm), ())}
        label = graded.get(one.rule) if one.rule else _whole(graded)
        if one.arm == arm and {label, one.label} == {"pass", "fail"}:
            found[one.case_id] = ("judge", one.rule or "", one.label)
    return found


def _whole(graded: Mapping[str, str]) -> str:
    return "fail" if "fail" in graded.values() else "pass" if "pass" in graded.values() else ""


def _asked(item: Item) -> str:
    return content_id(*(part for message in item.prompt for part in (message.role, message.content)))


def _one_each(path: Path, ids: Sequence[str]) -> None:
    twice = [name for name, n in Counter(ids).items() if n > 1]
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


def _ordered(placed: Any) -> list[Placed]:
    """Order by hash: no file order, and the same for everybody; the rank comes before it in the queue."""
    return sorted(placed, key=lambda one: (content_id(one.item.id), one.item.id))


def _lines(path: Path, kind: Any) -> list[Any]:
    try:
        return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines() if line]
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise InputError(
            Finding(
                where=str(path),
                found=str(error)[:200],
                expected="what `workbench eval` (or `judge`, without --prefer) writes",
                fix="Give a pairs file, or the folder of an evaluation.",
            )
        ) from error
