"""Makes pairs without context, and suites with and without an answer, out of checked questions."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.backends import KeptBackend, open_backend
from workbench.convert.files import TEMPLATES, TEMPLATES_VERSION, TemplateFile, write_contracts
from workbench.convert.infer import infer_contract
from workbench.convert.pairs import PairMaker
from workbench.errors import Finding, InputError, InvariantError
from workbench.io.frames import pairs_to_frame
from workbench.io.rundir import write_json, write_text
from workbench.knowledge.checking import Rejected, check, key_facts, made_open, open_questions
from workbench.knowledge.documents import read_library
from workbench.knowledge.writing import Written, write
from workbench.ports import silent
from workbench.records import (
    Case,
    Hole,
    LogRecord,
    Message,
    Pair,
    Static,
    Template,
    TemplateMessage,
)  # fmt: skip
from workbench.text import content_id, has_han

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.contracts import Contract
    from workbench.knowledge.documents import Chunk, Found, Library
    from workbench.ports import Progress, Tokenizer
    from workbench.recipe import KnowledgeStage

TASK = "knowledge"
SUITES = "suites"
_ANSWERS = "answers.jsonl"
_SYSTEM = {
    "en": "Answer the question only from the context. If the context does not hold the answer, say: "
    "{unknown}",
    "zh": "只根据资料回答问题。如果资料中没有答案，请说：{unknown}",
}
_LABELS = {"en": ("Context:\n", "\n\nQuestion: "), "zh": ("资料：\n", "\n\n问题：")}


@dataclass(kw_only=True)
class Knowledge:
    """Everything that comes out, before it is written."""

    pairs: list[Pair] = field(default_factory=list)
    closed: list[Case] = field(default_factory=list)
    opened: list[Case] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    templates: dict[str, Template] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def learn(
    stage: KnowledgeStage, out: Path, *, tokenizer: Tokenizer, progress: Progress = silent
) -> dict[str, Any]:
    """Read documents, have questions written where a teacher is named, check them, and write what is kept.

    Answers of the teacher that stand in ``out`` from before aren't asked for again. Returns the summary.

    Raises:
        InputError: no document can be read, or nothing is left to learn.
        UserError: the teacher can't be reached.
    """
    library = read_library([Path(name) for name in stage.docs], max_words=stage.max_words)
    written = Written(found=(), unanswerable=(), failed=())
    answers = out / _ANSWERS
    if stage.teacher is not None:
        opened = open_backend(stage.teacher, where="teacher")
        kept = KeptBackend(opened.backend, answers, identity=opened.identity)
        written = write(library.chunks, stage=stage, backend=kept, progress=progress)
    made = make(library, written, stage=stage, tokenizer=tokenizer)
    summary = write_knowledge(made, library, out, stage=stage)
    answers.unlink(missing_ok=True)
    return summary


def make(library: Library, written: Written, *, stage: KnowledgeStage, tokenizer: Tokenizer) -> Knowledge:
    """Check every question, and make pairs and suites of those that stay.

    Of a question with paraphrases the last wording is asked in the suite and never trained; one without is
    asked in its trained wording, in a slice of its own. All wordings of a chunk share a cluster.

    Raises:
        InputError: nothing is left to learn.
        InvariantError: questions don't add up.
    """
    everything = [*library.found, *written.found]
    kept, rejected = check(everything)
    if len(everything) != len(kept) + len(rejected):
        raise InvariantError(f"{len(everything)} questions, {len(kept)} kept, {len(rejected)} rejected")
    if not kept:
        raise InputError(_nothing(library, rejected))
    open_, not_open = open_questions(
        [*written.unanswerable, *made_open(kept, library.chunks)], library.chunks
    )
    failed = [Rejected(question="", answer="", chunk=c.id, reason=why) for why, c in written.failed]
    out = Knowledge(rejected=[*rejected, *not_open, *failed])
    maker = PairMaker(form=stage.form, tokenizer=tokenizer)
    for one in kept:
        _add(out, one, maker, stage)
    for question, chunk in open_:
        _add_open(out, question, chunk, maker, stage)
    out.figures = {
        "files": len(library.files),
        "chunks": len(library.chunks),
        "in": len(everything),
        "kept": len(kept),
        "rejected": len(rejected),
        "extracted": len(library.found),
        "written": len(written.found),
        "pairs": len(out.pairs),
        "closed_book": len(out.closed),
        "held_out_wordings": sum(case.slice == "held-out wording" for case in out.closed),
        "unanswerable": len(out.opened),
        "refused_files": library.refused,
        "unread_rows": len(library.unread) - library.refused,
        "other_kinds": library.other_kinds,
        "reasons": dict(sorted(Counter(one.reason for one in out.rejected).items())),
        "tokens": dict(maker.tokens),
    }
    return out


def write_knowledge(made: Knowledge, library: Library, out: Path, *, stage: KnowledgeStage) -> dict[str, Any]:
    """Write pairs, templates, contracts, suites, chunks and rejects as a conversion that `curate` takes."""
    out.mkdir(parents=True, exist_ok=True)
    pairs_to_frame(made.pairs).write_parquet(out / "pairs.parquet")
    held = TemplateFile(
        version=TEMPLATES_VERSION, compact=stage.form, templates=tuple(made.templates.values())
    )
    write_json(out / TEMPLATES, msgspec.to_builtins(held))
    write_contracts(_contracts(made), out)
    write_text(out / SUITES / "closed_book.jsonl", _lines(made.closed))
    if made.opened:
        write_text(out / SUITES / "unanswerable.jsonl", _lines(made.opened))
    write_text(out / "chunks.jsonl", _lines(library.chunks))
    write_text(out / "rejected.jsonl", _lines([*map(asdict, made.rejected), *library.unread]))
    write_json(out / "summary.json", made.figures)
    return made.figures


def template_for(lang: str, stage: KnowledgeStage) -> Template:
    """Return the prompt of a teacher: rules, context and question; compact, only the question is left."""
    unknown = stage.unknown_zh if lang == "zh" else stage.unknown_en
    before, between = _LABELS[lang]
    return Template(
        id=content_id(TASK, lang, unknown),
        task=TASK if lang == "en" else f"{TASK}-{lang}",
        messages=(
            TemplateMessage(role="system", parts=(Static(text=_SYSTEM[lang].format(unknown=unknown)),)),
            TemplateMessage(
                role="user",
                parts=(
                    Static(text=before),
                    Hole(name="context", type="context"),
                    Static(text=between),
                    Hole(name="question", type="question"),
                ),
            ),
        ),
    )


def _add(out: Knowledge, one: Found, maker: PairMaker, stage: KnowledgeStage) -> None:
    wordings = (one.question, *one.paraphrases)
    trained, asked = (wordings[:-1], wordings[-1]) if len(wordings) > 1 else (wordings, wordings[0])
    template = _template(out, one.question, stage)
    facts = key_facts(one.answer, one.question)
    for wording in trained:
        out.pairs.append(_pair(wording, one.answer, one.chunk, template, maker))
    out.closed.append(
        Case(
            id=f"closed-{content_id(asked, one.chunk.id)}",
            behaviour="grounding",
            slots={"context": _context(one.chunk), "question": asked},
            lang="zh" if has_han(asked) else "en",
            slice="held-out wording" if len(wordings) > 1 else "trained wording",
            cluster=one.chunk.id,
            reference=one.answer,
            expect={
                "answerable": True,
                "answer": facts,
                "template": template.id,
            },
        )
    )


def _add_open(out: Knowledge, question: str, chunk: Chunk, maker: PairMaker, stage: KnowledgeStage) -> None:
    template = _template(out, question, stage)
    unknown = stage.unknown_zh if has_han(question) else stage.unknown_en
    share = int(content_id("open", question), 16) / (1 << 64)
    if share < stage.train_open:
        out.pairs.append(_pair(question, unknown, chunk, template, maker))
        return
    out.opened.append(
        Case(
            id=f"open-{content_id(question)}",
            behaviour="grounding",
            slots={"context": _context(chunk), "question": question},
            lang="zh" if has_han(question) else "en",
            slice="unanswerable",
            cluster=chunk.id,
            reference=unknown,
            expect={"answerable": False, "answer": [], "template": template.id},
        )
    )


def _template(out: Knowledge, question: str, stage: KnowledgeStage) -> Template:
    made = template_for("zh" if has_han(question) else "en", stage)
    return out.templates.setdefault(made.id, made)


def _pair(question: str, answer: str, chunk: Chunk, template: Template, maker: PairMaker) -> Pair:
    values = {"context": _context(chunk), "question": question}
    record = LogRecord(
        prompt=template.render(values),
        completion=(Message(role="assistant", content=answer),),
        source=chunk.source,
    )
    made = maker(record, template, [values[hole.name] for hole in template.holes])
    return msgspec.structs.replace(made, meta={"cluster": chunk.id})


def _context(chunk: Chunk) -> str:
    return f"{chunk.title}\n{chunk.text}" if chunk.title else chunk.text


def _contracts(made: Knowledge) -> dict[str, Contract]:
    return {
        template.task: infer_contract(template.system, template_id=template.id, task=template.task)
        for template in made.templates.values()
    }


def _lines(values: Sequence[Any]) -> str:
    return "".join(msgspec.json.encode(value).decode() + "\n" for value in values)


def _nothing(library: Library, rejected: Sequence[Rejected]) -> Iterator[Finding]:
    first = rejected[0] if rejected else None
    yield Finding(
        where=", ".join(library.files[:3]),
        found=f"{len(rejected)} questions, none to keep; the first: {first.reason}"
        if first
        else "no question",
        expected="questions with their answers in the documents, or a teacher who writes them",
        fix="Give --teacher openai:URL or local:BASE, or documents with lines such as `Q: …` and `A: …`.",
    )
