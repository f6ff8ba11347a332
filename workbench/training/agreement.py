"""Measures how far two forms of one model agree, and what an adapter forgets of neutral text."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

import torch

from workbench.records import Message, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.rendering import Example, Renderer
    from workbench.rendering.opening import OpenBase

LANGUAGES = ("en", "zh")
_SENTENCE_ENDS = {"en": ". ", "zh": "。"}


class Agreement(Value, frozen=True, kw_only=True):
    """How far two models agree over ``rows`` rows with ``positions`` positions of their answers.

    ``max_abs``: largest absolute difference of logits. ``mean_kl``: mean divergence in nats of the second
    from the first. ``top1``: share of positions with the same likeliest token. ``greedy``: share of rows
    whose greedy answers (``tokens`` in all, of the first model) are the same, token by token.
    """

    rows: int
    positions: int
    max_abs: float
    mean_kl: float
    top1: float
    greedy: float
    tokens: int


class Forgetting(Value, frozen=True, kw_only=True):
    """Cross-entropy of neutral text without and with the adapter, and its KL from the base; nats a token."""

    language: str
    texts: int
    tokens: int
    base: float
    adapter: float
    kl: float


@dataclass
class Tally:
    """Sums up agreement row by row, so that memory doesn't grow with the rows."""

    rows: int = 0
    positions: int = 0
    max_abs: float = 0.0
    kl: float = 0.0
    same: int = 0
    greedy: int = 0
    tokens: int = 0
    apart: list[int] = field(default_factory=list)

    def add(
        self, logits: torch.Tensor, other: torch.Tensor, *, greedy: Sequence[int], again: Sequence[int]
    ) -> None:
        """Take in one row: logits ``[positions, vocabulary]`` and greedy answers of both models."""
        worst = float((logits - other).abs().max())
        self.max_abs = max(self.max_abs, worst if worst == worst else float("inf"))  # noqa: PLR0124 - NaN
        self.kl += float(divergence(logits, other).sum())
        self.same += int((logits.argmax(-1) == other.argmax(-1)).sum())
        self.positions += len(logits)
        if list(greedy) == list(again):
            self.greedy += 1
        else:
            self.apart.append(self.rows)
        self.rows += 1
        self.tokens += len(greedy)

    def result(self) -> Agreement:
        """Return the figures; there must be a row."""
        return Agreement(
            rows=self.rows,
            positions=self.positions,
            max_abs=self.max_abs,
            mean_kl=self.kl / self.positions,
            top1=self.same / self.positions,
            greedy=self.greedy / self.rows,
            tokens=self.tokens,
        )


def divergence(logits: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return KL(first || other) in nats for each position, never below 0."""
    one, two = logits.double().log_softmax(-1), other.double().log_softmax(-1)
    return (one.exp() * (one - two)).sum(-1).clamp(min=0)


def answer_logits(model: Any, examples: Sequence[Example]) -> list[torch.Tensor]:
    """Return float32 logits on the CPU over each row's answer, ``[answer + 1, vocabulary]``, row by row."""
    real = model.get_base_model() if hasattr(model, "get_base_model") else model
    cuts = "logits_to_keep" in inspect.signature(real.forward).parameters
    held = []
    model.eval()
    with torch.inference_mode():
        for example in examples:
            kept = example.trained + 1
            ids = torch.tensor([example.input_ids], device=real.device)
            logits = model(
                input_ids=ids, use_cache=False, **({"logits_to_keep": kept} if cuts else {})
            ).logits
            held.append(logits[0, -kept:].float().cpu())
    return held


def greedy_answer(model: Any, example: Example, *, renderer: Renderer, limit: int) -> list[int]:
    """Return the ids that the model itself writes after the row's prompt, at most ``limit``."""
    given = example.input_ids[: len(example.input_ids) - example.trained]
    ids = torch.tensor([given], device=model.device)
    with torch.inference_mode():
        written = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=limit,
            do_sample=False,
            num_beams=1,
            pad_token_id=renderer.pad,
            eos_token_id=sorted(renderer.stops),
        )
    return list(written[0, len(given) :].tolist())


def neutral_texts(language: str) -> list[str]:
    """Return plain paragraphs that have nothing to do with any task, in ``en`` or ``zh``."""
    file = resources.files("workbench.training") / "neutral" / f"{language}.txt"
    return file.read_text(encoding="utf-8").splitlines()


def neutral_examples(renderer: Renderer) -> list[Example]:
    """Return rows whose prompt is a neutral sentence and whose answer is the next, both languages in turn."""
    rows = {language: _sentence_pairs(language) for language in LANGUAGES}
    longest = max(map(len, rows.values()))
    return [
        renderer.example(
            (Message(role="user", content=found[place][0]),),
            (Message(role="assistant", content=found[place][1]),),
        )
        for place in range(longest)
        for found in rows.values()
        if place < len(found)
    ]


def forgetting(base: OpenBase, model: Any, *, texts: int) -> list[Forgetting]:
    """Measure the peft ``model`` with its adapter on against off, over ``texts`` neutral texts a language."""
    model.eval()
    return [_forgotten(base, model, language, texts) for language in LANGUAGES if texts]


def _forgotten(base: OpenBase, model: Any, language: str, texts: int) -> Forgetting:
    tokens, off, on, apart = 0, 0.0, 0.0, 0.0
    rows = neutral_texts(language)[:texts]
    for text in rows:
        encoded = base.renderer.tokenizer(text, verbose=False)["input_ids"][: base.context]
        ids = torch.tensor([encoded], device=model.device)
        with torch.inference_mode():
            with model.disable_adapter():
                bare = model(input_ids=ids, use_cache=False).logits[0, :-1].float().cpu()
            tuned = model(input_ids=ids, use_cache=False).logits[0, :-1].float().cpu()
        wanted = ids[0, 1:].cpu()
        off += float(torch.nn.functional.cross_entropy(bare, wanted, reduction="sum"))
        on += float(torch.nn.functional.cross_entropy(tuned, wanted, reduction="sum"))
        apart += float(divergence(bare, tuned).sum())
        tokens += len(wanted)
    return Forgetting(
        language=language,
        texts=len(rows),
        tokens=tokens,
        base=off / tokens,
        adapter=on / tokens,
        kl=apart / tokens,
    )


def _sentence_pairs(language: str) -> list[tuple[str, str]]:
    end = _SENTENCE_ENDS[language]
    found = []
    for text in neutral_texts(language):
        parts = [part.strip() for part in text.split(end) if part.strip()]
        sentences = [part if part.endswith(end.strip()) else part + end.strip() for part in parts]
        found += list(zip(sentences, [*sentences[1:], sentences[0]], strict=True))
    return found
