"""Keeps only questions that stand alone and answers that their chunk supports, and finds what stays open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from workbench.checks.abstention import abstention
from workbench.checks.grounding import read_support
from workbench.graders import Grounding
from workbench.records import Case
from workbench.text import content_id, fold, has_han

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.knowledge.documents import Chunk, Found

UNSUPPORTED = "the chunk does not support the answer"
EMPTY = "no question or no answer"
LEANS = "the question leans on a text that the reader can't see"
TWICE = "asked already with another answer"
ANSWERED = "a document may answer it"
_LEANS = re.compile(
    r"\b(?:this|the|that) (?:text|passage|document|section|paragraph|article|excerpt)\b|\b(?:above|below)\b|"
    r"(?:本文|该文|文中|上文|下文|这段|该段|上述)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![\d.,])\d{2,}(?![\d.,]*\d)")
_CODE = re.compile(
    r"(?<![A-Za-z0-9-])(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*(?![A-Za-z0-9-])"
)
_AMOUNT = re.compile(r"(?<![A-Za-z\d.,:-])\d+(?:[.,:/]\d+)*(?![A-Za-z\d])")
_WORD = re.compile(r"[\w'’-]+")
_FEW_WORDS = 4
_SUPPORT = 0.8


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A question that goes, and why."""

    question: str
    answer: str
    chunk: str
    reason: str
    detail: str = ""


def check(found: Sequence[Found]) -> tuple[list[Found], list[Rejected]]:
    """Hold every pair against its chunk with the grounding grader; a question counts once.

    Of two equal questions with the same answer the later becomes no pair; with another answer it is rejected.
    Paraphrases that lean on the text, or ask what was asked already, are left out one by one.
    """
    kept: list[Found] = []
    rejected: list[Rejected] = []
    known: dict[str, str] = {}
    for one in found:
        why = _fault(one, known)
        if why is not None:
            rejected.append(why)
            continue
        known[fold(one.question)] = fold(one.answer)
        told = []
        for text in one.paraphrases:
            if not _LEANS.search(text) and fold(text) not in known:
                known[fold(text)] = fold(one.answer)
                told.append(text)
        kept.append(msgspec.structs.replace(one, paraphrases=tuple(told)))
    return kept, rejected


def open_questions(
    asked: Sequence[tuple[str, Chunk]], chunks: Sequence[Chunk]
) -> tuple[list[tuple[str, Chunk]], list[Rejected]]:
    """Keep the questions whose content no chunk carries to four fifths."""
    kept, rejected = [], []
    for question, chunk in asked:
        near = next(
            (c for c in chunks if read_support(question, c.text).claims and _carries(c, question)), None
        )
        if _LEANS.search(question) or near is not None:
            reason = LEANS if near is None else ANSWERED
            rejected.append(Rejected(question=question, answer="", chunk=chunk.id, reason=reason))
        else:
            kept.append((question, chunk))
    return kept, rejected


def made_open(found: Sequence[Found], chunks: Sequence[Chunk]) -> Iterator[tuple[str, Chunk]]:
    """Turn questions with a figure or an identifier into ones on a figure that stands in no document."""
    everything = "\n".join(f"{chunk.title}\n{chunk.text}" for chunk in chunks)
    taken = {fold(one.question) for one in found}
    for one in found:
        match = _CODE.search(one.question) or _FIGURE.search(one.question)
        if match is None:
            continue
        other = _unheard(match.group(), everything)
        question = one.question[: match.start()] + other + one.question[match.end() :]
        if fold(question) not in taken:
            yield question, one.chunk


def key_facts(answer: str, question: str) -> list[str]:
    """Return what settles an answer: an identifier or figure that the question lacks, or its few new words.

    Where neither can be told: all of a short answer, and nothing of a long one.
    """
    asked = fold(question)
    found = [match.group() for match in (*_CODE.finditer(answer), *_AMOUNT.finditer(answer))]
    new = sorted({one for one in found if fold(one) not in asked}, key=lambda text: (-len(text), text))
    short = answer.strip().rstrip(".。")
    return new[:1] or _new_words(short, asked) or ([short] if len(short) <= _short(answer) else [])


def _new_words(answer: str, asked: str) -> list[str]:
    """Return the words of an answer that the question lacks, where few stand together and no others do."""
    if has_han(answer) or len(answer) > _short(answer):
        return []
    words = list(_WORD.finditer(answer))
    new = [i for i, word in enumerate(words) if not re.search(rf"\b{re.escape(fold(word.group()))}\b", asked)]
    if not new or new[-1] - new[0] >= min(len(new), _FEW_WORDS):
        return []
    return [answer[words[new[0]].start() : words[new[-1]].end()]]


def _short(answer: str) -> int:
    return 12 if has_han(answer) else 40


def _fault(one: Found, known: dict[str, str]) -> Rejected | None:
    def because(reason: str, detail: str = "") -> Rejected:
        return Rejected(
            question=one.question, answer=one.answer, chunk=one.chunk.id, reason=reason, detail=detail
        )

    if not one.question or not one.answer:
        return because(EMPTY)
    if _LEANS.search(one.question):
        return because(LEANS)
    if fold(one.question) in known:
        same = known[fold(one.question)] == fold(one.answer)
        return because("asked already" if same else TWICE)
    case = Case(
        id=one.chunk.id,
        behaviour="grounding",
        slots={"context": f"{one.chunk.title}\n{one.chunk.text}", "question": one.question},
        expect={"answerable": True},
    )
    grade = Grounding()(case, one.answer)
    gone = abstention(one.answer) if fold(one.answer) not in fold(one.chunk.text) else None
    if grade.label != "pass" or gone is not None:
        pieces = ", ".join(evidence.text for evidence in grade.evidence)
        return because(UNSUPPORTED, pieces or grade.detail)
    return None


def _carries(chunk: Chunk, question: str) -> bool:
    claims = read_support(question, f"{chunk.title}\n{chunk.text}").claims
    return all(claim.overlap >= _SUPPORT and not claim.unsupported for claim in claims)


def _unheard(text: str, everything: str) -> str:
    """Return a figure or identifier of the same form that stands nowhere in the documents."""
    turn = 0
    while True:
        digits = iter(str(int(content_id(text, str(turn)), 16)))
        other = "".join(next(digits, "7") if c.isdigit() else c for c in text)
        if other != text and other not in everything and not other.startswith("0"):
            return other
        turn += 1
