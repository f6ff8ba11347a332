import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from conftest import make_base, make_frame, make_pair

from workbench.errors import (
    ConfigError,
    InputError,
    InvariantError,
    ModelError,
    OutputError,
)
from workbench.io.frames import pairs_to_frame
from workbench.training import Sft, train, zeroed

torch = pytest.importorskip("torch")
SPEC = Sft(
    r=4,
    learning_rate=0.02,
    max_steps=8,
    batch_size=4,
    dtype="float32",
    log_every=1,
    eval_every=4,
    checkpoint_every=3,
    parity_rows=2,
)
ROWS, HELD = make_frame(20), make_frame(4, seed=9)


def changed(spec=SPEC, **fields):
    return msgspec.structs.replace(spec, **fields)


def run(base, out, spec=SPEC, **kwargs):
    return train(spec, base=base, train=ROWS, valid=HELD, out=out, **kwargs)


def tensors(out):
    from safetensors.torch import load_file

    return load_file(Path(out) / "adapter" / "adapter_model.safetensors")


def distance(one, other):
    a, b = tensors(one), tensors(other)
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def timeless(result):
    """Return a summary without what a run says of itself."""
    of_the_run = {"resumed", "seconds", "tokens_per_second", "peak_memory_gb"}
    return {name: value for name, value in result.summary.items() if name not in of_the_run}


@pytest.fixture(scope="module")
def trained(tiny_base, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "out"
    seen = []
    result = run(tiny_base, out, progress=lambda *report: seen.append(report))
    return result, out, seen


def test_the_loss_falls(trained):
    result, _, _ = trained
    losses = [entry["loss"] for entry in result.log if "loss" in entry]
    held = [entry["eval_loss"] for entry in result.log if "eval_loss" in entry]
    assert len(losses) == 8
    assert losses[-1] < losses[0]
    assert held[-1] < held[0]


def test_all_files_are_written_and_checkpoints_are_gone(trained):
    result, out, _ = trained
    names = {path.name for path in out.iterdir()}
    assert names == {
        "adapter", "card.md", "dropped.jsonl", "log.jsonl", "loss.svg", "parity.json", "summary.json",
    }  # fmt: skip
    assert {path.name for path in (out / "adapter").iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors", "workbench.json",
    }  # fmt: skip
    summary = json.loads((out / "summary.json").read_text())
    assert summary == result.summary
    assert (summary["rows"], summary["valid_rows"], summary["steps"], summary["dropped"]) == (20, 4, 8, 0)
    assert summary["trainable"] == sum(t.numel() for t in tensors(out).values())
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log if "loss" in entry] == list(range(1, 9))
    assert [entry["step"] for entry in log if "eval_loss" in entry] == [4, 8]
    assert "training loss from" in (out / "loss.svg").read_text()
    card = (out / "card.md").read_text()
    assert result.parity.base.weights in card
    assert "| r | `4` |" in card


def test_parity_holds_and_is_written(trained):
    result, out, _ = trained
    parity = json.loads((out / "parity.json").read_text())
    assert parity["ok"]
    assert parity["disk_memory"] == 0
    assert parity["restored"] == 0
    assert parity["effect"] > 0.01
    assert parity["keys"] == ""
    assert parity["changed"] == parity["rows"] == 2
    assert parity["switched"] == 0
    assert parity["serving"] == []
    merged = parity["merged"]["float32"]
    assert merged["max_abs"] < 1e-4
    assert 0 <= merged["mean_kl"] < 1e-6
    assert (merged["top1"], merged["greedy"], merged["rows"]) == (1, 1, 2)
    assert parity["stop_tokens"] == ["<|end|>"]
    assert parity["base"] == msgspec.to_builtins(result.parity.base)


def test_parity_says_what_neutral_text_lost(trained, tiny_base):
    from workbench.rendering.opening import open_base
    from workbench.training.agreement import neutral_texts

    result, out, _ = trained
    assert [one.language for one in result.parity.forgetting] == ["en", "zh"]
    base = open_base(tiny_base, dtype="float32")
    for one in result.parity.forgetting:
        assert one.texts == SPEC.neutral_texts
        wanted, count = 0.0, 0
        for text in neutral_texts(one.language)[: one.texts]:
            ids = torch.tensor([base.renderer.tokenizer(text)["input_ids"][:512]])
            with torch.inference_mode():
                wanted += float(base.model(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
            count += ids.shape[1] - 1
        assert one.tokens == count
        assert one.base == pytest.approx(wanted / count, rel=1e-4)
        assert one.kl > 0
        assert one.adapter != one.base
    card = (out / "card.md").read_text()
    assert "## Forgetting" in card
    assert result.parity.embeddings in card
    assert result.summary["data"] in card


def test_progress_tells_steps_loss_and_time_left(trained):
    _, _, seen = trained
    steps = [report for report in seen if report[0] == "train"]
    assert [report[1:3] for report in steps] == [(n, 8) for n in range(1, 9)]
    assert "loss" in steps[-1][3]
    assert "s left" in steps[-1][3]


@pytest.mark.usefixtures("trained")
def test_only_the_adapter_learns_and_the_base_on_disk_stays(tiny_base, tmp_path):
    untouched = make_base(tmp_path / "again")
    assert (tiny_base / "model.safetensors").read_bytes() == (untouched / "model.safetensors").read_bytes()


def test_the_same_work_gives_the_same_adapter(trained, tiny_base, tmp_path):
    _, out, _ = trained
    run(tiny_base, tmp_path / "again")
    assert distance(out, tmp_path / "again") == 0
    config = "adapter/adapter_config.json"
    assert (out / config).read_text() == (tmp_path / "again" / config).read_text()


def test_another_seed_gives_another_adapter(trained, tiny_base, tmp_path):
    _, out, _ = trained
    run(tiny_base, tmp_path / "other", changed(seed=1))
    assert distance(out, tmp_path / "other") > 1e-3


@pytest.mark.parametrize("step", [2, 3, 7])
def test_stopped_and_started_again_ends_with_the_same_adapter_and_log(trained, tiny_base, tmp_path, step):
    result, out, _ = trained

    def stop(stage, done, *_):
        if stage == "train" and done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny_base, tmp_path / "out", progress=stop)
    again = run(tiny_base, tmp_path / "out")
    assert again.summary["resumed"] == (step > 3)
    assert distance(out, tmp_path / "out") == 0
    assert (tmp_path / "out" / "log.jsonl").read_text() == (out / "log.jsonl").read_text()
    assert timeless(again) == timeless(result)


def test_the_log_of_a_resumed_training_means_over_the_steps_before_the_checkpoint_too(tiny_base, tmp_path):
    spec = changed(log_every=5, grad_accumulation=2, batch_size=2)
    whole = run(tiny_base, tmp_path / "whole", spec)

    def stop(stage, done, *_):
        if stage == "train" and done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny_base, tmp_path / "out", spec, progress=stop)
    again = run(tiny_base, tmp_path / "out", spec)
    assert again.summary["resumed"]
    assert [entry["step"] for entry in again.log if "loss" in entry] == [5]
    assert (tmp_path / "out" / "log.jsonl").read_text() == (tmp_path / "whole" / "log.jsonl").read_text()
    assert timeless(again) == timeless(whole)


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
@pytest.mark.parametrize("saving", [{"checkpoint_every": 3}, {"checkpoint_every": 8}])
def test_stopped_twice_after_the_last_step_it_trains_no_further(tiny_base, tmp_path, schedule, saving):
    spec = changed(schedule=schedule, **saving)
    whole = run(tiny_base, tmp_path / "whole", spec)

    def stop(stage, *_):
        if stage == "prove adapter":
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(tiny_base, tmp_path / "out", spec, progress=stop)
    again = run(tiny_base, tmp_path / "out", spec)
    assert again.summary["steps"] == 8
    assert distance(tmp_path / "whole", tmp_path / "out") == 0
    assert (tmp_path / "out" / "log.jsonl").read_text() == (tmp_path / "whole" / "log.jsonl").read_text()
    assert timeless(again) == timeless(whole)
    assert again.parity == whole.parity


def test_checkpoints_of_another_spec_are_not_gone_on_from(trained, tiny_base, tmp_path):
    _, out, _ = trained

    def stop(stage, done, *_):
        if stage == "train" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny_base, tmp_path / "out", changed(learning_rate=0.5), progress=stop)
    assert run(tiny_base, tmp_path / "out").summary["resumed"] is False
    assert distance(out, tmp_path / "out") == 0


def test_accumulation_gives_the_same_steps(tiny_base, tmp_path):
    once = changed(max_steps=3, batch_size=4)
    run(tiny_base, tmp_path / "one", once)
    run(tiny_base, tmp_path / "four", changed(once, batch_size=1, grad_accumulation=4))
    assert distance(tmp_path / "one", tmp_path / "four") < 1e-4


def test_the_loss_is_that_of_a_plain_loop(tiny_base, tmp_path):
    from workbench.rendering.opening import open_base
    from workbench.training.rows import collect

    log = run(tiny_base, tmp_path / "out", changed(max_steps=1, batch_size=20, warmup=0.0)).log
    base = open_base(tiny_base, dtype="float32")
    total, count = 0.0, 0
    for example in collect(ROWS, SPEC, renderer=base.renderer, context=512, part="train").examples:
        ids, labels = torch.tensor([example.input_ids]), torch.tensor(example.labels)
        with torch.no_grad():
            losses = torch.nn.functional.cross_entropy(
                base.model(ids).logits[0, :-1], labels[1:], ignore_index=-100, reduction="sum"
            )
        total, count = total + float(losses), count + int((labels[1:] != -100).sum())
    assert log[0]["loss"] == pytest.approx(total / count, abs=1e-4)


def test_rows_too_long_are_refused_or_dropped_and_listed(tiny_base, tmp_path):
    long = pairs_to_frame([make_pair(99, "x" * 600, "Yes")])
    both = ROWS.vstack(long)
    with pytest.raises(InputError, match="pair-99"):
        train(SPEC, base=tiny_base, train=both, valid=None, out=tmp_path / "a")
    spec = changed(overlong="drop", max_steps=2)
    result = train(spec, base=tiny_base, train=both, valid=None, out=tmp_path / "b")
    assert result.summary["dropped"] == 1
    assert result.summary["rows"] == ROWS.height
    assert json.loads((tmp_path / "b" / "dropped.jsonl").read_text())["id"] == "pair-99"


def test_training_that_is_all_warmup_is_said_to_change_nothing(tiny_base, tmp_path):
    with pytest.raises(ConfigError, match="changes nothing"):
        run(tiny_base, tmp_path / "out", changed(max_steps=1, warmup=0.5))


def test_one_row_trains_and_no_rows_are_refused(tiny_base, tmp_path):
    one = train(changed(max_steps=2), base=tiny_base, train=ROWS.head(1), valid=None, out=tmp_path / "one")
    assert one.summary["valid_loss"] is None
    with pytest.raises(InputError, match="0 rows"):
        train(SPEC, base=tiny_base, train=ROWS.clear(), valid=None, out=tmp_path / "none")


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tiny_base, tmp_path):
    spec = changed(learning_rate=1e20, max_grad_norm=1e20, checkpoint_every=1, warmup=0.0)
    with pytest.raises(ConfigError, match=r"a loss of (nan|inf)"):
        run(tiny_base, tmp_path / "out", spec)
    assert list((tmp_path / "out" / "checkpoints").glob("checkpoint-*"))


def test_weights_that_run_away_in_the_last_step_are_no_adapter(tiny_base, tmp_path):
    spec = changed(learning_rate=1e30, max_grad_norm=1e30, max_steps=1, warmup=0.0)
    with pytest.raises(ConfigError, match="logits that aren't finite"):
        run(tiny_base, tmp_path / "out", spec)


def test_unknown_targets_are_named_with_those_that_exist(tiny_base, tmp_path):
    with pytest.raises(ModelError, match="q_proj"):
        run(tiny_base, tmp_path / "out", changed(targets=("wq",)))


def test_a_saved_adapter_that_differs_is_our_bug_unless_only_reported(tiny_base, tmp_path, monkeypatch):
    from workbench.training import run as module

    whole = module._save

    def broken(model, adapter, **kwargs):
        from safetensors.torch import load_file, save_file

        whole(model, adapter, **kwargs)
        weights = adapter / "adapter_model.safetensors"
        scaled = {name: tensor * 1.01 for name, tensor in load_file(weights).items()}
        save_file(scaled, weights, metadata={"format": "pt"})

    monkeypatch.setattr(module, "_save", broken)
    with pytest.raises(InvariantError, match="isn't what was trained"):
        run(tiny_base, tmp_path / "a", changed(max_steps=2))
    parity = run(tiny_base, tmp_path / "b", changed(max_steps=2, on_parity="report")).parity
    assert not parity.ok
    assert parity.disk_memory > parity.tolerance
    assert run(tiny_base, tmp_path / "c", changed(max_steps=2, parity_tolerance=1e3)).parity.ok


def test_missing_parameters_on_disk_are_found(tiny_base, tmp_path, monkeypatch):
    from workbench.training import run as module

    whole = module._save

    def broken(model, adapter, **kwargs):
        from safetensors.torch import load_file, save_file

        whole(model, adapter, **kwargs)
        weights = adapter / "adapter_model.safetensors"
        held = load_file(weights)
        held.pop(min(held))
        save_file(held, weights, metadata={"format": "pt"})

    monkeypatch.setattr(module, "_save", broken)
    parity = run(tiny_base, tmp_path / "a", changed(max_steps=2, on_parity="report")).parity
    assert not parity.ok
    assert parity.disk_memory is None
    assert "1 parameters missing" in parity.keys


def test_an_adapter_of_zeros_loads_and_changes_nothing(trained, tiny_base, tmp_path):
    from workbench.backends.local import LocalBackend

    result, _, _ = trained
    zero = zeroed(result.adapter, tmp_path / "zero")
    backend = LocalBackend.open(tiny_base, adapters={"zero": zero, "real": result.adapter}, dtype="float32")
    rows = [[5, 6, 7, 8, 9]]
    bare = backend.logits(rows)[0]
    with backend.using("zero"):
        assert torch.equal(backend.logits(rows)[0], bare)
    with backend.using("real"):
        assert not torch.equal(backend.logits(rows)[0], bare)
    with pytest.raises(OutputError):
        zeroed(result.adapter, tmp_path / "zero")
    with pytest.raises(ModelError, match="no adapter"):
        zeroed(tmp_path, tmp_path / "other")


def test_the_adapter_loads_with_plain_peft(trained, tiny_base):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    result, _, _ = trained
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_base), result.adapter)
    assert model.peft_config["default"].r == 4


@pytest.mark.slow
def test_checkpointing_activations_changes_nothing_but_memory(trained, tiny_base, tmp_path):
    _, out, _ = trained
    run(tiny_base, tmp_path / "out", changed(gradient_checkpointing=True))
    assert distance(out, tmp_path / "out") < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("wait", [1, 4])
def test_killed_outright_it_goes_on_to_the_same_adapter(trained, tiny_base, tmp_path, wait):
    _, out, _ = trained
    (tmp_path / "spec.json").write_bytes(msgspec.json.encode(SPEC))
    code = (
        "import sys, time, msgspec; from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent.parent)!r})\n"
        "from conftest import make_frame\n"
        "from workbench.training import Sft, train\n"
        "base, place = map(Path, sys.argv[1:])\n"
        "spec = msgspec.json.decode((place / 'spec.json').read_bytes(), type=Sft)\n"
        "def tell(stage, done, total, note=''):\n"
        "    print(stage, done, flush=True)\n"
        "    time.sleep(0.05)\n"
        "train(spec, base=base, train=make_frame(20), valid=make_frame(4, seed=9), out=place / 'out',"
        " progress=tell)\n"
    )
    command = [sys.executable, "-c", code, str(tiny_base), str(tmp_path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if line.startswith(f"train {wait}"):
            os.kill(child.pid, signal.SIGKILL)
            break
    assert child.wait() == -signal.SIGKILL
    run(tiny_base, tmp_path / "out")
    assert distance(out, tmp_path / "out") < 1e-6
