"""Makes a suite of a contract: probes of every rule, of its overriding by the user, and of its reach."""

from workbench.evaluation.probes.make import NotProbed, Probed, ProbeSuite, probe
from workbench.evaluation.probes.wording import PROBE_LANGUAGES

__all__ = ["PROBE_LANGUAGES", "NotProbed", "ProbeSuite", "Probed", "probe"]
