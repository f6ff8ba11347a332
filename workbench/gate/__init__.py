"""Holds what an evaluation found, or a data set, against a policy, so that CI can trust an exit code.

``gate.json`` holds a ``GateResult``: ``passed``, ``undecided``, ``crossed``, a list of ``{limit, found,
where, verdict}`` with ``verdict`` ``failed`` or ``undecided``, and ``checks``, the same for every limit held.
"""

from workbench.gate.baseline import Baseline, dump_baseline, read_baseline
from workbench.gate.decide import decide
from workbench.gate.limits import Check, GateResult
from workbench.gate.policy import BehaviourLimits, Policy, read_policy
from workbench.gate.run import baseline_of, gate_run

__all__ = [
    "Baseline",
    "BehaviourLimits",
    "Check",
    "GateResult",
    "Policy",
    "baseline_of",
    "decide",
    "dump_baseline",
    "gate_run",
    "read_baseline",
    "read_policy",
]
