"""Writes a standalone model with an adapter added into its weights, and proves that both agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import torch

from workbench.errors import ConfigError, Finding, GuardError, ModelError
from workbench.io.rundir import write_json, write_text
from workbench.ports import silent
from workbench.records import Value
from workbench.rendering.adapters import attach, scale_adapter
from workbench.rendering.opening import open_base, open_text, quiet
from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape
from workbench.training.agreement import Tally, answer_logits, greedy_answer, neutral_examples

if TYPE_CHECKING:
    import polars as pl

    from workbench.ports import Progress
    from workbench.rendering import Example, Renderer
    from workbench.training.agreement import Agreement

Dtype = Literal["float32", "bfloat16", "float16"]
_EXACT: Dtype = "float32"


class Merging(Value, frozen=True, kw_only=True):
    """How to merge and to prove it.

    ``dtype`` is that of the written weights; the sum itself is always taken in float32, with ``scale`` times
    what the adapter adds. Compared are
    ``rows`` prompts in each of ``compared``, with greedy answers of at most ``tokens``. A float32 folder
    must give the same greedy answers, and logits within ``tolerance``.
    """

    dtype: Dtype = "float32"
    scale: float = 1.0
    compared: tuple[Dtype, ...] = ("float32", "bfloat16")
    rows: int = 32
    tokens: int = 32
    tolerance: float = 1e-4


class Merged(Value, frozen=True, kw_only=True):
    """What ``parity.json`` beside a merged model holds.

    ``agreement`` is that of the folder, loaded with plain transformers, with base and adapter, by the dtype
    both were loaded in. ``ok`` is ``None`` where the written dtype is rounded: read the figures.
    """

    ok: bool | None
    base: str
    adapter: str
    dtype: Dtype
    tolerance: float
    agreement: dict[str, Agreement]
    note: str


def merge(
    merging: Merging,
    *,
    base: str,
    adapter: Path,
    out: Path,
    pairs: pl.DataFrame | None = None,
    progress: Progress = silent,
) -> Merged:
    """Write the merged model, tokenizer, chat template and generation settings into ``out``, and prove it.

    ``pairs`` (``PAIR_SCHEMA``) give the prompts to compare on; without them neutral sentences do. Both models
    are in memory while they are compared.

    Raises:
        ModelError: a quantised base, or an adapter that doesn't fit it.
        GuardError: the written float32 model doesn't agree with base and adapter.
    """
    refuse_quantised(base)
    progress("merge", 0, 1)
    _write_model(merging, base=base, adapter=adapter, out=out)
    progress("merge", 1, 1)
    agreement: dict[str, Agreement] = {}
    for dtype in merging.compared:
        agreement[dtype] = _compare(merging, dtype, base, adapter, out=out, pairs=pairs, progress=progress)
    exact = agreement.get(_EXACT) if merging.dtype == _EXACT else None
    merged = Merged(
        ok=None if exact is None else exact.greedy == 1 and exact.max_abs < merging.tolerance,
        base=base,
        adapter=str(adapter),
        dtype=merging.dtype,
        tolerance=merging.tolerance,
        agreement=agreement,
        note=_note(adapter, merging),
    )
    write_json(out / "parity.json", msgspec.to_builtins(merged))
    write_json(out / "summary.json", merged_summary(merged))
    if merged.ok is False and exact is not None:
        raise GuardError(
            Finding(
                where=str(out / "parity.json"),
                found=f"greedy agreement {exact.greedy:.4f}, logits apart by {exact.max_abs:.3g}",
                expected=f"greedy agreement 1, and less than {merging.tolerance:.3g}",
                fix="Look at the figures; serve the adapter beside its base, or raise --tolerance knowingly.",
            )
        )
    return merged


def refuse_quantised(base: str) -> None:
    """Refuse a base whose weights are stored in few bits.

    Raises:
        ModelError: it is one; the sum of weights and adapter would be rounded to its few levels.
    """
    stored = getattr(open_text(base).config, "quantization_config", None)
    if stored is None:
        return
    kind = stored.get("quant_method") if isinstance(stored, dict) else type(stored).__name__
    raise ModelError(
        Finding(
            where=f"{base}/config.json $.quantization_config",
            found=f"a base stored quantised ({kind})",
            expected="the base in float32 or bfloat16: few bits round most of an adapter away",
            fix="Give the base it was quantised from with --base, or serve the adapter beside this one.",
        )
    )


def examples_for(renderer: Renderer, pairs: pl.DataFrame | None, *, rows: int, context: int) -> list[Example]:
    """Return up to ``rows`` rows to compare on that fit the context: those of ``pairs``, or neutral ones.

    Raises:
        ConfigError: none fits.
    """
    from workbench.io.frames import frame_to_pairs

    if pairs is None:
        found = neutral_examples(renderer)
    else:
        found = [
            renderer.example(pair.prompt, pair.completion) for pair in frame_to_pairs(pairs.head(4 * rows))
        ]
    fitting = [example for example in found if example.trained > 0 and len(example.input_ids) <= context]
    if not fitting:
        raise ConfigError(
            Finding(
                where="--data",
                found=f"no row with an answer that fits {context} tokens",
                expected="pairs that the base can read",
                fix="Give other pairs, or none: neutral sentences are then compared.",
            )
        )
    return fitting[:rows]


def _write_model(merging: Merging, *, base: str, adapter: Path, out: Path) -> None:
    opened = open_base(base, dtype=_EXACT)
    model = attach(opened, opened.model, adapter, name="default")
    scale_adapter(model, "default", merging.scale)
    with quiet():
        whole = model.merge_and_unload(safe_merge=True)
    whole.to(getattr(torch, merging.dtype))
    out.mkdir(parents=True, exist_ok=True)
    with quiet():
        whole.save_pretrained(out)
    opened.renderer.tokenizer.save_pretrained(out)
    for name in ("generation_config.json", "chat_template.jinja"):
        if not (out / name).exists() and (Path(base) / name).is_file():
            shutil.copyfile(Path(base) / name, out / name)
    write_text(out / "README.md", _readme(opened.name, adapter, merging))


def _compare(
    merging: Merging,
    dtype: Dtype,
    base: str,
    adapter: Path,
    *,
    out: Path,
    pairs: pl.DataFrame | None,
    progress: Progress,
) -> Agreement:
    opened = open_base(base, dtype=dtype)
    beside = attach(opened, opened.model, adapter, name="default")
    scale_adapter(beside, "default", merging.scale)
    whole = open_base(str(out), dtype=dtype)
    limit = opened.context - merging.tokens
    rows = examples_for(opened.renderer, pairs, rows=merging.rows, context=max(limit, 1))
    tally = Tally()
    for place, example in enumerate(rows):
        tally.add(
            answer_logits(beside, [example])[0],
            answer_logits(whole.model, [example])[0],
            greedy=greedy_answer(beside, example, renderer=opened.renderer, limit=merging.tokens),
            again=greedy_answer(whole.model, example, renderer=whole.renderer, limit=merging.tokens),
        )
        progress(f"compare {dtype}", place + 1, len(rows))
    return tally.result()


def _note(adapter: Path, merging: Merging) -> str:
    from workbench.rendering.adapters import passport

    told = passport(adapter)
    quantize = (told.spec if told else {}).get("quantize", "none")
    said = []
    if quantize != "none":
        said.append(
            f"The adapter was trained over a base in {quantize}; it was merged into the one in full "
            "precision, whose answers may differ a little from those in training."
        )
    if merging.scale != 1:
        said.append(f"What the adapter adds was taken {merging.scale:g} times.")
    if merging.dtype != _EXACT:
        said.append(f"Weights were rounded to {merging.dtype} after the sum: read the figures.")
    return " ".join(said)


def _readme(name: str, adapter: Path, merging: Merging) -> str:
    settings = json.dumps(msgspec.to_builtins(merging))
    return (
        f"# {escape(name)} with an adapter merged in\n\n"
        f"The adapter {code(adapter.name)} is part of the weights; load it with "
        "`AutoModelForCausalLM.from_pretrained`. How far both agree: parity.json.\n\n"
        f"Settings: `{settings}`\n"
    )


def merged_summary(merged: Merged) -> dict[str, Any]:
    """Return the figures that ``summary.json`` keeps."""
    return {
        "ok": merged.ok,
        "dtype": merged.dtype,
        "note": merged.note,
        **msgspec.to_builtins(merged.agreement),
    }
