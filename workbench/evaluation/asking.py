"""Asks the arms in parts, so that a run that is watched can stop between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from workbench.backends import KeptBackend
from workbench.evaluation.arms import render
from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.grading import Answered
from workbench.evaluation.judging import paired
from workbench.ports import PrefixSharing
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from workbench.evaluation.grading import Graded
    from workbench.evaluation.run import Plan
    from workbench.evaluation.sequential import Watch
    from workbench.ports import Backend, Progress
    from workbench.records import Arm, Case, Completion, Messages


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An answer with the prompt that got it."""

    answered: Answered
    prompt: Messages


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Asks the arms, part by part, keeping each arm's answers open."""

    plan: Plan
    backend_for: Callable[[Arm], Backend]
    cache: Path | None
    weights: Mapping[Arm, str]
    progress: Progress
    kept: dict[Arm, KeptBackend] = field(default_factory=dict)

    def ask(self, cases: Sequence[Case]) -> list[Asked]:
        """Ask every arm every case as often as the plan says, arm by arm."""
        samples = range(self.plan.samples)
        return [one for arm in self.plan.arms for sample in samples for one in self._arm(arm, sample, cases)]

    def _arm(self, arm: Arm, sample: int, cases: Sequence[Case]) -> Iterator[Asked]:
        plan = self.plan
        prompts = [render(case, arm, templates=plan.templates, form=plan.form) for case in cases]
        if arm not in self.kept:
            path = self.cache / f"{arm}.jsonl" if self.cache else None
            name = self.weights.get(arm, arm)
            self.kept[arm] = KeptBackend(
                self.backend_for(arm), path, identity=name, once=True, batch=plan.batch
            )
        sampling = msgspec.structs.replace(plan.sampling, seed=sample_seed(plan.sampling.seed, sample))
        named = f"evaluate {arm}" + (f" {sample + 1}/{plan.samples}" if plan.samples > 1 else "")

        def told(stage: str, done: int, total: int | None, note: str = "") -> None:
            del stage
            self.progress(named, done, total, note)

        answers = _with_shared(
            self.kept[arm], prompts, self.kept[arm].generate(prompts, sampling, progress=told)
        )
        for case, prompt, completion in zip(cases, prompts, answers, strict=True):
            answered = Answered(case=case, arm=arm, completion=completion, sample=sample)
            yield Asked(answered=answered, prompt=prompt)


def _with_shared(
    kept: KeptBackend, prompts: Sequence[Messages], answers: Sequence[Completion]
) -> Sequence[Completion]:
    """Say of each answer how much of its prompt was not read anew, whatever order it was asked in."""
    if not isinstance(kept.backend, PrefixSharing):
        return answers
    shared = kept.backend.shared_tokens_of(prompts)
    return [
        msgspec.structs.replace(one, cached_tokens=tokens)
        for one, tokens in zip(answers, shared, strict=True)
    ]


def sample_seed(seed: int, sample: int) -> int:
    """Return the seed of the sample with this number; the first has the plan's own.

    A backend makes each prompt's stream of this seed and the prompt's content, so that an answer depends
    neither on the order of the cases nor on what else is asked.
    """
    return seed if sample == 0 else int(content_id("sample", str(seed), str(sample)), 16) & 0x7FFFFFFF


def looks(cases: Sequence[Case], watch: Watch | None) -> Iterator[Sequence[Case]]:
    """Give the parts to ask between two looks: all at once where nobody watches.

    Held-out clusters come in an order drawn by content hash, until the watch has its reason; suites follow
    whole, unless the adapter regressed.
    """
    if watch is None:
        yield cases
        return
    clusters: dict[str, list[Case]] = {}
    for case in cases:
        if case.behaviour == HELDOUT:
            clusters.setdefault(case.cluster, []).append(case)
    order = sorted(clusters, key=lambda name: content_id("look", name))
    for start in range(0, len(order), watch.rule.every):
        if watch.reason is not None:
            break
        yield [case for name in order[start : start + watch.rule.every] for case in clusters[name]]
    suites = [case for case in cases if case.behaviour != HELDOUT]
    if suites and watch.reason != "regressed":
        yield suites


def differences(rows: Sequence[Graded]) -> list[float]:
    """Return each held-out cluster's mean of after minus teacher, in the order of their content hashes."""
    units = paired([one for one in rows if one.case.behaviour == HELDOUT], ("teacher", "after"))
    if units is None:
        return []
    totals, sizes = units.sums()
    means = (totals[:, 1] - totals[:, 0]) / sizes
    names = sorted(set(units.clusters))
    order = sorted(range(len(names)), key=lambda place: content_id("look", names[place]))
    return [float(means[place]) for place in order]
