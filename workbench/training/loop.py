"""The training loop: transformers' Trainer with our loss, our validation figure and our watch on it."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from peft import set_peft_model_state_dict
from safetensors.torch import load_file
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerState, TrainingArguments

from workbench.errors import ConfigError, Finding
from workbench.io.rundir import write_json
from workbench.training import checkpoints
from workbench.training.batches import Collator, Tokenised
from workbench.training.loss import answer_loss
from workbench.training.trackers import PROJECT
from workbench.training.watch import Meter, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.ports import Progress
    from workbench.rendering import Example
    from workbench.training.objectives import Objective
    from workbench.training.spec import Sft

_SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


class CompletionTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose loss is an objective's mean over all labelled tokens of an optimiser step.

    With accumulation the mean is over the whole step, so that 4 × 8 rows give the gradient of 1 × 32. An
    objective that makes its own tokens (``own_tokens``) is averaged batch by batch.
    """

    # ``compute_loss`` divides by the tokens of the whole step already.
    loss_is_scaled_for_ga = True

    def __init__(
        self, *args: Any, objective: Objective, own_tokens: bool, meter: Meter, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._objective = objective
        self._own_tokens = own_tokens
        self.meter = meter
        self.model_accepts_loss_kwargs = True  # makes the Trainer count a step's labels for ``compute_loss``
        self._loss_shifts_labels = True

    def go_on(self, found: Path | None) -> None:
        """Train from the checkpoint ``found`` to the end; after one of the last step there is nothing to do.

        The Trainer itself takes one more step where it goes on from the last.
        """
        if found is None or not checkpoints.is_last(found):
            self.add_callback(Carry(self, found))
            self.train(resume_from_checkpoint=str(found) if found else None)
            return
        set_peft_model_state_dict(self.model, load_file(found / checkpoints.WEIGHTS))
        self.state = TrainerState.load_from_json(str(found / checkpoints.STATE))
        self.state.is_world_process_zero = self.is_world_process_zero()
        self.state.is_local_process_zero = self.is_local_process_zero()
        for event in (self.callback_handler.on_train_begin, self.callback_handler.on_train_end):
            event(self.args, self.state, self.control)

    def losses(self) -> dict[str, float]:
        """Return the sum of the losses that the log does not hold yet, and the step that it holds last."""
        return {"sum": float(self._tr_loss), "logged": self._globalstep_last_logged}

    def take_up(self, losses: dict[str, float]) -> None:
        """Begin with losses of before, so that the next entry of the log is the mean over all its steps."""
        self._tr_loss += losses["sum"]
        self._globalstep_last_logged = int(losses["logged"])

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """Return the objective's sum over the number of labelled tokens in the step."""
        total, count = self._objective(model, inputs)
        if self._own_tokens or num_items_in_batch is None:
            loss = total / count / self.args.gradient_accumulation_steps
        else:
            loss = total / num_items_in_batch
            if self.args.average_tokens_across_devices:
                loss = loss * self.accelerator.num_processes
        return (loss, {}) if return_outputs else loss

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        """Take one forward and backward pass.

        Raises:
            ConfigError: the loss is no longer finite; the last checkpoint stays.
        """
        rows: list[int] = inputs["rows"].tolist()
        self.meter.tokens += sum(self.train_dataset.length(row) for row in rows)
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            raise ConfigError(
                Finding(
                    where="$.learning_rate",
                    found=f"a loss of {loss.item()} at step {self.state.global_step + 1}",
                    expected="a finite loss",
                    fix="Lower the learning rate, or raise warmup; checkpoints of earlier steps are kept.",
                )
            )
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the mean cross-entropy of logged answers over the validation rows, and log it.

        It is the same figure for every objective, so that objectives can be compared.
        """
        self.model.eval()
        own = torch.zeros(2, dtype=torch.float64)
        with torch.no_grad():
            for batch in self._own_share():
                with self.compute_loss_context_manager():
                    loss, tokens = answer_loss(self.model, self._prepare_inputs(batch))
                own += torch.tensor([float(loss), int(tokens)], dtype=torch.float64)
        self.model.train()
        total, count = self.accelerator.reduce(own.to(self.args.device), "sum").tolist()
        metrics = {"eval_loss": total / max(1.0, count)}
        self.log(metrics)
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _own_share(self) -> Iterator[dict[str, torch.Tensor]]:
        """Give this process's batches of the validation rows, each row to one process only."""
        batches = DataLoader(
            self.eval_dataset, batch_size=self.args.per_device_eval_batch_size, collate_fn=self.data_collator
        )
        return islice(batches, self.args.process_index, None, self.args.world_size)


class Carry(TrainerCallback):  # type: ignore[misc]
    """Carries losses that are not logged yet over a checkpoint, from which the Trainer would count anew."""

    def __init__(self, loop: CompletionTrainer, found: Path | None) -> None:
        self._loop = loop
        self._found = found

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take up what the checkpoint holds."""
        del state, control
        if self._found is not None:
            self._loop.take_up(json.loads(self._file(self._found, args).read_text(encoding="utf-8")))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Make the checkpoint whole."""
        del control
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        write_json(self._file(folder, args), self._loop.losses())

    def _file(self, folder: Path, args: Any) -> Path:
        return checkpoints.losses(folder, processes=args.world_size, rank=args.process_index)


class OneDevice(TrainingArguments):  # type: ignore[misc]
    """Arguments of a process that trains on one card, however many there are.

    The Trainer would else split each batch over all of them by itself (``DataParallel``), with more rows a
    step than asked for; several cards take one process each (``accelerate launch``).
    """

    @property
    def n_gpu(self) -> int:
        """How many cards this process uses."""
        return min(1, int(super().n_gpu))


def trainer(
    spec: Sft,
    *,
    model: Any,
    train: Sequence[Example],
    valid: Sequence[Example],
    objective: Objective,
    pad: int,
    out: Path,
    progress: Progress,
) -> CompletionTrainer:
    """Return the Trainer of a spec; checkpoints go to ``out/checkpoints``, the log to ``out/log.jsonl``."""
    meter = Meter()
    built = CompletionTrainer(
        model=model,
        args=_arguments(spec, model=model, valid=bool(valid), place=out / "checkpoints"),
        train_dataset=Tokenised(train),
        eval_dataset=Tokenised(valid) if valid else None,
        data_collator=Collator(pad=pad, packing=spec.packing),
        objective=objective,
        own_tokens=spec.objective == "distill-onpolicy",
        meter=meter,
        callbacks=[Watch(log=out / "log.jsonl", progress=progress, meter=meter)],
    )
    built.remove_callback(PrinterCallback)
    return built


def _arguments(spec: Sft, *, model: Any, valid: bool, place: Path) -> OneDevice:
    return OneDevice(
        output_dir=str(place),
        learning_rate=spec.learning_rate,
        lr_scheduler_type=_SCHEDULES[spec.schedule],
        warmup_steps=spec.warmup,
        weight_decay=spec.weight_decay,
        max_grad_norm=spec.max_grad_norm,
        num_train_epochs=spec.epochs,
        max_steps=spec.max_steps or -1,
        per_device_train_batch_size=spec.batch_size,
        per_device_eval_batch_size=spec.batch_size,
        gradient_accumulation_steps=spec.grad_accumulation,
        train_sampling_strategy="group_by_length" if spec.group_by_length else "random",
        fp16=spec.dtype == "float16" and model.device.type == "cuda",
        activation_checkpointing=spec.gradient_checkpointing,
        seed=spec.seed,
        data_seed=spec.seed,
        use_cpu=model.device.type == "cpu",
        logging_steps=spec.log_every,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if valid and spec.eval_every else "no",
        eval_steps=spec.eval_every or None,
        save_strategy="steps" if spec.checkpoint_every else "no",
        save_steps=spec.checkpoint_every or 1,
        save_total_limit=2,
        disable_tqdm=True,
        report_to="none",
        project=PROJECT,
        run_name=place.parent.name.removesuffix(".partial"),
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=False,
    )
