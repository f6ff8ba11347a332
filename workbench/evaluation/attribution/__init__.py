"""Traces each case that was lost back to training rows, their rules, and the slices that lose most."""

from workbench.evaluation.attribution.exposure import exposed
from workbench.evaluation.attribution.labels import EXERCISED, Label, labels_of
from workbench.evaluation.attribution.page import render_attribution
from workbench.evaluation.attribution.trace import Judged, Tracing, trace
from workbench.evaluation.attribution.values import Attribution, Lost, Neighbour, QuestionTrace, Slice

__all__ = [
    "EXERCISED",
    "Attribution",
    "Judged",
    "Label",
    "Lost",
    "Neighbour",
    "QuestionTrace",
    "Slice",
    "Tracing",
    "exposed",
    "labels_of",
    "render_attribution",
    "trace",
]
