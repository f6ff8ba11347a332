"""Writes the adapter's card: what it was made of, how, and what was measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.rendering.opening import OpenBase
    from workbench.training.parity import Parity
    from workbench.training.spec import Sft

_LICENSE = re.compile(r"^license:\s*([A-Za-z0-9][A-Za-z0-9.+_-]{0,63})\s*$", re.MULTILINE)


def card(spec: Sft, *, base: OpenBase, source: str | Path, summary: Mapping[str, Any], parity: Parity) -> str:
    """Return the card as Markdown; ``data`` of the summary is the hash of the rows it was trained on."""
    settings = "\n".join(
        f"| {name} | {code(str(value))} |" for name, value in msgspec.to_builtins(spec).items()
    )
    figures = "\n".join(f"| {name} | {_shown(value)} |" for name, value in summary.items())
    return f"""# LoRA adapter for {escape(base.name)}

Trained on completions only, with the chat template of the base. Loads with
`PeftModel.from_pretrained(base, "adapter")`; the workbench refuses it on any other base.

## Base
| what | content hash |
|---|---|
| weights | `{base.hashes.weights}` |
| tokenizer | `{base.hashes.tokenizer}` |
| chat template | `{base.hashes.template}` |

Data: rows of content hash `{summary["data"]}`.
Licence of the base: {license_of(source)}.
What the template adds by itself: {escape(parity.injected) or "nothing"}.
Answers end with {", ".join(code(token) for token in parity.stop_tokens)}.

## Figures
| what | value |
|---|---|
{figures}

![Loss over steps](loss.svg)

{_proof(parity)}
## Settings
| field | value |
|---|---|
{settings}
"""


def _proof(parity: Parity) -> str:
    return f"""## Parity
Over {parity.rows} rows, largest absolute difference of logits: disk against memory
{_shown(parity.disk_memory)}, base with the adapter off
against the untouched base {parity.restored:.3g}, adapter on against off
{parity.effect:.3g} (on {parity.changed} rows), after a switch to another adapter and back
{_shown(parity.switched)}. {"All as it must be." if parity.ok else "**Not as it must be.**"}
{_merged(parity)}
Hash of the input embeddings: `{parity.embeddings}`.

## Forgetting
On neutral text that has nothing to do with the task, nats a token; `kl` is the adapter's distance from
the base.

| language | texts | tokens | base | adapter | kl |
|---|---|---|---|---|---|
{_forgotten(parity)}

## Serving
{_serving(parity)}
"""


def _merged(parity: Parity) -> str:
    if parity.merged is None:
        return "\nNot merged: the base is quantised; `workbench adapters merge` loads it in full precision.\n"
    lines = [
        f"Merged into the base in memory ({dtype}): logits differ by {found.max_abs:.3g} at most, mean KL "
        f"{found.mean_kl:.3g}, top-1 {found.top1:.1%}, same greedy answers {found.greedy:.1%}."
        for dtype, found in parity.merged.items()
    ]
    return "\n" + "\n".join(lines) + "\n"


def _forgotten(parity: Parity) -> str:
    rows = [
        f"| {one.language} | {one.texts} | {one.tokens} | {one.base:.4g} | {one.adapter:.4g} | {one.kl:.3g} |"
        for one in parity.forgetting
    ]
    return "\n".join(rows) or "| not measured | 0 | 0 | | | |"


def _serving(parity: Parity) -> str:
    if not parity.serving:
        return "Nothing is known that keeps vLLM from serving it; not run here."
    return "vLLM refuses it: " + "; ".join(parity.serving) + ". Merge it instead."


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
