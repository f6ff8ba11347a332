"""Reads back what an evaluation wrote line by line, so that it can be judged or traced without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.config import read_text

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


def read_recorded(path: Path, kind: type[T]) -> list[T]:
    """Read a file of an evaluation (JSON Lines), each line as ``kind``.

    Raises:
        InputError: the file is missing, or a line isn't as `workbench eval` writes it.
    """
    found = []
    text = read_text(path, what="the output of `workbench eval`")
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=kind))
        except (msgspec.DecodeError, RecursionError) as error:
            raise InputError(
                Finding(
                    where=f"{path}:{number}",
                    found=str(error),
                    expected="a line as `workbench eval` writes it",
                    fix="Run the evaluation again.",
                )
            ) from error
    return found
