"""Watches a training: progress with speed and memory, the log, and probes of what the adapter does by now."""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from workbench.training import processes

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.ports import Progress
    from workbench.rendering.opening import OpenBase
    from workbench.training.spec import Sft

_LOGGED = (
    *("step", "epoch", "loss", "eval_loss", "learning_rate", "grad_norm"),
    *("probe_obeyed", "probe_recovery"),
)
_FIGURES = {"loss", "eval_loss", "probe_obeyed"}
_MINUTES_FROM = 120


class Measure(Protocol):
    """Asks the model as it is now a handful of cases."""

    def __call__(self) -> dict[str, float]:
        """Return ``obeyed`` (share of judged rules) and, where the prompt changes it, ``recovery``."""
        ...


class Probing(Protocol):
    """Prepares probes over a base that has no adapter yet."""

    def __call__(self, base: OpenBase, /) -> Measure:
        """Ask the base itself, and return what asks the model later."""
        ...


class Meter:
    """Counts the tokens of the rows that were trained, and knows the memory at its highest."""

    def __init__(self) -> None:
        self.tokens = 0
        self._start = time.perf_counter()

    def start(self) -> None:
        """Begin to count."""
        self.tokens = 0
        self._start = time.perf_counter()

    @property
    def speed(self) -> float:
        """Tokens a second over all processes."""
        return self.tokens * processes.world() / max(1e-9, time.perf_counter() - self._start)

    @property
    def memory(self) -> float:
        """The most memory held so far, in GB: the GPU's where there is one, else the process's."""
        if torch.cuda.is_available():
            return float(torch.cuda.max_memory_allocated() / 1e9)
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


class Watch(TrainerCallback):  # type: ignore[misc]
    """Writes ``log.jsonl`` line by line and reports steps with loss, rate, speed, memory and time left."""

    def __init__(self, *, log: Path, progress: Progress, meter: Meter) -> None:
        self._log = log
        self._progress = progress
        self._meter = meter
        self._losses = ""
        self._since: tuple[float, int] = (time.perf_counter(), 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the log with what a resumed run has logged before."""
        del args, control
        self._meter.start()
        self._since = (time.perf_counter(), state.global_step)
        if state.is_world_process_zero:
            self._log.write_text("".join(map(_line, state.log_history)), encoding="utf-8")

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add the newest entry to the log."""
        del args, control
        entry = state.log_history[-1]
        if state.is_world_process_zero:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(_line(entry))
        if "loss" in entry:
            self._losses = f"loss {entry['loss']:.3f}, rate {entry.get('learning_rate', 0.0):.1e}"

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report the step."""
        del args, control
        start, first = self._since
        done = state.global_step - first
        left = (time.perf_counter() - start) / max(1, done) * (state.max_steps - state.global_step)
        told = (
            self._losses,
            f"{self._meter.speed:,.0f} tokens/s",
            f"{self._meter.memory:.1f} GB",
            f"{_duration(left)} left",
        )
        self._progress("train", state.global_step, state.max_steps, ", ".join(part for part in told if part))


class Probes(TrainerCallback):  # type: ignore[misc]
    """Measures the rules every so many steps, keeps the best adapter, and stops when it no longer improves.

    Where everything stands is read from the log of the Trainer's state, so that a resumed training decides as
    an uninterrupted one.
    """

    def __init__(self, spec: Sft, *, measure: Measure, best: Path, progress: Progress) -> None:
        self._spec = spec
        self._measure = measure
        self._best = best
        self._progress = progress
        self.trainer: Any = None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Probe, where it is time to."""
        del args
        if state.global_step % self._spec.probe_every and state.global_step < state.max_steps:
            return
        self._progress("probe", state.global_step, state.max_steps)
        found = self._measure()
        self.trainer.log({f"probe_{name}": value for name, value in found.items()})
        note = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        self._progress("probe", state.global_step, state.max_steps, note)
        best, stop = decided(state.log_history, patience=self._spec.patience)
        if self._spec.patience and best == state.global_step and state.is_world_process_zero:
            self._keep()
        control.should_training_stop = control.should_training_stop or stop

    def restore(self) -> int | None:
        """Put the best adapter back where patience is set; returns its step, ``None`` if it is the last."""
        state = self.trainer.state
        best, _ = decided(state.log_history, patience=self._spec.patience)
        if not self._spec.patience or best is None or best == state.global_step:
            return None
        processes.wait()  # until process 0 has written it
        set_peft_model_state_dict(self.trainer.model, load_file(self._best))
        return best

    def _keep(self) -> None:
        held = {name: value.contiguous() for name, value in _weights(self.trainer.model).items()}
        work = self._best.with_suffix(".tmp")
        save_file(held, work)
        work.replace(self._best)


def decided(log: list[dict[str, Any]], *, patience: int) -> tuple[int | None, bool]:
    """Return the step of the best probe (of equal ones the first), and whether ``patience`` has run out."""
    best, top, since = None, -math.inf, 0
    for entry in log:
        if "probe_obeyed" not in entry:
            continue
        since += 1
        if entry["probe_obeyed"] > top:
            best, top, since = entry["step"], entry["probe_obeyed"], 0
        if patience and since >= patience:
            return best, True
    return best, False


def _weights(model: Any) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return found


def is_figure(entry: dict[str, Any]) -> bool:
    """Tell whether an entry of the Trainer's history holds a figure, or only says how it went."""
    return bool(entry.keys() & _FIGURES)


def _line(entry: dict[str, Any]) -> str:
    kept = {name: entry[name] for name in _LOGGED if name in entry and _finite(entry[name])}
    return json.dumps(kept) + "\n" if is_figure(kept) else ""


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _duration(seconds: float) -> str:
    if seconds < _MINUTES_FROM:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
