"""Measures a data set as a whole: its signals, what repeats, what leaks, what two versions differ in."""

from workbench.corpus.difference import Change, Difference, RowView, difference, plain, said
from workbench.corpus.shift import Shift
from workbench.corpus.signals import Distribution, distribution, signals

__all__ = [
    "Change",
    "Difference",
    "Distribution",
    "RowView",
    "Shift",
    "difference",
    "distribution",
    "plain",
    "said",
    "signals",
]
