"""Carries a teacher's answers into pairs or logs on the disk, with every row accounted for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks import compile_contract
from workbench.convert import read_templates
from workbench.convert.infer import infer_contract
from workbench.convert.pairs import PairMaker
from workbench.errors import ConfigError, Finding, InvariantError
from workbench.io.frames import frame_to_pairs, pairs_to_frame, read_pairs
from workbench.io.places import copy_own
from workbench.io.readers.calls import read_calls
from workbench.io.rundir import write_json, write_text
from workbench.ports import silent
from workbench.records import Case, LogRecord, Message
from workbench.teaching.asking import Question, Tally, ask
from workbench.teaching.taking import BUDGET, Refused, Taken, broken, counted, take
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.checks import CompiledRules
    from workbench.contracts import Contract
    from workbench.ports import Backend, Progress, Tokenizer
    from workbench.recipe import TeacherStage
    from workbench.records import Pair, Template

COPIED = ("templates.json", "contract.yaml", "contracts", "examples.parquet")


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A question with the answer it has already, if any."""

    question: Question
    logged: str | None


@dataclass(frozen=True, kw_only=True)
class _Lesson:
    """Everything that came of one round of asking; ``taken`` by question id, of the rows that were asked."""

    taken: Mapping[str, Taken]
    refused: Sequence[Refused]
    tally: Tally


def teach_pairs(
    converted: Path,
    out: Path,
    *,
    stage: TeacherStage,
    backend: Backend,
    tokenizer: Tokenizer,
    contracts: Sequence[Contract],
    progress: Progress = silent,
) -> dict[str, Any]:
    """Answer the pairs of a conversion anew by running their long prompts, and write a conversion again.

    Writes pairs.parquet (rows that were asked and gave no answer to take are left out), rejected.jsonl,
    summary.json, and the templates and contracts as they were. Returns the summary.

    Raises:
        ConfigError: a task without contract.
        InvariantError: in isn't kept + rejected.
    """
    form, templates = read_templates(converted)
    pairs = frame_to_pairs(read_pairs(converted / "pairs.parquet"))
    rules = {contract.task: compile_contract(contract) for contract in contracts}
    rows = [_pair_row(pair, templates) for pair in pairs]
    lesson = _teach(rows, stage, rules=rules, backend=backend, progress=progress)
    gone = {one.id for one in lesson.refused if one.sample < 0}
    make = PairMaker(form=form, tokenizer=tokenizer)
    kept = []
    for pair in pairs:
        taken = lesson.taken.get(pair.id)
        if taken is None and pair.id not in gone:
            kept.append(pair)
        elif taken is not None and taken.text is not None:
            kept.append(_answered(pair, taken.text, taken, make=make, templates=templates, by=stage.name))
    out.mkdir(parents=True, exist_ok=True)
    pairs_to_frame(kept).write_parquet(out / "pairs.parquet")
    copy_own(converted, out, COPIED)
    return _write(out, stage, lesson, rows=len(pairs), kept=len(kept))


def teach_logs(
    logs: Sequence[Path],
    out: Path,
    *,
    stage: TeacherStage,
    backend: Backend,
    contract: Contract | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Answer the calls of logs by running their prompts as logged, and write a log that `convert` takes.

    Answers are held against ``contract``, or against the rules read from each system prompt. Writes
    answered.jsonl, rejected.jsonl (refused samples), rejects.jsonl (rows that are no call), summary.json.

    Raises:
        InputError: a log can't be read.
        InvariantError: in isn't kept + rejected.
    """
    read = read_calls(logs, progress=progress)
    rows = [_log_row(number, record) for number, record in enumerate(read.records)]
    rules = _log_rules(read.records, rows, contract)
    lesson = _teach(rows, stage, rules=rules, backend=backend, progress=progress)
    gone = {one.id for one in lesson.refused if one.sample < 0}
    lines = []
    for row, record in zip(rows, read.records, strict=True):
        taken = lesson.taken.get(row.question.id)
        if taken is None and row.logged is not None and row.question.id not in gone:
            lines.append(_line(record, record.completion, {}))
        elif taken is not None and taken.text is not None:
            said = (Message(role="assistant", content=taken.text),)
            lines.append(_line(record, said, _about(taken, by=stage.name)))
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "answered.jsonl", "".join(lines))
    unread = "".join(msgspec.json.encode(one).decode() + "\n" for one in read.rejects)
    write_text(out / "rejects.jsonl", unread)
    return _write(out, stage, lesson, rows=read.rows, kept=len(lines), unread=len(read.rejects))


def _teach(
    rows: Sequence[_Row],
    stage: TeacherStage,
    *,
    rules: Mapping[str, CompiledRules],
    backend: Backend,
    progress: Progress,
) -> _Lesson:
    missing = sorted({row.question.task for row in rows} - set(rules))
    if missing:
        raise ConfigError(
            Finding(
                where=f"task {missing[0]!r}",
                found="no contract for it",
                expected=f"a contract with that task; there are: {sorted(rules)}",
                fix="Give the contract that `workbench convert` wrote beside the pairs.",
            )
        )
    asked = [row.question for row in rows if _wanted(row, stage, rules[row.question.task])]
    answers, tally = ask(asked, stage, backend=backend, progress=progress)
    taken = {
        question.id: take(question, answers[question.id], rules=rules[question.task], stage=stage)
        for question in asked
        if question.id in answers
    }
    refused = [one for found in taken.values() for one in found.refused]
    refused += [Refused(id=name, sample=-1, reason=BUDGET) for name in tally.not_asked]
    return _Lesson(taken=taken, refused=refused, tally=tally)


def _wanted(row: _Row, stage: TeacherStage, rules: CompiledRules) -> bool:
    if stage.which == "all" or row.logged is None:
        return True
    return stage.which == "broken" and bool(broken(row.question, row.logged, rules=rules, stage=stage))


def _pair_row(pair: Pair, templates: Mapping[str, Template]) -> _Row:
    if pair.template_id not in templates:
        raise ConfigError(
            Finding(
                where=f"pair {pair.id!r}",
                found=f"template {pair.template_id!r}, which isn't there",
                expected=f"one of {', '.join(sorted(templates))}",
                fix="Give the directory that `workbench convert` wrote, templates.json beside the pairs.",
            )
        )
    question = Question(
        id=pair.id,
        task=pair.task,
        prompt=templates[pair.template_id].render(pair.slot_values),
        case=Case(id=pair.id, behaviour="rules", slots=pair.slot_values),
    )
    return _Row(question=question, logged=pair.output or None)


def _answered(
    pair: Pair, text: str, taken: Taken, *, make: PairMaker, templates: Mapping[str, Template], by: str
) -> Pair:
    template = templates[pair.template_id]
    record = LogRecord(
        prompt=template.render(pair.slot_values),
        completion=(Message(role="assistant", content=text),),
        source=pair.source,
    )
    made = make(record, template, [pair.slot_values[hole.name] for hole in template.holes])
    meta = {**pair.meta, **_about(taken, by=by), "id_before": pair.id}
    return msgspec.structs.replace(made, meta=meta)


def _about(taken: Taken, *, by: str) -> dict[str, Any]:
    return {"teacher": {"by": by, "agreement": round(taken.agreement, 4)}}


def _log_row(number: int, record: LogRecord) -> _Row:
    name = record.id or f"{record.source.file}:{record.source.line or record.source.record}"
    last = next((m.content for m in reversed(record.prompt) if m.role == "user"), "")
    question = Question(
        id=f"{number}:{name}",
        task=content_id(_system(record)),
        prompt=record.prompt,
        case=Case(id=name, behaviour="rules", slots={"question": last}),
    )
    return _Row(question=question, logged=record.completion[-1].content if record.completion else None)


def _log_rules(
    records: Sequence[LogRecord], rows: Sequence[_Row], contract: Contract | None
) -> dict[str, CompiledRules]:
    """Compile the rules of every system prompt once."""
    rules: dict[str, CompiledRules] = {}
    for record, row in zip(records, rows, strict=True):
        task = row.question.task
        if task not in rules:
            read = contract or infer_contract(_system(record), template_id=task, task=task)
            rules[task] = compile_contract(read)
    return rules


def _system(record: LogRecord) -> str:
    return "\n\n".join(message.content for message in record.prompt if message.role == "system")


def _line(record: LogRecord, completion: Sequence[Message], about: dict[str, Any]) -> str:
    said = [{**m.extra, "role": m.role, "content": m.content} for m in (*record.prompt, *completion)]
    row = {"messages": said, **record.meta, **about}
    if record.id is not None:
        row["id"] = record.id
    return msgspec.json.encode(row).decode() + "\n"


def _write(
    out: Path, stage: TeacherStage, lesson: _Lesson, *, rows: int, kept: int, unread: int = 0
) -> dict[str, Any]:
    lines = [msgspec.json.encode(asdict(one)).decode() + "\n" for one in lesson.refused]
    write_text(out / "rejected.jsonl", "".join(lines))
    empty = sum(taken.text is None for taken in lesson.taken.values())
    rejected = empty + len(lesson.tally.not_asked) + unread
    if rows != kept + rejected:
        raise InvariantError(f"{rows} rows in, {kept} kept, {rejected} rejected: they must add up")
    tally = lesson.tally
    summary = {
        "in": rows,
        "kept": kept,
        "rejected": rejected,
        "answered": len(lesson.taken) - empty,
        "untouched": kept - len(lesson.taken) + empty,
        "without_answer": empty,
        "not_asked": len(tally.not_asked),
        "unread": unread,
        "teacher": stage.name,
        "samples": tally.samples,
        "refused_samples": counted([one for one in lesson.refused if one.sample >= 0]),
        "tokens": {"prompt": tally.prompt_tokens, "completion": tally.completion_tokens},
        "seconds": round(tally.seconds, 2),
    }
    write_json(out / "summary.json", summary)
    return summary
