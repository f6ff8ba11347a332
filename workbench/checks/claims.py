"""Holds each claim of an answer against its context with the measured scorer, and quotes what it lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from workbench.checks.abstention import abstention
from workbench.checks.antonyms import opposes
from workbench.checks.grounding import Support, content, denies_something, read_support
from workbench.checks.quantities import off_by_date, off_by_unit
from workbench.checks.support import judged_whole, support_of
from workbench.records import Evidence
from workbench.text import has_han, sentences

ClaimKind = Literal["claim", "abstention", "courtesy"]
_NOT_DENIED, _SAME, _LEAST, _FEW = re.compile(r"不是|并非|没有|不|没|未|无|非"), 0.8, 2, 2
# What is hardly ever seen in an answer that people found supported, and content words enough for a claim.
# A claim of which a hard piece is wrong is never supported, however much of the rest stands there.
_HARD = 0.4
_SURE, _MANY = frozenset({"number", "unit", "date", "opposite"}), 4
_CLAUSE = re.compile("[,，;；:：]")
_BUT = re.compile(
    r"(?:[,;]\s*|(?<!\s)\s+)(?=(?:but|however|though|although|still)\b)|[,，;；]\s*(?=(?:但|不过|然而|可是))"
)
# A polite sentence is about the speaker or the reader, and states nothing of the matter; a guess states it.
_POLITE = re.compile(
    r"\b(?:i|we|i'm|we're|i'll|we'll|let me|let us|feel free|happy to|glad to|please|sorry|thank|welcome|"
    r"hello|hi|you (?:can|could|may|might|should)|your)\b|请|抱歉|对不起|您好|你好|谢谢|感谢|建议|联系|"
    r"我们?(?:可以|会|很|将)|(?:您|你)可以",
    re.IGNORECASE,
)
_GUESS = re.compile(
    r"\b(?:think|believe|guess|suppose|assume|suspect|expect|bet|sure|would say|seems?)\b|"
    r"认为|觉得|估计|猜|应该|大概",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class HeldClaim:
    """One claim with its place: how far the context carries it in [0, 1], and the pieces that it doesn't.

    ``kind`` is ``abstention`` where it says that the answer isn't there, ``courtesy`` where it states
    nothing.
    """

    text: str
    start: int
    kind: ClaimKind
    score: float
    unsupported: tuple[Evidence, ...]


def held_claims(
    output: str, context: str, *, question: str = "", whole: float | None = None
) -> tuple[HeldClaim, ...]:
    """Split ``output`` into claims and hold each against ``context``.

    Claims are sentences, parted again at "but". A claim's score is that of :func:`support_of`, cut down where
    a number, unit, date, identifier or name of it stands in the context in no such way, or where it says the
    opposite of the nearest line (negation; antonyms). Long English answers and summaries are scored as a
    whole (:func:`judged_whole`: that is right more often there, docs/graders/grounding.md has the figures of
    both); there a claim is weaker than the whole only by its units, dates and opposites, or where
    the context has no word of it. ``whole`` gives the score of a long answer, where it is known already.
    """
    if not judged_whole(output, question=question):
        whole = None
    elif whole is None:
        whole = support_of(output, context, question=question)
    held, at = [], 0
    for sentence in sentences(output):
        for piece in _BUT.split(sentence):
            if not content(piece):
                continue
            at = max(output.find(piece, at), 0)
            held.append(_held(piece, at, context, question, whole))
            at += len(piece)
    return tuple(held)


def carried(output: str, context: str, *, question: str = "", whole: float | None = None) -> float:
    """Return how far ``context`` carries the weakest claim of ``output``, in [0, 1]."""
    held = held_claims(output, context, question=question, whole=whole)
    return min((one.score for one in held), default=0.0)


def _held(piece: str, at: int, context: str, question: str, whole: float | None) -> HeldClaim:
    rule = read_support(piece, context, question=question)
    hard = tuple(_moved(one, at) for one in _hard(piece, context, question, rule))
    overlap = min((one.overlap for one in rule.claims), default=1.0)
    score = support_of(piece, context, question=question)
    if overlap >= 1.0:
        score = max(score, rule.score)  # all its content stands there, however few of its small words do
    if whole is not None and (overlap > 0 or len(content(piece)) < _MANY):
        score, hard = whole, tuple(one for one in hard if one.what in _SURE)
    if abstention(piece) is not None:
        kind: ClaimKind = "abstention"
    elif _POLITE.search(piece.replace("’", "'")) and not _GUESS.search(piece) and not hard:
        kind = "courtesy"
    else:
        kind = "claim"
    return HeldClaim(
        text=piece, start=at, kind=kind, score=score * (_HARD if hard else 1.0), unsupported=hard
    )


def _hard(piece: str, context: str, question: str, rule: Support) -> list[Evidence]:
    source = f"{context}\n{question}"
    found = [one for one in rule.unsupported if one.what not in {"not in the context", "negation"}]
    found += [*off_by_unit(piece, source), *off_by_date(piece, source)]
    if _opposite(piece, context):
        found.append(Evidence(what="opposite", text=piece, start=0, end=len(piece)))
    return found


def _opposite(piece: str, context: str) -> bool:
    """Tell whether a claim differs from the lines and clauses nearest to it by a negation or an antonym."""
    bare = _bare(piece)
    lines = sentences(context)
    lines += [part for line in lines for part in _CLAUSE.split(line) if part != line]
    if len(bare) < _LEAST or not lines:
        return False
    shares = [len(bare & _bare(line)) / len(bare) for line in lines]
    share = max(shares)
    nearest = [line for line, one in zip(lines, shares, strict=True) if one == share]
    if share >= (_SAME if len(bare) > _FEW else 1.0):
        return all(denies_something(piece) != denies_something(line) for line in nearest)
    near = _bare(nearest[0])
    turned = [word for word in bare - near if opposes(word, near)]
    return bool(turned) and share + len(turned) / len(bare) >= _SAME


def _bare(line: str) -> frozenset[str]:
    return content(_NOT_DENIED.sub("", line)) if has_han(line) else content(line)


def _moved(one: Evidence, at: int) -> Evidence:
    start = one.start + at if one.start >= 0 else -1
    return Evidence(
        what=one.what, text=one.text, start=start, end=start + len(one.text) if start >= 0 else -1
    )
