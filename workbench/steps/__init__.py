"""Decides over pairs: partitions with reasons, every row that goes in the ledger."""

from workbench.steps.contract_filter import ContractFilter
from workbench.steps.decontaminate import Decontaminate
from workbench.steps.dedup import ExactDedup, NearDedup
from workbench.steps.drop_where import DropWhere
from workbench.steps.guards import Guards
from workbench.steps.noted import Noted
from workbench.steps.plugin import PluginStep
from workbench.steps.quotas import Quota
from workbench.steps.reviewed import Reviewed
from workbench.steps.select import Select
from workbench.steps.semantic_dedup import SemanticDedup
from workbench.steps.split import ClusterSplit, Leak, Parts
from workbench.steps.template_limit import TemplateLimit

AnyStep = (
    ContractFilter
    | Decontaminate
    | DropWhere
    | ExactDedup
    | NearDedup
    | PluginStep
    | Reviewed
    | Select
    | SemanticDedup
    | TemplateLimit
)

__all__ = [
    "AnyStep",
    "ClusterSplit",
    "ContractFilter",
    "Decontaminate",
    "DropWhere",
    "ExactDedup",
    "Guards",
    "Leak",
    "NearDedup",
    "Noted",
    "Parts",
    "PluginStep",
    "Quota",
    "Reviewed",
    "Select",
    "SemanticDedup",
    "TemplateLimit",
]
