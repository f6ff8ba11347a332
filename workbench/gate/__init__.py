"""Holds what an evaluation found against a policy, so that CI can trust an exit code.

``gate.json`` holds a ``GateResult``: ``passed``, ``undecided`` and ``crossed``, a list of ``{limit, found,
where, verdict}``, ``verdict`` being ``failed`` or ``undecided``.
"""

from workbench.gate.decide import Crossed, GateResult, decide
from workbench.gate.policy import BehaviourLimits, Policy, read_policy

__all__ = ["BehaviourLimits", "Crossed", "GateResult", "Policy", "decide", "read_policy"]
