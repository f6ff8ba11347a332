"""Has a teacher write questions and answers from chunks, and questions that the chunks leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks.jsontext import read_json
from workbench.knowledge.documents import Found
from workbench.records import Message
from workbench.text import language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.knowledge.documents import Chunk
    from workbench.ports import Backend, Progress
    from workbench.recipe import KnowledgeStage
    from workbench.records import Messages

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "pairs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "question": {"type": "string"},
                    "answer": {"type": "string"},
                    "paraphrases": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["question", "answer", "paraphrases"],
                "additionalProperties": False,
            },
        },
        "unanswerable": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["pairs", "unanswerable"],
    "additionalProperties": False,
}
_ASK = {
    "en": (
        "Write questions that a reader could ask, and answers that the text below alone supports.\n"
        "- {pairs} questions, each with its answer in one or two sentences, in the words of the text.\n"
        "- Each question names what it is about: it must be understood by somebody who can't see the text.\n"
        "- For each question {paraphrases} paraphrases that ask the same in other words.\n"
        "- {open} questions on the same subject that the text doesn't answer.\n"
        'Answer with JSON alone: {{"pairs": [{{"question": "…", "answer": "…", "paraphrases": ["…"]}}], '
        '"unanswerable": ["…"]}}'
    ),
    "zh": (
        "根据下面的文本，写出读者可能提出的问题，答案只能依据该文本。\n"
        "- 写 {pairs} 个问题，每个答案一两句话，尽量使用原文的词语。\n"
        "- 问题要写明所问的对象，看不到文本的人也能读懂。\n"
        "- 每个问题再写 {paraphrases} 个意思相同、说法不同的问法。\n"
        "- 另写 {open} 个同一主题、但文本没有回答的问题。\n"
        '只输出 JSON：{{"pairs": [{{"question": "…", "answer": "…", "paraphrases": ["…"]}}], '
        '"unanswerable": ["…"]}}'
    ),
}


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a teacher wrote: pairs, open questions with the chunk they were asked beside, and what failed."""

    found: tuple[Found, ...]
    unanswerable: tuple[tuple[str, Chunk], ...]
    failed: tuple[tuple[str, Chunk], ...]


def request(chunk: Chunk, stage: KnowledgeStage) -> Messages:
    """Return the prompt that asks for questions about a chunk, in the chunk's language."""
    text = _ASK["zh" if language(chunk.text)[0] == "zh" else "en"]
    asked = text.format(pairs=stage.pairs, paraphrases=stage.paraphrases, open=stage.unanswerable)
    head = f"{chunk.title}\n\n" if chunk.title else ""
    return (Message(role="system", content=asked), Message(role="user", content=head + chunk.text))


def write(
    chunks: Sequence[Chunk],
    *,
    stage: KnowledgeStage,
    backend: Backend,
    progress: Progress,
) -> Written:
    """Ask the teacher about every chunk; an answer that can't be read is a failure, never a pair."""
    # Only a service binds free text to a schema; what another writes that can't be read counts as a failure.
    bound = stage.teacher is not None and stage.teacher.startswith("openai:")
    sampling = msgspec.structs.replace(stage.sampling, schema=SCHEMA) if bound else stage.sampling
    prompts = [request(chunk, stage) for chunk in chunks]
    found: list[Found] = []
    open_: list[tuple[str, Chunk]] = []
    failed: list[tuple[str, Chunk]] = []
    answers = backend.generate(prompts, sampling, progress=progress)
    for chunk, answer in zip(chunks, answers, strict=True):
        read = read_json(answer.text).value
        if answer.finish != "stop" or not isinstance(read, dict) or not isinstance(read.get("pairs"), list):
            failed.append(
                ("no answer" if answer.finish == "error" else "an answer that can't be read", chunk)
            )
            continue
        found += [_found(one, chunk) for one in read["pairs"] if isinstance(one, dict)]
        open_ += [(text, chunk) for text in _texts(read.get("unanswerable"))]
    return Written(found=tuple(found), unanswerable=tuple(open_), failed=tuple(failed))


def _found(one: dict[str, Any], chunk: Chunk) -> Found:
    question, answer = (str(one.get(key) or "").strip() for key in ("question", "answer"))
    told = tuple(text for text in _texts(one.get("paraphrases")) if text != question)
    return Found(question=question, answer=answer, chunk=chunk, paraphrases=told)


def _texts(value: Any) -> list[str]:
    return (
        [one.strip() for one in value if isinstance(one, str) and one.strip()]
        if isinstance(value, list)
        else []
    )
