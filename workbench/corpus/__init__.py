"""Measures a data set as a whole: its signals, what repeats, what leaks, what two versions differ in."""

from workbench.corpus.coverage import Coverage, RuleCount
from workbench.corpus.difference import Change, Difference, RowView, difference, plain, said
from workbench.corpus.measured import with_signals
from workbench.corpus.profile import Profile, Reason, Removed, contracts_beside, profile
from workbench.corpus.repeats import Alike, Leak, Repeats, leak
from workbench.corpus.shift import Shift
from workbench.corpus.signals import Distribution, distribution, signals

__all__ = [
    "Alike",
    "Change",
    "Coverage",
    "Difference",
    "Distribution",
    "Leak",
    "Profile",
    "Reason",
    "Removed",
    "Repeats",
    "RowView",
    "RuleCount",
    "Shift",
    "contracts_beside",
    "difference",
    "distribution",
    "leak",
    "plain",
    "profile",
    "said",
    "signals",
    "with_signals",
]
