"""Judges answers: each grader measures one behaviour, and says what its judgment rests on."""

from __future__ import annotations

from workbench.graders.assertions import Assertions
from workbench.graders.bias import Bias
from workbench.graders.grounding import Grounding
from workbench.graders.harm import Harm
from workbench.graders.neutrality import Neutrality
from workbench.graders.plugin import Plugin
from workbench.graders.probes import Probe
from workbench.graders.rules import Rules
from workbench.graders.schema import Schema

AnyGrader = Assertions | Bias | Grounding | Harm | Schema | Neutrality | Rules | Plugin | Probe


def standard() -> dict[str, AnyGrader]:
    """Return the grader of each behaviour that suites name, with its standard settings."""
    return {
        "bias": Bias(),
        "grounding": Grounding(),
        "harm": Harm(),
        "schema": Schema(),
        "neutrality": Neutrality(),
        "probes": Probe(),
        "assertions": Assertions(),
    }


__all__ = [
    "AnyGrader",
    "Assertions",
    "Bias",
    "Grounding",
    "Harm",
    "Neutrality",
    "Plugin",
    "Probe",
    "Rules",
    "Schema",
    "standard",
]
