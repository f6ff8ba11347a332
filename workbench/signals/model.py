"""Signals that a model measures: how likely the answer is, how much the prompt helps, what a judge says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.checks.jsontext import read_json
from workbench.errors import ConfigError, Finding
from workbench.ports import Sampling
from workbench.records import Message
from workbench.signals.columns import COUNT, SHARE, TEXT, Column, FrameSignal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.records import Completion
    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row

_RUBRIC = (
    "Judge the answer to the request below. 1 is an answer that does all that was asked, correctly and "
    "clearly; 0 is one that is wrong, off the point or unreadable."
)


class Likelihood(FrameSignal, frozen=True, kw_only=True, tag="likelihood"):
    """How likely the base finds the answer, with its prompt and without.

    IFD, instruction-following difficulty, is the perplexity of the answer after its prompt divided by that
    after an empty request (after Li et al. 2024, *From Quantity to Quality*): below 1 the prompt helps; near
    0 it gives the answer away; from 1 it does not help, and such rows are often wrong.
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("perplexity", SHARE, "perplexity of the answer after the compact prompt", "too long"),
        Column("perplexity_alone", SHARE, "perplexity of the answer after an empty request", "too long"),
        Column("ifd", SHARE, "`perplexity` by `perplexity_alone`", "too long"),
        Column("scored_tokens", COUNT, "tokens that these figures are of", "too long for the base"),
    )

    def of_all(self, rows: Sequence[Row], tools: Tools) -> list[tuple[Any, ...]]:
        """Score every answer twice.

        Raises:
            ConfigError: no base was given.
        """
        if tools.scorer is None:
            raise ConfigError(
                _missing("likelihood", "a base model to score with", "Give it with --base MODEL.")
            )
        empty = (Message(role="user", content=""),)
        asked = [(row.pair.prompt, row.pair.completion) for row in rows]
        alone = [(empty, row.pair.completion) for row in rows]
        found = tools.scorer.score([*asked, *alone], progress=tools.progress)
        out: list[tuple[Any, ...]] = []
        for given, bare in zip(found[: len(rows)], found[len(rows) :], strict=True):
            if not given.tokens or not bare.tokens:
                out.append((None, None, None, None))
                continue
            mean, without = given.nll / given.tokens, bare.nll / bare.tokens
            figures = (math.exp(mean), math.exp(without), math.exp(mean - without))
            # A batch's width moves the last bits: rounded to six digits, which it can still tip at an edge.
            out.append((*(float(f"{figure:.6g}") for figure in figures), given.tokens))
        return out


class Judge(FrameSignal, frozen=True, kw_only=True, tag="judge"):
    """What a judging model says of each answer by ``rubric``.

    It is asked for one JSON object, ``{"score": 0 to 1}``, greedily, in at most ``max_new_tokens`` tokens. It
    never changes a row. A reply that can't be read gives no score: it stands in ``judge_reply``, and curation
    puts it into ``quarantine.jsonl``.
    """

    rubric: str = _RUBRIC
    max_new_tokens: int = 64
    columns: ClassVar[tuple[Column, ...]] = (
        Column("judge", SHARE, "the judge's score, 0 to 1", "the reply could not be read"),
        Column("judge_reply", TEXT, "the reply where it could not be read", "it was read"),
    )

    def of_all(self, rows: Sequence[Row], tools: Tools) -> list[tuple[Any, ...]]:
        """Ask once a row.

        Raises:
            ConfigError: no judge was given.
        """
        if tools.judge is None:
            raise ConfigError(_missing("judge", "a model that judges", "Give it with --judge MODEL."))
        prompts = [self._prompt(row) for row in rows]
        sampling = Sampling(max_new_tokens=self.max_new_tokens)
        replies = tools.judge.generate(prompts, sampling, progress=tools.progress)
        return [_read(reply) for reply in replies]

    def _prompt(self, row: Row) -> tuple[Message, ...]:
        told = f"<request>\n{row.asked}\n</request>\n<answer>\n{row.answer}\n</answer>"
        form = 'Reply with one JSON object and nothing else: {"score": <number from 0 to 1>}'
        return (Message(role="user", content=f"{self.rubric}\n\n{told}\n\n{form}"),)


def _read(reply: Completion) -> tuple[float | None, str | None]:
    found = read_json(reply.text) if reply.finish != "error" else None
    value = found.value if found is not None and found.level in {"exact", "fenced"} else None
    score = value.get("score") if isinstance(value, dict) else None
    if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
        return float(score), None
    return None, reply.text


def _missing(name: str, expected: str, fix: str) -> Finding:
    return Finding(where=f"signal {name!r}", found="none given", expected=expected, fix=fix)
