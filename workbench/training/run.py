"""Training told once, in order: load, render, seed and attach, loop, save, prove, write down."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import ConfigError, Finding
from workbench.io.rundir import clear, write_json, write_text
from workbench.ports import silent
from workbench.rendering.adapters import write_passport
from workbench.rendering.opening import open_base, open_text, quiet
from workbench.spec import spec_key
from workbench.text import content_id
from workbench.training import checkpoints, processes, trackers
from workbench.training.agreement import answer_logits
from workbench.training.audit import examine
from workbench.training.card import card
from workbench.training.curve import loss_svg
from workbench.training.failures import explained
from workbench.training.loop import trainer
from workbench.training.lora import add_adapter
from workbench.training.objectives import objective
from workbench.training.packing import check_packing, first_batches
from workbench.training.parity import Parity, prove
from workbench.training.replay import mixed_in
from workbench.training.rows import Rows, refusal
from workbench.training.watch import Probes, is_figure

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    import torch

    from workbench.ports import Progress
    from workbench.rendering import Example
    from workbench.rendering.opening import OpenBase
    from workbench.training.rows import LongPrompt
    from workbench.training.spec import Sft
    from workbench.training.watch import Measure, Probing


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A proven adapter: its folder, what ``summary.json`` and ``parity.json`` hold, and the log's entries."""

    adapter: Path
    summary: dict[str, Any]
    parity: Parity
    log: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """What a teacher needs: a pair's long prompt, and a folder in which its answers stay for further runs.

    Without ``store`` they are kept until the training ends.
    """

    long: LongPrompt | None = None
    store: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Who sees a training besides its log: trackers of experiments by name, and probes of the rules."""

    report_to: tuple[str, ...] = ()
    probing: Probing | None = None


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What the loop works on: the base with its adapter, the rows, and who watches.

    ``shown`` are the rows over which the adapter is proven, ``untouched`` the base's own logits on them.
    """

    base: OpenBase
    model: Any
    rows: Rows
    held: Rows
    shown: list[Example]
    untouched: list[torch.Tensor]
    measure: Measure | None
    report_to: tuple[str, ...]


def train(  # noqa: PLR0913 - each is one input of its own
    spec: Sft,
    *,
    base: str | Path,
    train: pl.DataFrame,
    valid: pl.DataFrame | None,
    out: Path,
    teaching: Teaching | None = None,
    replay: pl.DataFrame | None = None,
    watching: Watching | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train an adapter on pairs (``PAIR_SCHEMA``) and prove it.

    Writes ``adapter/ log.jsonl loss.svg parity.json card.md summary.json`` into ``out``. While it runs,
    ``out/checkpoints`` lets a killed run go on: the same work called again with the same ``out`` ends with
    the same adapter as one that was never interrupted. Every objective but ``sft`` needs ``teaching``.
    ``replay`` are neutral pairs mixed in; their teacher is the base under their own prompt. Where a launcher
    started several processes, each calls this alike: they train together, and process 0 writes.

    Raises:
        ModelError: the base can't be used (see ``open_base`` and ``add_adapter``), or its template misleads.
        InputError: no rows, or rows that can't be trained whole (see ``audit.examine``).
        ConfigError: the loss is no longer finite, memory runs out, or something that the spec asks for is
            missing (long prompts, probes, a tracker's library).
        OutputError: the disk is full; the last whole checkpoint stays.
        InvariantError: the saved adapter isn't what was trained.
    """
    start = time.perf_counter()
    teaching, watching = teaching or Teaching(), watching or Watching()
    _check(spec, watching)
    processes.join()
    out.mkdir(parents=True, exist_ok=True)
    with explained(spec, out=out):
        progress("load base", 0, 1)
        parts = _audited(spec, base, (train, valid, replay), long=_asked_for(spec, teaching.long))
        work = _ready(spec, base, parts, watching)
        progress("load base", 1, 1, work.base.name)
        store = teaching.store or out / "teacher"
        log, told = _fit(spec, work, out=out, store=store, progress=progress)
        if processes.rank() > 0:
            return _led(out)
        parity = _proven(spec, work, out / "adapter", progress)
        figures = {**_figures(work.rows, work.held, log), **told}
        summary = {**figures, "seconds": round(time.perf_counter() - start, 2)}
        result = Trained(adapter=out / "adapter", summary=summary, parity=parity, log=log)
        _write(out, spec, work, source=base, result=result)
        processes.wait()  # the others read what was written,
        processes.wait()  # and have read it before it may be moved
    return result


def _ready(spec: Sft, base: str | Path, parts: tuple[Rows, Rows], watching: Watching) -> _Work:
    """Load the base, see what it says untouched, and put the adapter on it."""
    rows, held = parts
    opened = open_base(base, dtype=spec.dtype, quantize=spec.quantize)
    shown = (held.examples or rows.examples)[: spec.parity_rows]
    untouched = answer_logits(opened.model, shown)
    measure = watching.probing(opened) if watching.probing and spec.probe_every else None
    model = add_adapter(spec, opened.model, name=opened.name, batches=first_batches(spec, opened, rows))
    return _Work(
        base=opened,
        model=model,
        rows=rows,
        held=held,
        shown=shown,
        untouched=untouched,
        measure=measure,
        report_to=watching.report_to,
    )


def _proven(spec: Sft, work: _Work, adapter: Path, progress: Progress) -> Parity:
    _save(work.model, adapter, base=work.base, spec=spec)
    progress("prove adapter", 0, 1)
    parity = prove(
        spec,
        base=work.base,
        model=work.model,
        adapter=adapter,
        examples=work.shown,
        untouched=work.untouched,
    )
    progress("prove adapter", 1, 1)
    return parity


def _led(out: Path) -> Trained:
    """Return what process 0 wrote."""
    processes.wait()
    log = (json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines())
    result = Trained(
        adapter=out / "adapter",
        summary=json.loads((out / "summary.json").read_text(encoding="utf-8")),
        parity=msgspec.json.decode((out / "parity.json").read_bytes(), type=Parity),
        log=list(log),
    )
    processes.wait()
    return result


def _check(spec: Sft, watching: Watching) -> None:
    """Refuse a watch that can't be kept, before anything is loaded.

    Raises:
        ConfigError: what is missing.
    """
    trackers.check(watching.report_to)
    if spec.probe_every and watching.probing is None:
        raise ConfigError(
            Finding(
                where="$.probe_every",
                found=f"{spec.probe_every}, and no rules to hold answers against",
                expected="the conversion's contract and templates, and validation pairs",
                fix="Pass --templates with the output of `workbench convert`, or leave --probe-every out.",
            )
        )
    if spec.patience and not spec.probe_every:
        raise ConfigError(
            Finding(
                where="$.patience",
                found=f"{spec.patience} without probes",
                expected="probe_every above 0: patience counts probes",
                fix="Pass --probe-every STEPS too.",
            )
        )


def _audited(
    spec: Sft,
    base: str | Path,
    frames: tuple[pl.DataFrame, pl.DataFrame | None, pl.DataFrame | None],
    *,
    long: LongPrompt | None,
) -> tuple[Rows, Rows]:
    """Return the rendered rows to train and to validate on.

    Raises:
        UserError: the audit finds what can't be trained.
    """
    train, valid, replay = frames
    if replay is not None:
        train, long = mixed_in(train, replay, spec, long=long)
    audited = examine(spec, text=open_text(base), train=train, valid=valid, long=long)
    if audited.findings:
        raise refusal(audited.findings)
    return audited.train, audited.valid


def _fit(
    spec: Sft, work: _Work, *, out: Path, store: Path, progress: Progress
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run the loop, from its last checkpoint where one stands; returns the log and figures of the run."""
    base, model, rows, held = work.base, work.model, work.rows, work.held
    if spec.packing:
        check_packing(base, rows)
    with processes.leader_first():
        wanted = objective(spec, base, model, rows, store=store, progress=progress)
        key = _work_key(spec, base, rows, held)
        found = checkpoints.claim(out / "checkpoints", key=key, processes=processes.world())
    loop = trainer(
        spec,
        model=model,
        train=rows.examples,
        valid=held.examples,
        objective=wanted,
        pad=base.renderer.pad,
        out=out,
        progress=progress,
    )
    probes = _watched(spec, work, loop, out=out, progress=progress)
    with quiet(), trackers.aside(work.report_to):
        loop.go_on(found)
    speed, steps = loop.meter.speed, loop.state.global_step
    restored = probes.restore() if probes else None
    if held.examples and (restored or not _measured_last(loop.state.log_history, steps)):
        loop.evaluate()
    told = {
        "steps": steps,
        "best_step": restored or steps,
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "resumed": found is not None,
        "processes": processes.world(),
        "tokens_per_second": round(speed, 1),
        "peak_memory_gb": round(loop.meter.memory, 3),
    }
    return [entry for entry in loop.state.log_history if is_figure(entry)], told


def _watched(spec: Sft, work: _Work, loop: Any, *, out: Path, progress: Progress) -> Probes | None:
    """Add the trackers and the probes to the loop."""
    for tracker in trackers.callbacks(work.report_to, out=out):
        loop.add_callback(tracker)
    if work.measure is None:
        return None
    best = out / "checkpoints" / "best.safetensors"
    probes = Probes(spec, measure=work.measure, best=best, progress=progress)
    probes.trainer = loop
    loop.add_callback(probes)
    return probes


def _asked_for(spec: Sft, long: LongPrompt | None) -> LongPrompt | None:
    """Return the long prompts where the objective needs them.

    Raises:
        ConfigError: it does, and there are none.
    """
    if spec.objective == "sft":
        return None
    if long is None:
        raise ConfigError(
            Finding(
                where="$.objective",
                found=f"{spec.objective}, and no long prompts",
                expected="the templates of the conversion: the teacher reads the long prompt",
                fix="Pass --templates with the output of `workbench convert`, or use --objective sft.",
            )
        )
    return long


def _work_key(spec: Sft, base: OpenBase, rows: Rows, held: Rows) -> str:
    parts = (rows.examples, held.examples, rows.teachers)
    lists = ([e.input_ids for e in part] for part in parts)
    return spec_key([spec, base.hashes, processes.world(), *lists])


def _measured_last(log: list[dict[str, Any]], step: int) -> bool:
    return any("eval_loss" in entry and entry["step"] == step for entry in log)


def _save(model: Any, adapter: Path, *, base: OpenBase, spec: Sft) -> None:
    """Write the adapter under another name first, so that a folder of this name is always whole."""
    work = adapter.with_name(f".{adapter.name}.{os.getpid()}.tmp")
    model.save_pretrained(str(work), save_embedding_layers=False)
    (work / "README.md").unlink(missing_ok=True)  # a form to fill in; card.md says what is known
    config = json.loads((work / "adapter_config.json").read_text(encoding="utf-8"))
    if isinstance(config["target_modules"], list):  # peft writes a set, in another order each time
        config["target_modules"].sort()
    write_json(work / "adapter_config.json", config)
    write_passport(work, base=base, spec=spec)
    shutil.rmtree(adapter, ignore_errors=True)
    work.rename(adapter)


def _figures(rows: Rows, held: Rows, log: list[dict[str, Any]]) -> dict[str, Any]:
    losses = [entry["loss"] for entry in log if "loss" in entry]
    measured = [entry["eval_loss"] for entry in log if "eval_loss" in entry]
    return {
        "data": content_id(*(str((e.input_ids, e.labels)) for e in rows.examples)),
        "rows": len(rows.examples),
        "valid_rows": len(held.examples),
        "dropped": len(rows.dropped) + len(held.dropped),
        "tokens": rows.tokens,
        "trained_tokens": rows.trained,
        "loss": losses[-1] if losses else None,
        "valid_loss": measured[-1] if measured else None,
    }


def _write(out: Path, spec: Sft, work: _Work, *, source: str | Path, result: Trained) -> None:
    """Write what stands beside the adapter, and take away what a killed run would have gone on from."""
    summary, parity = result.summary, result.parity
    write_text(out / "loss.svg", loss_svg(result.log))
    write_json(out / "parity.json", msgspec.to_builtins(parity))
    dropped = [*work.rows.dropped, *work.held.dropped]
    write_text(out / "dropped.jsonl", "".join(json.dumps(row) + "\n" for row in dropped))
    write_text(out / "card.md", card(spec, base=work.base, source=source, summary=summary, parity=parity))
    write_json(out / "summary.json", summary)
    for scratch in ("checkpoints", "teacher"):
        clear(out / scratch)
