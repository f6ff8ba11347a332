"""Scores given answers under a loaded base, in batches of rows of like length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import MissingExtraError
from workbench.ports import Scored, silent
from workbench.rendering.opening import OpenBase, open_base
from workbench.rendering.renderer import IGNORE

try:
    import torch
except ImportError as missing:
    raise MissingExtraError.of("torch", extra="train", purpose="scoring answers with a base") from missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from workbench.ports import Progress
    from workbench.records import Messages
    from workbench.rendering import Example


class LocalScorer:
    """A base that says how likely it finds an answer; a batch holds up to ``batch_tokens`` tokens, padded."""

    def __init__(self, base: OpenBase, *, batch_tokens: int = 8_192) -> None:
        self.base = base
        self.batch_tokens = batch_tokens

    @classmethod
    def open(cls, base: str | Path) -> LocalScorer:
        """Load a base: a folder, or a hub id.

        Raises:
            ModelError: it can't be loaded.
        """
        return cls(open_base(base))

    def score(
        self, rows: Sequence[tuple[Messages, Messages]], *, progress: Progress = silent
    ) -> list[Scored]:
        """Return the likelihood of each (prompt, completion): every token of the assistant's turns counts.

        A row longer than the base's context has no tokens scored.

        Raises:
            ModelError: the chat template refuses the messages.
        """
        examples = [self.base.renderer.example(prompt, completion) for prompt, completion in rows]
        out = [Scored(nll=0.0, tokens=0)] * len(examples)
        done = 0
        with torch.inference_mode():
            for batch in self._batches(examples):
                scored = self._scored([examples[at] for at in batch])
                for at, found in zip(batch, scored, strict=True):
                    out[at] = found
                done += len(batch)
                progress("score answers", done, len(examples))
        return out

    def _batches(self, examples: Sequence[Example]) -> Iterator[list[int]]:
        """Yield places of rows that fit the context, longest first, so that memory shows at once."""
        fitting = [at for at, one in enumerate(examples) if 0 < len(one.input_ids) <= self.base.context]
        fitting.sort(key=lambda at: (-len(examples[at].input_ids), at))
        start = 0
        while start < len(fitting):
            width = len(examples[fitting[start]].input_ids)
            size = max(1, self.batch_tokens // width)
            yield fitting[start : start + size]
            start += size

    def _scored(self, examples: Sequence[Example]) -> list[Scored]:
        width = max(len(one.input_ids) for one in examples)
        device = self.base.model.device
        ids = _padded([one.input_ids for one in examples], width, self.base.renderer.pad).to(device)
        labels = _padded([one.labels for one in examples], width, IGNORE).to(device)
        mask = _padded([[1] * len(one.input_ids) for one in examples], width, 0).to(device)
        logits = self.base.model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
        losses = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), labels[:, 1:], ignore_index=IGNORE, reduction="none"
        )
        counted = (labels[:, 1:] != IGNORE).sum(dim=1)
        total = losses.double().sum(dim=1)
        return [
            Scored(nll=float(nll), tokens=int(tokens))
            for nll, tokens in zip(total.cpu(), counted.cpu(), strict=True)
        ]


def _padded(rows: Sequence[list[int]], width: int, fill: int) -> Any:
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows], dtype=torch.long)
