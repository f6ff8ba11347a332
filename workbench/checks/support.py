"""Scores how far a context carries a text, by overlap, figures, negation and the words it adds."""

from __future__ import annotations

import math
import re
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from workbench.checks.antonyms import opposes
from workbench.checks.grounding import STOP, content, denies_something, numbers_of, read_support, stem
from workbench.checks.linear import bucket, load_linear, sigmoid
from workbench.text import has_han, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile(r"[a-zA-ZÀ-ɏ]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*")
_HAN_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万亿两几半]")
_STRICT = re.compile(
    r"最|只|都|全部|所有|从来|一定|必须|每|绝对|完全|仅|永远|唯一|比|更|因为|所以|由于|"
    r"主要|很多"
)
# Up to so many words an answer is held to its overlap alone; longer ones have content to get wrong. A text
# that answers no question is a summary from fewer words on: it says in its own words what the context does.
_SHORT_ANSWER, _SHORT_SUMMARY, _ENOUGH, _STEEP = 30, 12, 0.7, 8.0
# Characters up to which a Chinese context is a statement and not a passage.
_STATEMENT = 200


def support_of(output: str, context: str, *, question: str = "", min_overlap: float = 0.5) -> float:
    """Return how far ``context`` carries ``output``, in [0, 1]; from 0.5 on it is likelier carried than not.

    Short English answers are held to the share of their words that the context has; longer ones, and texts
    that answer no question, to a model over unsupported figures and names, negation, antonyms, and the words
    that the context lacks (see :func:`judged_whole`); every answer to a question also to the rules. Chinese
    beside a short context is held to what both have in common, beyond the question where there is one; other
    Chinese to its claims one by one.
    """
    if not output.strip():
        return 0.0
    if judged_whole(output, question=question):
        dense = claim_features(output, context, question)
        whole = load_linear("grounding_en").logit(novel_buckets(output, context), dense)
        if not question.strip():
            return sigmoid(whole)
        return sigmoid(whole + 2 * math.log(_hard(_by_rules(output, context, question, min_overlap))))
    if has_han(output):
        if len(context) >= _STATEMENT:
            return _by_rules(output, context, question, min_overlap)
        common = (
            _beyond_question(output, context, question) if question.strip() else _statement(output, context)
        )
        return sigmoid(_STEEP * common)
    rule = _by_rules(output, context, question, min_overlap)
    share = _share(_tokens(output), set(_tokens(context)))
    return sigmoid(_STEEP * (share - _ENOUGH) + 2 * math.log(_hard(rule)))


def judged_whole(output: str, *, question: str = "") -> bool:
    """Tell whether an English text is judged as a whole, by the model over it, and not claim by claim."""
    least = _SHORT_ANSWER if question.strip() else _SHORT_SUMMARY
    return not has_han(output) and len(_WORD.findall(output)) > least


def claim_features(output: str, context: str, question: str) -> list[float]:
    """Return the dense features of an English text of several claims.

    Only what helps in a domain that wasn't trained on: the score by the rules, the length of the context and
    figures away from the nearest line did not (`scripts/train_graders.py --across`).
    """
    known, tokens = set(_tokens(context)), _tokens(output)
    novel = _novel(output, known)
    numbers = numbers_of(output) - numbers_of(f"{context} {question}")
    lines = sentences(context)
    stems = [frozenset(_tokens(line)) for line in lines]
    apart = [_nearest(sentence, lines, stems) for sentence in sentences(output)]
    names = re.findall(r"(?<=[a-z0-9,;:)] )[A-Z][a-zA-Z]+", output)
    folded = f"{context} {question}".casefold()
    return [
        float(len(numbers)),
        float(sum(name.casefold() not in folded for name in names)),
        float(sum(denies_something(one) and not denies_something(near) for one, near in apart)),
        float(sum(opposes(word, known) for word in novel)),
        _share(tokens, known),
        len(novel) / max(len(tokens), 1),
        math.log(len(tokens) + 1),
    ]


def novel_buckets(output: str, context: str) -> list[int]:
    """Return the buckets of the content words that the context lacks: few of some are mere paraphrase."""
    return sorted({bucket(f"novel {word}") for word in _novel(output, set(_tokens(context)))})


def span_features(span: str, context: str) -> list[float]:
    """Return the dense features of one Chinese span: how far it stands in the context, and figures."""
    flat = re.sub(r"\s", "", context)
    there, pairs = span in flat, [a + b for a, b in pairwise(span)]
    figure, digit = bool(_HAN_NUMBER.search(span)), bool(re.search(r"\d", span))
    run = _longest(span, flat) / max(len(span), 1)
    size = math.log(len(span) + 1)
    return [
        float(there),
        sum(character in flat for character in span) / max(len(span), 1),
        sum(pair in flat for pair in pairs) / len(pairs) if pairs else float(there),
        float(digit),
        float(figure),
        size,
        float(len(span) <= len("两字")),
        float(there and figure),
        float(digit and not there),
        float(figure and not there),
        math.log(len(flat) + 1) / 8,
        size * (not there),
        run,
        run * (not there),
    ]


def span_buckets(span: str, context: str) -> list[int]:
    """Return the buckets of a span's characters, pairs and triples, alone and with whether it stands."""
    mark = "+" if span in context else "-"
    line = f"^{span}$"
    grams = [line[i : i + n] for n in (1, 2, 3) for i in range(len(line) - n + 1)]
    return sorted({bucket(f"span {gram}") for gram in [*grams, *(mark + gram for gram in grams)]})


def span_support(spans: Sequence[str], *, context: str) -> list[float]:
    """Return for each span how likely the context carries it; English spans go by the rules."""
    return [
        sigmoid(
            load_linear("grounding_span_zh").logit(span_buckets(one, context), span_features(one, context))
        )
        if has_han(context)
        else read_support(one, context).score
        for one in spans
    ]


def _by_rules(output: str, context: str, question: str, min_overlap: float) -> float:
    return read_support(output, context, question=question, min_overlap=min_overlap).score


def _tokens(text: str) -> list[str]:
    return [stem(word.casefold()) for word in _WORD.findall(text.replace("’", "'"))]


def _novel(output: str, known: set[str]) -> list[str]:
    words = (word.casefold() for word in _WORD.findall(output.replace("’", "'")))
    return [stem(word) for word in words if word not in STOP and stem(word) not in known]


def _share(tokens: list[str], known: set[str]) -> float:
    return sum(token in known for token in tokens) / len(tokens) if tokens else 1.0


def _hard(rule: float) -> float:
    """Keep a score from being nil, so that its logarithm is finite."""
    return 1.0 if rule > 0.5 else 0.5  # noqa: PLR2004 - the rules halve the score at each hard miss


def _nearest(sentence: str, lines: list[str], stems: list[frozenset[str]]) -> tuple[str, str]:
    """Return the sentence and the stretch of three lines of the context that is nearest to it."""
    if not lines:
        return sentence, ""
    words = frozenset(_tokens(sentence)) - STOP
    best = max(range(len(lines)), key=lambda i: len(words & stems[i]) / (1 + 0.02 * len(stems[i])))
    return sentence, " ".join(lines[max(best - 1, 0) : best + 2])


def _longest(span: str, text: str) -> int:
    best = 0
    for i in range(len(span)):
        while i + best < len(span) and span[i : i + best + 1] in text:
            best += 1
    return best


def _statement(output: str, context: str) -> float:
    """Hold one Chinese statement against another: above 0 where it says no more than that one."""
    said, known = (re.sub(r"[^\w]", "", text) for text in (output, context))
    if not said:
        return 0.0
    matched = sum(b.size for b in SequenceMatcher(None, known, said, autojunk=False).get_matching_blocks())
    novel = "".join(character for character in said if character not in known)
    common = (sum(character in known for character in said) + matched) / (2 * len(said))
    strict = min(len(_STRICT.findall(novel)), 2)
    figures = bool(numbers_of(output) - numbers_of(context))
    differs = denies_something(output) != denies_something(context)
    return common - 0.1 * differs - 0.05 * strict - 0.1 * figures - 0.48


def _beyond_question(output: str, context: str, question: str) -> float:
    """Hold a Chinese answer against the right one: above 0 where both say the same, question left out."""
    asked = content(question)
    mine, right = content(output) - asked, content(context) - asked
    shared = len(mine & right) / len(mine) if mine else float(bool(content(output) & content(context)))
    figures = any(figure not in context + question for figure in re.findall(r"\d+(?:\.\d+)?", output))
    return shared + 0.15 * (denies_something(output) and denies_something(context)) - 0.5 * figures - 0.12
