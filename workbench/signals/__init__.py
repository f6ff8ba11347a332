"""Measures pairs: named columns with evidence, computed once, on which steps decide."""

from typing import get_args

from workbench.signals.columns import Column, CountedSignal, FrameSignal, RowSignal, Tools
from workbench.signals.conduct import Conduct, Grounding, Overlap, Rules
from workbench.signals.corpus import Boilerplate
from workbench.signals.exposure import Personal, Secrets
from workbench.signals.model import Judge, Likelihood
from workbench.signals.named import Named
from workbench.signals.reading import Languages, Reading
from workbench.signals.run import by_row, columns_of, columns_table, measure, measure_all, measure_rows
from workbench.signals.shape import Compression, Lengths, Repetition, Scripts

AnySignal = (
    Lengths
    | Languages
    | Compression
    | Repetition
    | Scripts
    | Reading
    | Personal
    | Secrets
    | Conduct
    | Rules
    | Grounding
    | Overlap
    | Boilerplate
    | Likelihood
    | Judge
    | Named
)
DEFAULT: tuple[AnySignal, ...] = (
    Lengths(),
    Languages(),
    Compression(),
    Repetition(),
    Scripts(),
    Reading(),
    Personal(),
    Secrets(),
    Conduct(),
    Rules(),
    Grounding(),
    Overlap(),
    Boilerplate(),
)


def table() -> str:
    """Write what every column of every signal says as a Markdown table."""
    return columns_table(get_args(AnySignal))


__all__ = [
    "DEFAULT",
    "AnySignal",
    "Boilerplate",
    "Column",
    "Compression",
    "Conduct",
    "CountedSignal",
    "FrameSignal",
    "Grounding",
    "Judge",
    "Languages",
    "Lengths",
    "Likelihood",
    "Named",
    "Overlap",
    "Personal",
    "Reading",
    "Repetition",
    "RowSignal",
    "Rules",
    "Scripts",
    "Secrets",
    "Tools",
    "by_row",
    "columns_of",
    "measure",
    "measure_all",
    "measure_rows",
    "table",
]
