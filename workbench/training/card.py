"""Writes the adapter's card: what it was made of, how, and what was measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.rendering.opening import OpenBase
    from workbench.training.parity import Parity
    from workbench.training.spec import Sft

_LICENSE = re.compile(r"^license:\s*(\S+)\s*$", re.MULTILINE)


def card(spec: Sft, *, base: OpenBase, source: str | Path, summary: Mapping[str, Any], parity: Parity) -> str:
    """Return the card as Markdown."""
    settings = "\n".join(f"| {name} | `{value}` |" for name, value in msgspec.to_builtins(spec).items())
    figures = "\n".join(f"| {name} | {_shown(value)} |" for name, value in summary.items())
    return f"""# LoRA adapter for {base.name}

Trained on completions only, with the chat template of the base. Loads with
`PeftModel.from_pretrained(base, "adapter")`; the workbench refuses it on any other base.

## Base
| what | content hash |
|---|---|
| weights | `{base.hashes.weights}` |
| tokenizer | `{base.hashes.tokenizer}` |
| chat template | `{base.hashes.template}` |

Licence of the base: {license_of(source)}. What the template adds by itself: {parity.injected or "nothing"}.
Answers end with {", ".join(f"`{token}`" for token in parity.stop_tokens)}.

## Figures
| what | value |
|---|---|
{figures}

![Loss over steps](loss.svg)

## Parity
Over {parity.rows} rows, largest absolute difference of logits: disk against memory
{_shown(parity.disk_memory)}, base with the adapter off
against the untouched base {parity.restored:.3g}, adapter on against off
{parity.effect:.3g}. {"All as it must be." if parity.ok else "**Not as it must be.**"}

## Settings
| field | value |
|---|---|
{settings}
"""


def license_of(base: str | Path) -> str:
    """Return the licence that the base's README names in its front matter, or say that it names none."""
    readme = Path(base) / "README.md"
    if readme.is_file():
        head = readme.read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
        found = _LICENSE.search(head)
        if found:
            return found[1]
    return "not stated in its files"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
