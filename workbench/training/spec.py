"""How an adapter is trained: every choice that shapes the result is a field here."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from workbench.spec import Spec

Positive = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]
Objective = Literal["sft", "distill", "distill-onpolicy", "mixed"]
Init = Literal["default", "gaussian", "orthogonal", "eva", "pissa", "loftq", "corda"]


class Sft(Spec, frozen=True, kw_only=True):
    """Training of a LoRA adapter on completions only.

    Defaults follow "LoRA Without Regret" (Schulman et al., Thinking Machines 2025): all linear layers, alpha
    32, a learning rate ten times that of full fine-tuning, batches of at most 32. Small bases want more
    (about 5e-3 for one of 1.5 M parameters). docs/training.md gives each default's reason.

    ``objective``: ``sft`` copies logged answers; ``distill`` follows the base's shares under the long prompt
    on them, ``mixed`` both (``logged_weight`` is the copying's), ``distill-onpolicy`` on up to
    ``sample_tokens`` tokens that the student samples. The teacher's ``top_k`` best tokens (``None``: all)
    at ``temperature`` are ``stored`` before the first step, or it answers ``live`` at each.
    ``replay_share`` is the share of replay rows among all rows, where there are any.

    ``targets`` is ``all-linear``, ``mlp``, a regular expression over whole module names, or a list of last
    names. ``max_steps`` overrides ``epochs``. ``max_length`` bounds a row in tokens (``None``: the base's
    context); longer rows stop the training with a list of them, or are dropped and listed, or (``split``)
    keep the turns that fit. ``turns``: every assistant turn of a row's completion is trained, its last one,
    or (``chat``) those in its prompt too. ``packing`` lets short rows of a batch share a line,
    ``group_by_length`` puts rows of like length in a batch. ``dtype`` is that of the base's weights and of
    its computing; the adapter's weights are float32 always. ``probe_every`` steps, ``probe_cases`` validation
    pairs are answered and held against the rules; after ``patience`` probes without a better one the training
    stops, and the best adapter is what is saved (0: probes only tell). ``eval_every`` and
    ``checkpoint_every`` count steps, 0 is never. ``parity_rows`` rows are used to prove the saved adapter,
    whose logits may differ from those in memory by
    ``parity_tolerance``; ``on_parity`` says whether more stops the run. ``parity_tokens`` bounds greedy
    answers, which are compared with the merged model's; ``neutral_texts`` (a language) show what was
    forgotten, 0 is none.
    """

    r: Positive = 16
    alpha: Annotated[float, Meta(gt=0)] = 32.0
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    targets: str | tuple[str, ...] = "all-linear"
    rslora: bool = False
    dora: bool = False
    init: Init = "default"
    objective: Objective = "sft"
    teacher: Literal["stored", "live"] = "stored"
    top_k: Positive | None = 64
    temperature: Annotated[float, Meta(gt=0)] = 1.0
    logged_weight: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    sample_tokens: Positive = 128
    replay_share: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    learning_rate: Annotated[float, Meta(gt=0)] = 2e-4
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: Annotated[float, Meta(ge=0, lt=1)] = 0.05
    weight_decay: Annotated[float, Meta(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Meta(gt=0)] = 1.0
    epochs: Annotated[float, Meta(gt=0)] = 3.0
    max_steps: Positive | None = None
    batch_size: Positive = 32
    grad_accumulation: Positive = 1
    max_length: Positive | None = None
    overlong: Literal["error", "drop", "split"] = "error"
    turns: Literal["all", "last", "chat"] = "all"
    packing: bool = False
    group_by_length: bool = False
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quantize: Literal["none", "4bit", "8bit"] = "none"
    gradient_checkpointing: bool = False
    seed: Count = 0
    log_every: Positive = 5
    probe_every: Count = 0
    probe_cases: Positive = 16
    patience: Count = 0
    eval_every: Count = 50
    checkpoint_every: Count = 50
    parity_rows: Positive = 8
    parity_tolerance: Annotated[float, Meta(ge=0)] = 1e-5
    parity_tokens: Positive = 16
    neutral_texts: Count = 4
    on_parity: Literal["error", "report"] = "error"
