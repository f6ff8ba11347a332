"""Rendered rows as the data loader and the model want them: padded, or several to a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from workbench.rendering import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.rendering import Example


class Tokenised:
    """Rendered rows as the data loader wants them; ``row`` is a row's place in the data set."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def length(self, index: int) -> int:
        """Return a row's number of tokens."""
        return len(self._examples[index].input_ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        example = self._examples[index]
        return {"input_ids": example.input_ids, "labels": example.labels, "row": index}


class Collator:
    """Makes a batch of rows; padding stands on the right and is never trained.

    With ``packing``, short rows share a line no longer than the batch's longest row. Positions start anew at
    each row, by which transformers keeps rows from seeing one another, so that loss and gradient are those of
    the same rows unpacked. Lines are at least ``line`` tokens long.
    """

    def __init__(self, *, pad: int, packing: bool = False, line: int = 1) -> None:
        self._pad = pad
        self._packing = packing
        self._line = line

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return tensors of ``[lines, longest row]``: ids, labels, and mask or positions; and ``rows``.

        ``rows`` are places in the data set in the order in which their labels stand, line by line.
        """
        width = max(self._line, *(len(row["input_ids"]) for row in rows))
        lines = _packed(rows, width) if self._packing else [[row] for row in rows]
        batch = {
            "input_ids": _lines(lines, "input_ids", width, self._pad),
            "labels": _lines(lines, "labels", width, IGNORE),
            "rows": torch.tensor([row["row"] for line in lines for row in line], dtype=torch.long),
        }
        if self._packing:
            return {**batch, "position_ids": _positions(lines, width)}
        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        return {**batch, "attention_mask": (torch.arange(width) < lengths[:, None]).long()}


def _packed(rows: Sequence[dict[str, Any]], width: int) -> list[list[dict[str, Any]]]:
    """Put rows on lines of at most ``width`` tokens, the longest first and each where it fits first."""
    lines: list[list[dict[str, Any]]] = []
    free: list[int] = []
    for row in sorted(rows, key=lambda row: (-len(row["input_ids"]), row["row"])):
        size = len(row["input_ids"])
        place = next((i for i, room in enumerate(free) if room >= size), None)
        if place is None:
            lines.append([])
            free.append(width)
            place = len(lines) - 1
        lines[place].append(row)
        free[place] -= size
    return lines


def _lines(lines: list[list[dict[str, Any]]], name: str, width: int, fill: int) -> torch.Tensor:
    flat = [[token for row in line for token in row[name]] for line in lines]
    return torch.tensor([line + [fill] * (width - len(line)) for line in flat], dtype=torch.long)


def _positions(lines: list[list[dict[str, Any]]], width: int) -> torch.Tensor:
    """Count positions from 0 in every row; padding counts as one more row."""
    counted = []
    for line in lines:
        sizes = [len(row["input_ids"]) for row in line]
        sizes.append(width - sum(sizes))
        counted.append([place for size in sizes for place in range(size)])
    return torch.tensor(counted, dtype=torch.long)
