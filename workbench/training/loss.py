"""What is minimised: cross-entropy on answers, and divergences from the base under the long prompt."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy, log_softmax

from workbench.rendering import IGNORE

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class TopTokens:
    """A teacher's log-probabilities of its ``k`` likeliest tokens (or of all: ``ids`` is ``None``).

    ``values`` is ``[positions, k]`` and is taken at the temperature of the divergence; ``ids`` likewise.
    """

    values: torch.Tensor
    ids: torch.Tensor | None


def answer_logits(model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return float32 logits ``[n, vocabulary]`` before each labelled token, and these tokens ``[n]``.

    Logits are made only where some row has a label; order is line by line.
    """
    labels = batch["labels"][:, 1:]
    labelled = labels != IGNORE
    places = labelled.any(0).nonzero()[:, 0]
    whole = {name: batch[name] for name in ("attention_mask", "position_ids") if name in batch}
    cut = {"logits_to_keep": places} if cuts(model) else {}
    logits = model(input_ids=batch["input_ids"], use_cache=False, **whole, **cut).logits
    if not cut:
        logits = logits[:, places]
    chosen = labelled[:, places]
    return logits[chosen].float(), labels[:, places][chosen]


def answer_loss(model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the summed cross-entropy of labelled tokens (nats), and their number."""
    logits, targets = answer_logits(model, batch)
    return cross_entropy(logits, targets, reduction="sum"), torch.tensor(len(targets), device=logits.device)


def forward_kl(logits: torch.Tensor, teacher: TopTokens, *, temperature: float) -> torch.Tensor:
    """Return the summed divergence KL(teacher ‖ student), times the squared temperature (Hinton et al. 2015).

    With the teacher's likeliest ``k`` tokens alone, all others count as one outcome: a lower bound of the
    whole divergence, and equal to it where the teacher gives them nothing.
    """
    student = log_softmax(logits / temperature, -1)
    if teacher.ids is None:
        return (teacher.values.exp() * (teacher.values - student)).sum() * temperature**2
    chosen = student.gather(-1, teacher.ids)
    total = (teacher.values.exp() * (teacher.values - chosen)).sum()
    rest, rest_student = _rest(teacher.values), _rest(chosen)
    return (total + (rest * (rest.log() - rest_student.log())).sum()) * temperature**2


def reverse_kl(logits: torch.Tensor, teacher: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """Return the summed KL(student ‖ teacher), given the teacher's log-probabilities of all tokens."""
    student = log_softmax(logits / temperature, -1)
    return (student.exp() * (student - teacher)).sum() * temperature**2


def cuts(model: Any) -> bool:
    """Tell whether a model can make logits for chosen positions alone."""
    real = model.get_base_model() if hasattr(model, "get_base_model") else getattr(model, "module", model)
    real = real.get_base_model() if hasattr(real, "get_base_model") else real
    return "logits_to_keep" in inspect.signature(real.forward).parameters


def _rest(values: torch.Tensor) -> torch.Tensor:
    """Return the probability of all tokens but those given, never quite 0."""
    return (1 - values.exp().sum(-1)).clamp(min=torch.finfo(values.dtype).eps)
