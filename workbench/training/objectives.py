"""The objectives: copy the logged answers, or become what the base is under the long prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.nn.functional import cross_entropy, log_softmax

from workbench.rendering import IGNORE, Example
from workbench.training.batches import Collator, Tokenised
from workbench.training.loss import answer_logits, answer_loss, forward_kl, reverse_kl
from workbench.training.processes import world
from workbench.training.teacher import LiveTeacher, RememberedTeacher, remembers, stored, top_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.ports import Progress
    from workbench.rendering.opening import OpenBase
    from workbench.training.loss import TopTokens
    from workbench.training.rows import Rows
    from workbench.training.spec import Sft
    from workbench.training.teacher import StoredTeacher


class Objective(Protocol):
    """What a batch costs."""

    def __call__(self, model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss (nats) of a batch's positions, and their number."""
        ...


class Supervised:
    """Cross-entropy of the logged answers."""

    def __call__(self, model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return summed loss and number of labelled tokens."""
        return answer_loss(model, batch)


class Distilled:
    """Divergence from the base under the long prompt on the logged answers' tokens.

    ``logged`` is the weight of their cross-entropy; the divergence has the rest.
    """

    def __init__(self, teacher: Teach, *, temperature: float, logged: float = 0.0) -> None:
        self._teacher = teacher
        self._temperature = temperature
        self._logged = logged

    def __call__(self, model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return summed loss and number of labelled tokens."""
        rows: list[int] = batch["rows"].tolist()
        logits, targets = answer_logits(model, batch)
        teacher = self._teacher(rows, logits.device)
        total = forward_kl(logits, teacher, temperature=self._temperature)
        if self._logged:
            copied = cross_entropy(logits, targets, reduction="sum")
            total = self._logged * copied + (1 - self._logged) * total
        return total, torch.tensor(len(targets), device=logits.device)


class OnPolicy:
    """Reverse divergence from the base under the long prompt, on answers that the student itself samples.

    The student learns where it goes, not where the log went (Agarwal et al. 2024). Of a chat with several
    answers the first is sampled.
    """

    def __init__(
        self,
        spec: Sft,
        base: OpenBase,
        teacher: LiveTeacher,
        *,
        rows: Sequence[Example],
        long: Sequence[Example],
    ) -> None:
        self._spec = spec
        self._base = base
        self._teacher = teacher
        self._prompts = [_prompt(example) for example in rows]
        self._long = [_prompt(example) for example in long]

    def __call__(self, model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return summed loss and number of sampled tokens."""
        rows: list[int] = batch["rows"].tolist()
        answers = self._sample(model, rows)
        students = [_answered(self._prompts[row], ids) for row, ids in zip(rows, answers, strict=True)]
        teachers = [_answered(self._long[row], ids) for row, ids in zip(rows, answers, strict=True)]
        wanted = self._teacher.each(teachers, groups=[self._teacher.group(row) for row in rows])
        held = Tokenised(students)
        made = Collator(pad=self._base.renderer.pad)([held[i] for i in range(len(held))])
        logits, targets = answer_logits(model, {k: v.to(self._base.model.device) for k, v in made.items()})
        temperature = self._spec.temperature
        total = reverse_kl(logits, log_softmax(torch.cat(wanted) / temperature, -1), temperature=temperature)
        return total, torch.tensor(len(targets), device=logits.device)

    def _sample(self, model: Any, rows: list[int]) -> list[list[int]]:
        """Let the student answer its prompts, as far as the base's context holds the teacher's."""
        prompts = [self._prompts[row] for row in rows]
        longest = max(len(self._long[row]) for row in rows)
        room = min(self._spec.sample_tokens, self._base.context - longest)
        width, renderer = max(map(len, prompts)), self._base.renderer
        ids = torch.tensor([[renderer.pad] * (width - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
        real = getattr(model, "module", model)
        training = real.training
        real.eval()
        try:
            with torch.no_grad():
                whole = real.generate(
                    input_ids=ids.to(real.device), attention_mask=mask.to(real.device), do_sample=True,
                    temperature=self._spec.temperature, top_k=0, top_p=1.0, max_new_tokens=max(1, room),
                    eos_token_id=sorted(renderer.stops), pad_token_id=renderer.pad,
                )  # fmt: skip
        finally:
            real.train(training)
        return [self._ended(row) for row in whole[:, width:].tolist()]

    def _ended(self, ids: list[int]) -> list[int]:
        end = next((i for i, token in enumerate(ids) if token in self._base.renderer.stops), len(ids) - 1)
        return ids[: end + 1]


class Teach(Protocol):
    """Gives the teacher's shares for rows, position by position."""

    def __call__(self, rows: list[int], device: Any, /) -> TopTokens:
        """Return log-probabilities in the rows' order."""
        ...


def objective(
    spec: Sft, base: OpenBase, model: Any, rows: Rows, *, store: Path, progress: Progress
) -> Objective:
    """Return the objective of a spec over ``rows``; a teacher that isn't in ``store`` is asked now."""
    if spec.objective == "sft":
        return Supervised()
    live = LiveTeacher(model, rows.teachers)
    if spec.objective == "distill-onpolicy":
        return OnPolicy(spec, base, live, rows=rows.examples, long=rows.teachers)
    logged = spec.logged_weight if spec.objective == "mixed" else 0.0
    held: StoredTeacher | RememberedTeacher
    if spec.teacher == "stored":
        held = stored(spec, live, rows.teachers, base=base.hashes, store=store, progress=progress)
    elif remembers(spec, rows.teachers, vocabulary=base.model.config.vocab_size, processes=world()):
        held = RememberedTeacher(
            live, rows.teachers, size=spec.batch_size, top_k=spec.top_k, temperature=spec.temperature
        )
    else:
        return Distilled(_asking(spec, live), temperature=spec.temperature, logged=logged)

    def read(places: list[int], device: Any) -> TopTokens:
        return held.top(places, device=device)

    return Distilled(read, temperature=spec.temperature, logged=logged)


def _asking(spec: Sft, live: LiveTeacher) -> Teach:
    def ask(places: list[int], device: Any) -> TopTokens:
        del device  # the teacher is where the model is
        return top_tokens(live.logits(places), top_k=spec.top_k, temperature=spec.temperature)

    return ask


def _prompt(example: Example) -> list[int]:
    """Return a row's ids up to its first label."""
    first = next(i for i, label in enumerate(example.labels) if label != IGNORE)
    return example.input_ids[:first]


def _answered(prompt: list[int], answer: list[int]) -> Example:
    return Example(input_ids=prompt + answer, labels=[IGNORE] * len(prompt) + answer)
