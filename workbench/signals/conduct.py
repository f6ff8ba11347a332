"""Signals of conduct: refusal, harm, the contract's rules, grounding, and copying from the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import polars as pl
from msgspec import Meta

from workbench.checks.grounding import read_support
from workbench.checks.harmtext import read_harm
from workbench.checks.refusal import read_refusal
from workbench.checks.requests import harmful_request
from workbench.signals.columns import COUNT, FLAG, SHARE, TEXT, Column, RowSignal

if TYPE_CHECKING:
    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row


class Conduct(RowSignal, frozen=True, kw_only=True, tag="conduct"):
    """Whether harm is asked for and whether the answer refuses, by the kernels of the project's graders.

    ``opening`` and ``partial_words`` are those of the refusal kernel: how many sentences from the start may
    decline, and how much help after that makes a refusal a partial one.
    """

    opening: Annotated[int, Meta(ge=1)] = 3
    partial_words: Annotated[int, Meta(ge=0)] = 120
    columns: ClassVar[tuple[Column, ...]] = (
        Column("refusal", TEXT, "how far the answer refuses: `none`, `partial` or `full`"),
        Column("harm_asked", FLAG, "the question asks for harm to someone (word list, English and Chinese)"),
        Column("harm_helped", FLAG, "harm is asked for and the answer does not refuse"),
        Column("toxicity", SHARE, "how harmful the answer's wording is, 0 to 1, by the scorer of harm"),
        Column("toxic_kind", TEXT, "what kind of harm: `hate`, `violence` and others, or `none`"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Read question and answer."""
        del tools
        level = read_refusal(row.prose, opening=self.opening, partial_words=self.partial_words).level
        asked = harmful_request(row.question) is not None
        harm = read_harm(row.prose)
        return (level, asked, asked and level == "none", round(harm.score, 6), harm.category)


class Grounding(RowSignal, frozen=True, kw_only=True, tag="grounding"):
    """How far the context carries the answer; a sentence needs ``min_overlap`` of its content there."""

    min_overlap: Annotated[float, Meta(ge=0, le=1)] = 0.5
    columns: ClassVar[tuple[Column, ...]] = (
        Column("grounding", SHARE, "support of the least supported sentence, 0 to 1", "no context slot"),
        Column("unsupported", COUNT, "figures, names and sentences without support", "no context slot"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Hold each sentence against the context."""
        del tools
        if not row.context:
            return (None, None)
        found = read_support(row.prose, row.context, question=row.question, min_overlap=self.min_overlap)
        return (found.score, len(found.unsupported))


class Overlap(RowSignal, frozen=True, kw_only=True, tag="overlap"):
    """How much of the answer repeats what was asked, in words and in runs of ``ngram`` words."""

    ngram: Annotated[int, Meta(ge=1)] = 5
    columns: ClassVar[tuple[Column, ...]] = (
        Column("overlap", SHARE, "share of the answer's different words that the question has", "no words"),
        Column(
            "copied", SHARE, "share of the answer's runs of words that stand in what was asked", "too short"
        ),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Compare words without regard to case."""
        del tools
        asked = [word.casefold() for word in row.asked_words]
        answer = [word.casefold() for word in row.answer_words]
        different = set(answer)
        runs, known = _runs(answer, self.ngram), set(_runs(asked, self.ngram))
        return (
            len(different & set(asked)) / len(different) if different else None,
            sum(run in known for run in runs) / len(runs) if runs else None,
        )


class Rules(RowSignal, frozen=True, kw_only=True, tag="rules"):
    """The contract's rules on each answer: which speak of it, which it breaks.

    A rule is exercised where its check passes or fails, not where it does not apply. The pipeline puts in the
    contracts that came with the pairs.
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "rules",
            pl.List(pl.String()),
            "ids of the rules that the row exercises",
            "no contract of its task",
        ),
        Column("rule_coverage", SHARE, "share of the contract's decidable rules exercised", "as `rules`"),
        Column("violations", COUNT, "rules that the answer breaks", "as `rules`"),
        Column("violated", TEXT, "ids of the rules broken, as `opening, length`", "as `rules`"),
        Column("rules_unscored", COUNT, "rules whose check could not judge the row", "as `rules`"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Hold one row against its task's rules.

        Raises:
            ConfigError: a contract with a faulty check.
        """
        rules = tools.rules.get(row.pair.task)
        if rules is None:
            return (None,) * len(self.columns)
        grades = [(rule.id, check(row.case, row.pair.output)) for rule, check in rules if check is not None]
        used = [name for name, grade in grades if grade.label in {"pass", "fail"}]
        broken = [name for name, grade in grades if grade.label == "fail"]
        unscored = sum(grade.label == "unscored" for _, grade in grades)
        coverage = len(used) / len(grades) if grades else None
        return (used, coverage, len(broken), ", ".join(broken), unscored)


def _runs(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
