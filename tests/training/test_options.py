"""The adapter's kinds and beginnings: those that are right over a shared base, and why others are refused."""

import json

import msgspec
import pytest
from conftest import make_frame

from workbench.cli import execute
from workbench.errors import ConfigError, ModelError
from workbench.training import Sft, train

torch = pytest.importorskip("torch")
SPEC = Sft(
    r=4, learning_rate=0.02, max_steps=2, batch_size=4, dtype="float32", eval_every=0, checkpoint_every=0,
    parity_rows=1,
)  # fmt: skip


def run(base, out, **fields):
    spec = msgspec.structs.replace(SPEC, **fields)
    return train(spec, base=base, train=make_frame(8), valid=None, out=out)


@pytest.mark.parametrize("init", ["pissa", "loftq", "corda"])
def test_beginnings_that_change_the_base_are_refused_with_the_reason(tiny_base, tmp_path, init):
    with pytest.raises(ConfigError, match=r"base's (largest|weights)") as caught:
        run(tiny_base, tmp_path / "out", init=init)
    assert "share one unchanged base" in caught.value.findings[0].expected


def test_an_orthogonal_beginning_wants_an_even_rank(tiny_base, tmp_path):
    with pytest.raises(ConfigError, match="even rank"):
        run(tiny_base, tmp_path / "out", init="orthogonal", r=3)


@pytest.mark.parametrize(
    "fields", [{"init": "eva"}, {"init": "gaussian"}, {"dora": True}, {"rslora": True}, {"targets": "mlp"}]
)
def test_each_kind_is_proven(tiny_base, tmp_path, fields):
    assert run(tiny_base, tmp_path / "out", **fields).parity.ok


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("mlp", {"gate_proj", "up_proj", "down_proj"}),
        (r".*layers\.1\..*q_proj", {"q_proj"}),
        (("q_proj", "v_proj"), {"q_proj", "v_proj"}),
    ],
)
def test_targets_are_what_they_say(tiny_base, targets, expected):
    from workbench.rendering.opening import open_base
    from workbench.training.lora import add_adapter

    spec = msgspec.structs.replace(SPEC, targets=targets)
    model = add_adapter(spec, open_base(tiny_base, dtype="float32").model, name="tiny")
    names = {n.rpartition(".lora_A")[0] for n, _ in model.named_parameters() if ".lora_A" in n}
    assert {name.rpartition(".")[2] for name in names} == expected
    assert len(names) == (1 if targets == r".*layers\.1\..*q_proj" else 2 * len(expected))


@pytest.mark.parametrize(("targets", "error"), [("(", ConfigError), ("wq", ModelError), ((), ModelError)])
def test_wrong_targets_are_named(tiny_base, tmp_path, targets, error):
    with pytest.raises(error, match="targets"):
        run(tiny_base, tmp_path / "out", targets=targets)


def test_the_plan_tells_every_setting_with_its_reason_and_trains_nothing(tiny_base, tmp_path, capsys):
    make_frame(40).write_parquet(tmp_path / "train.parquet")
    arguments = ["train", str(tmp_path), "--base", str(tiny_base), "--rank", "4", "--explain", "--json"]
    assert execute(arguments) == 0
    plan = json.loads(capsys.readouterr().out)
    assert set(plan["settings"]) == set(Sft.__struct_fields__)
    assert plan["settings"]["r"]["value"] == 4
    assert not plan["settings"]["r"]["default"]
    assert plan["settings"]["alpha"]["default"]
    assert all(setting["reason"] for setting in plan["settings"].values())
    assert (plan["rows"], plan["steps"], plan["scale"]) == (40, 6, 8.0)
    assert [p.name for p in tmp_path.iterdir()] == ["train.parquet"]


@pytest.mark.parametrize("grouped", [True, False])
def test_grouping_by_length_saves_padding_and_loses_no_row(tiny_base, tmp_path, grouped):
    from workbench.ports import silent
    from workbench.rendering import Example
    from workbench.rendering.opening import open_base
    from workbench.training.loop import trainer
    from workbench.training.lora import add_adapter
    from workbench.training.objectives import Supervised

    lengths = [4, 40, 5, 41, 6, 42, 7, 43, 8, 44, 9, 45, 10, 46, 11, 47] * 8
    rows = [Example(input_ids=[7] * n, labels=[-100, *[7] * (n - 1)]) for n in lengths]
    spec = msgspec.structs.replace(SPEC, group_by_length=grouped, max_steps=None, epochs=1.0)
    model = add_adapter(spec, open_base(tiny_base, dtype="float32").model, name="tiny")
    loop = trainer(
        spec, model=model, train=rows, valid=[], objective=Supervised(), pad=0, out=tmp_path, progress=silent
    )
    batches = list(loop.get_train_dataloader())
    assert sorted(row for batch in batches for row in batch["rows"].tolist()) == list(range(len(rows)))
    padding = sum(int((batch["attention_mask"] == 0).sum()) for batch in batches)
    assert (padding < 1000) == grouped


def test_a_process_trains_on_one_card_however_many_there_are(tmp_path):
    """Else the Trainer would split batches over all cards, with more rows a step than asked for."""
    from workbench.training.loop import OneDevice

    arguments = OneDevice(output_dir=str(tmp_path), use_cpu=True, per_device_train_batch_size=4)
    assert arguments.n_gpu == 0 or torch.cuda.is_available()
    arguments._n_gpu = 4
    assert arguments.n_gpu == 1
    assert arguments.train_batch_size == 4
