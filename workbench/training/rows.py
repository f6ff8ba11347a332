"""Renders pairs into the rows that are trained, and lists every row that can't be: none is cut silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from workbench.errors import Finding, InputError
from workbench.io.frames import frame_to_pairs
from workbench.rendering import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from workbench.records import Pair
    from workbench.rendering import Example, Renderer
    from workbench.training.spec import Sft

_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is trained, and what was left out: ``{"id", "reason", "tokens"}`` each."""

    examples: list[Example]
    dropped: list[dict[str, Any]]

    @property
    def tokens(self) -> int:
        """All tokens, prompts included."""
        return sum(len(example.input_ids) for example in self.examples)

    @property
    def trained(self) -> int:
        """Tokens with a label."""
        return sum(example.trained for example in self.examples)


def render(frame: pl.DataFrame, spec: Sft, *, renderer: Renderer, context: int, part: str) -> Rows:
    """Render every pair of ``frame`` (``PAIR_SCHEMA``); ``context`` is the base's longest row in tokens.

    Raises:
        InputError: a row has nothing to learn, holds control tokens in its answer, or is longer than the
            limit while ``overlong`` is ``error``; all such rows are counted and the first 20 listed.
        ModelError: the chat template misleads (see ``Renderer.example``).
    """
    limit = min(context, spec.max_length or context)
    examples: list[Example] = []
    dropped: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for pair in frame_to_pairs(frame):
        example = renderer.example(pair.prompt, pair.completion)
        fault = _fault(pair, example, renderer, part)
        size = len(example.input_ids)
        if fault:
            findings.append(fault)
        elif size <= limit:
            examples.append(example)
        elif spec.overlong == "drop":
            dropped.append({"id": pair.id, "reason": f"longer than {limit} tokens", "tokens": size})
        else:
            findings.append(_overlong(pair, size, limit, part))
    if findings:
        raise InputError(_first(findings, part))
    return Rows(examples=examples, dropped=dropped)


class Tokenised:
    """Rendered rows as the data loader wants them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        example = self._examples[index]
        return {"input_ids": example.input_ids, "labels": example.labels}


class Collator:
    """Pads rows on the right to the longest of the batch; padding is masked and never trained."""

    def __init__(self, *, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        """Return ``input_ids``, ``attention_mask`` and ``labels``, each ``[rows, longest]``."""
        width = max(len(row["input_ids"]) for row in rows)
        return {
            "input_ids": _padded([row["input_ids"] for row in rows], width, self._pad),
            "attention_mask": _padded([[1] * len(row["input_ids"]) for row in rows], width, 0),
            "labels": _padded([row["labels"] for row in rows], width, IGNORE),
        }


def _padded(rows: Sequence[list[int]], width: int, fill: int) -> torch.Tensor:
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows], dtype=torch.long)


def _fault(pair: Pair, example: Example, renderer: Renderer, part: str) -> Finding | None:
    where = f"{part} row {pair.id} ({pair.source.file}:{pair.source.line})"
    if example.trained == 0:
        return Finding(
            where=where,
            found="a completion without an assistant turn",
            expected="at least one token to learn",
            fix="Leave the row out; `workbench convert` does.",
        )
    tokens = sorted({t for message in pair.completion for t in renderer.control_tokens(message.content)})
    if tokens:
        return Finding(
            where=where,
            found=f"control tokens in the answer ({', '.join(tokens)})",
            expected="plain text; the model would learn to end or switch turns there",
            fix="Remove them from the answer, or leave the row out.",
        )
    return None


def _overlong(pair: Pair, size: int, limit: int, part: str) -> Finding:
    return Finding(
        where=f"{part} row {pair.id} ({pair.source.file}:{pair.source.line})",
        found=f"{size} tokens",
        expected=f"at most {limit}",
        fix="Pass --on-overlong drop to leave such rows out, or raise max_length up to the base's context.",
    )


def _first(findings: list[Finding], part: str) -> list[Finding]:
    if len(findings) <= _LISTED:
        return findings
    rest = Finding(
        where=part,
        found=f"{len(findings) - _LISTED} more such rows",
        expected="none",
        fix="The rows above are the first of them.",
    )
    return [*findings[:_LISTED], rest]
