"""Opens the graders that take the place of those that ship: a model, a judge, or a package's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.backends import KeptBackend, open_backend
from workbench.errors import ConfigError, Finding
from workbench.graders import Plugin, standard
from workbench.graders.byjudge import RUBRICS, ByJudge
from workbench.graders.bymodel import GroundingByModel, HarmByModel
from workbench.graders.judgedrules import JudgedRules
from workbench.graders.versions import grader_versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.backends.choose import Opened
    from workbench.evaluation.grading import BehaviourGrader
    from workbench.ports import Backend

RULES = "rules"
_VERDICTS = "judge.jsonl"
FORMS = "hf:ID_OR_FOLDER, hf:ID_OR_FOLDER#LABEL, judge:BACKEND or plugin:NAME"
BY_MODEL: dict[str, type[GroundingByModel | HarmByModel]] = {
    "grounding": GroundingByModel,
    "harm": HarmByModel,
}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A grader for each behaviour, what names its judgments (code, model or option), and a judge of rules.

    ``rules_judge`` decides the rules of contracts that no program does; ``None``: they stay unscored.
    """

    graders: Mapping[str, BehaviourGrader]
    versions: Mapping[str, str]
    rules_judge: JudgedRules | None = None


def choose_graders(named: Mapping[str, str], *, kept_in: Path | None = None) -> Chosen:
    """Open the graders that ``named`` gives by behaviour; every other behaviour keeps the one that ships.

    ``hf:`` loads a model for sequence classification: of natural language inference or hallucination for
    ``grounding``, a guard for ``harm``; ``judge:`` asks any backend (``openai:URL#MODEL``, ``local:BASE`` …)
    with a rubric of the behaviour's own, or for ``rules`` with each rule's question; ``plugin:`` takes a
    grader of an installed package, for any behaviour. What a judge says is kept in the folder ``kept_in`` as
    it comes, so that work that was stopped asks nothing twice.

    Raises:
        ConfigError: another form, a behaviour that can't be judged so, or labels that don't tell.
        ModelError: a model that can't be loaded.
        MissingExtraError: torch or transformers isn't installed.
        ServiceError: a judge that can't be reached to list its models.
    """
    graders: dict[str, BehaviourGrader] = dict(standard())
    versions = grader_versions()
    rules_judge: JudgedRules | None = None
    for behaviour, name in named.items():
        if behaviour == RULES:
            rules_judge, identity = _judge_of_rules(name, kept_in)
            versions[RULES] = f"{versions.get(RULES, '')} {name} {identity}".strip()
            continue
        graders[behaviour], identity = _open(behaviour, name, kept_in)
        versions[behaviour] = f"{versions.get(behaviour, '')} {name} {identity}".strip()
    return Chosen(graders=graders, versions=versions, rules_judge=rules_judge)


def files_of(named: Mapping[str, str]) -> list[str]:
    """Return the models behind ``named``, by which an evaluation is keyed."""
    return [name[3:].partition("#")[0] for name in named.values() if name.startswith("hf:")]


def _judge_of_rules(name: str, kept_in: Path | None) -> tuple[JudgedRules, str]:
    kind, _, rest = name.partition(":")
    if kind != "judge" or not rest:
        raise ConfigError(_refused(RULES, name, "judge:BACKEND: programs decide the other rules"))
    opened = open_backend(rest, where=f"--grader {RULES}")
    return JudgedRules(_keeping(opened, kept_in), name=name), opened.identity


def _open(behaviour: str, name: str, kept_in: Path | None) -> tuple[BehaviourGrader, str]:
    kind, _, rest = name.partition(":")
    if not rest or kind not in {"hf", "judge", "plugin"}:
        raise ConfigError(_refused(behaviour, name, FORMS))
    if kind == "plugin":
        return Plugin(name=rest), "plugin"
    if kind == "judge":
        if behaviour not in RUBRICS:
            raise ConfigError(_refused(behaviour, name, f"judge: for {', '.join(RUBRICS)}"))
        opened = open_backend(rest, where=f"--grader {behaviour}")
        # What another package's backend answers is not known by a name alone.
        kept_as = "" if rest.startswith("plugin:") else opened.identity
        return ByJudge(behaviour, _keeping(opened, kept_in), name=name, kept_as=kept_as), opened.identity
    if behaviour not in BY_MODEL:
        raise ConfigError(_refused(behaviour, name, f"hf: for {', '.join(BY_MODEL)}"))
    from workbench.backends.classifier import HfClassifier

    place, _, label = rest.partition("#")
    model = HfClassifier.open(place)
    return BY_MODEL[behaviour](model, name=name, label=label), model.identity


def _keeping(opened: Opened, kept_in: Path | None) -> Backend:
    if kept_in is None:
        return opened.backend
    return KeptBackend(opened.backend, kept_in / _VERDICTS, identity=opened.identity)


def _refused(behaviour: str, name: str, expected: str) -> Finding:
    return Finding(
        where=f"--grader {behaviour}",
        found=repr(name),
        expected=expected,
        fix="For example: grounding=hf:models/nli, harm=hf:models/guard#unsafe, harm=judge:local:base",
    )
