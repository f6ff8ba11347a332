"""Chooses the reader of a case file by its form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from workbench.errors import ConfigError, Finding, InputError
from workbench.evaluation.imports.harness import read_harness
from workbench.evaluation.imports.promptfoo import read_promptfoo
from workbench.evaluation.imports.samples import read_inspect
from workbench.evaluation.imports.values import Imported, Wanted
from workbench.io.config import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Format = Literal["promptfoo", "inspect", "lm-eval"]
FORMATS: dict[Format, Callable[[Path, Wanted], Imported]] = {
    "promptfoo": read_promptfoo,
    "inspect": read_inspect,
    "lm-eval": read_harness,
}
__all__ = ["FORMATS", "Format", "Wanted", "import_cases"]


def import_cases(path: Path, wanted: Wanted | None = None, *, form: Format | None = None) -> Imported:
    """Read a case file of another tool; in = cases + refused.

    Raises:
        InputError: the file can't be read, its form can't be told, or nothing in it has a plain mapping.
        ConfigError: a task of lm-eval that as a whole has no mapping.
    """
    form = form or _form(path)
    if wanted is not None and wanted.docs is not None and form != "lm-eval":
        finding = Finding(
            where="--docs",
            found=f"documents beside a file of {form}",
            expected="a task of lm-eval, whose documents they are",
            fix="Leave --docs out, or import that file by itself.",
        )
        raise ConfigError(finding)
    found = FORMATS[form](path, wanted or Wanted())
    if not found.cases:
        reasons = sorted({one.reason for one in found.refused})
        raise InputError(
            Finding(
                where=str(path),
                found=f"nothing that has a plain mapping: {'; '.join(reasons[:5]) or 'no rows'}",
                expected="at least one case",
                fix="See docs/suites.md for what is mapped.",
            )
        )
    return found


def _form(path: Path) -> Format:
    if path.suffix in {".jsonl", ".csv"}:
        return "inspect"
    text = read_text(path, what="a case file of another tool")
    lines = {line.split(":", 1)[0] for line in text.splitlines() if ":" in line and not line[:1].isspace()}
    if path.suffix in {".yaml", ".yml"}:
        if "doc_to_text" in lines or "output_type" in lines:
            return "lm-eval"
        if "tests" in lines or text.lstrip().startswith("-"):
            return "promptfoo"
    if path.suffix == ".json":
        whole = _decoded(text)
        first = whole[0] if isinstance(whole, list) and whole else whole
        if isinstance(first, dict):
            return "inspect" if "input" in first or "samples" in first else "promptfoo"
    raise InputError(
        Finding(
            where=str(path),
            found="a form that can't be told",
            expected="promptfoo (.yaml, .json), inspect (.jsonl, .json, .csv) or lm-eval (.yaml)",
            fix="Name it with --from.",
        )
    )


def _decoded(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
