"""No dead field: each field of a training, changed, changes its steps, adapter, proof or files."""

import json

import msgspec
import pytest
from conftest import make_frame, make_pair

from workbench.errors import UserError
from workbench.io.frames import pairs_to_frame
from workbench.records import Message
from workbench.training import Sft, Teaching, train

torch = pytest.importorskip("torch")
LONG = "You are the desk of a shop. Give the number of the order as JSON, and nothing besides it."
BASE = Sft(
    r=4, learning_rate=0.02, max_steps=2, batch_size=4, dtype="float32", log_every=1, eval_every=0,
    checkpoint_every=0, parity_rows=1, parity_tokens=2, neutral_texts=0,
)  # fmt: skip
ROWS, HELD, REPLAY = make_frame(8), make_frame(4, seed=9), make_frame(6, seed=3)
LONG_ROWS = pairs_to_frame(make_pair(n, "Where is it? " * (1 + 30 * (n == 0)), "Here.") for n in range(8))
TURNS = pairs_to_frame(
    msgspec.structs.replace(
        make_pair(n, f"Where is {n}?", "Here."),
        completion=(
            Message(role="assistant", content="Which one?"),
            Message(role="user", content="The blue one."),
            Message(role="assistant", content=f"Here: {n}."),
        ),
    )
    for n in range(8)
)
DISTILL, POLICY = {"objective": "distill"}, {"objective": "distill-onpolicy", "sample_tokens": 4}
# Fields that stay, one field's new value (the old one is that of BASE or of what stays), the rows.
CHANGED = [
    ({}, "r", 2),
    ({}, "alpha", 8.0),
    ({}, "dropout", 0.5),
    ({}, "targets", "mlp"),
    ({}, "rslora", True),
    ({}, "dora", True),
    ({}, "init", "gaussian"),
    ({}, "objective", "distill"),
    (DISTILL, "top_k", 2),
    (DISTILL, "temperature", 3.0),
    ({"objective": "mixed"}, "logged_weight", 0.9),
    (POLICY, "sample_tokens", 1),
    ({}, "replay_share", 0.4),
    ({}, "learning_rate", 0.001),
    ({"max_steps": 4}, "schedule", "constant"),
    ({"max_steps": 4}, "warmup", 0.6),
    ({}, "weight_decay", 0.5),
    ({}, "max_grad_norm", 1e-4),
    ({"max_steps": None}, "epochs", 0.5),
    ({}, "max_steps", 1),
    ({}, "batch_size", 2),
    ({}, "grad_accumulation", 2),
    ({"overlong": "drop"}, "max_length", 60),
    ({"max_length": 60}, "overlong", "drop"),
    ({}, "turns", "last"),
    ({}, "packing", True),
    ({"batch_size": 2}, "group_by_length", True),
    ({}, "dtype", "bfloat16"),
    ({}, "seed", 1),
    ({}, "log_every", 2),
    ({}, "eval_every", 1),
    ({}, "parity_rows", 2),
    ({}, "parity_tokens", 1),
    ({}, "neutral_texts", 1),
    ({}, "checkpoint_every", 1),
    ({}, "quantize", "8bit"),
    ({}, "parity_tolerance", 1.0),
]  # fmt: skip
FRAMES = {"max_length": LONG_ROWS, "overlong": LONG_ROWS, "group_by_length": LONG_ROWS, "turns": TURNS}
# They change what a training costs, or when it stops: below, test_watched_probes.py, and test_train.py.
ELSEWHERE = {"teacher", "gradient_checkpointing", "probe_every", "probe_cases", "patience", "on_parity"}
TIMES = {"seconds", "tokens_per_second", "memory_gb", "steps_per_second", "switch_ms", "eval_seconds"}


def test_every_field_of_a_training_is_tried():
    assert {field for _, field, _ in CHANGED} | ELSEWHERE == set(Sft.__struct_fields__)


@pytest.fixture(scope="module")
def outcome(tiny_base, tmp_path_factory):
    """Return all that a training says and writes, times left out; the same training runs once."""
    kept = {}

    def run(field, **fields):
        spec = msgspec.structs.replace(BASE, **fields)
        key = (field if field in FRAMES or field == "replay_share" else "", spec.key)
        if key not in kept:
            kept[key] = _outcome(tiny_base, tmp_path_factory.mktemp("t") / "out", spec, field)
        return kept[key]

    return run


def _outcome(base, out, spec, field):
    def long(pair):
        return (Message(role="system", content=LONG), *pair.prompt)

    kept = set()

    def watch(*_):
        kept.update(path.name for path in (out / "checkpoints").glob("checkpoint-*"))

    try:
        done = train(
            spec, base=base, train=FRAMES.get(field, ROWS), valid=HELD, out=out,
            replay=REPLAY if field == "replay_share" else None, teaching=Teaching(long=long), progress=watch,
        )  # fmt: skip
    except UserError as error:
        return str(error)
    weights = (out / "adapter" / "adapter_model.safetensors").read_bytes()
    parity = json.loads((out / "parity.json").read_text())
    log = [{k: v for k, v in entry.items() if k not in TIMES} for entry in done.log]
    return log, weights, parity, kept


@pytest.mark.parametrize(("stays", "field", "after"), CHANGED, ids=[one[1] for one in CHANGED])
def test_a_changed_field_changes_the_training(outcome, stays, field, after):
    if field == "quantize":
        pytest.importorskip("bitsandbytes", reason="the extra quantize is not installed")
    one, other = outcome(field, **stays), outcome(field, **{**stays, field: after})
    assert one != other


def test_what_the_outcome_compares_is_the_same_for_the_same_training(tiny_base, tmp_path, outcome):
    assert outcome("r") == _outcome(tiny_base, tmp_path / "out", BASE, "r")


def test_a_live_teacher_keeps_no_answers(tiny_base, tmp_path):
    def long(pair):
        return (Message(role="system", content=LONG), *pair.prompt)

    for teacher in ("stored", "live"):
        spec = msgspec.structs.replace(BASE, objective="distill", teacher=teacher)
        teaching = Teaching(long=long, store=tmp_path / f"{teacher}-store")
        train(spec, base=tiny_base, train=ROWS, valid=None, out=tmp_path / teacher, teaching=teaching)
    assert (tmp_path / "stored-store").exists()
    assert not (tmp_path / "live-store").exists()


def test_checkpointed_activations_take_less_memory(tiny_base):
    from workbench.rendering.opening import open_text
    from workbench.training.audit import examine
    from workbench.training.estimate import estimate

    text = open_text(tiny_base)
    plain, spared = (
        estimate(spec, text=text, rows=examine(spec, text=text, train=ROWS, valid=None).train)
        for spec in (BASE, msgspec.structs.replace(BASE, gradient_checkpointing=True))
    )
    assert sum(spared.memory_gb.values()) < sum(plain.memory_gb.values())
