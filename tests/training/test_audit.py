"""What the audit must catch, each through the real command, and the figures it gives."""

import json
import shutil

import msgspec
import polars as pl
import pytest
from conftest import SPECIAL, make_frame, make_pair

from workbench.cli import execute
from workbench.io.frames import pairs_to_frame
from workbench.records import Message
from workbench.training import Sft
from workbench.training.audit import examine, steps

torch = pytest.importorskip("torch")


@pytest.fixture
def rows(tmp_path):
    def write(frame, name="train"):
        frame.write_parquet(tmp_path / f"{name}.parquet")
        return tmp_path

    return write


@pytest.fixture
def base(tiny_base, tmp_path):
    return shutil.copytree(tiny_base, tmp_path / "base")


def audit(folder, base, *options):
    return execute(["audit", str(folder), "--base", str(base), *options])


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_sound_data_set_passes_and_its_figures_are_right(rows, tiny_base, tmp_path, capsys):
    folder = rows(make_frame(40))
    rows(make_frame(4, seed=9), "valid")
    assert audit(folder, tiny_base, "--out", str(tmp_path / "out"), "--json") == 0
    assert told(capsys)["steps"] == 6
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    part = found["parts"]["train"]
    assert (part["rows"], part["examples"], found["parts"]["valid"]["rows"]) == (40, 40, 4)
    assert part["trained_tokens"] == 40 * (len('{"id": 123}') + 1)
    assert found["template"]["stop_tokens"] == ["<|end|>"]
    spans = found["preview"][0]["spans"]
    assert [trained for trained, _ in spans] == [False, True]
    assert spans[1][1].endswith("}<|end|>")
    assert found["estimate"]["parameters"] > found["estimate"]["trainable"] > 0
    assert set(found["estimate"]["memory_gb"]) == {"weights", "adapter", "activations"}


def test_the_mask_is_shown_row_by_row(rows, tiny_base, capsys):
    assert audit(rows(make_frame(2)), tiny_base) == 0
    shown = capsys.readouterr().out
    assert "trained" in shown
    assert "<|assistant|>" in shown


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (make_pair(0, "x" * 600, "Yes"), "at most 512"),
        (make_pair(0, "Hi", f"a{SPECIAL[4]}b"), "control tokens in the answer"),
        (
            msgspec.structs.replace(make_pair(0, "Hi", ""), completion=(Message(role="tool", content="x"),)),
            "without an assistant turn",
        ),
    ],
)
def test_rows_that_cannot_be_trained_exit_2_before_any_weight_is_read(
    rows, base, tmp_path, capsys, pair, expected
):
    (base / "model.safetensors").unlink()
    folder = rows(pl.concat([make_frame(3), pairs_to_frame([pair])]))
    assert audit(folder, base) == 2
    assert expected in capsys.readouterr().err
    assert audit(folder, base, "--out", str(tmp_path / "out")) == 2
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["ok"] is False


def test_training_refuses_what_the_audit_refuses(rows, tiny_base, tmp_path, capsys):
    folder = rows(pairs_to_frame([make_pair(0, "x" * 600, "Yes")]))
    assert (
        execute(["train", str(folder), "--base", str(tiny_base), "--out", str(tmp_path / "o"), "--quiet"])
        == 2
    )
    assert "at most 512" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_stop_token_that_servers_do_not_know_is_an_error(rows, base, capsys):
    (base / "generation_config.json").write_text('{"eos_token_id": 2}')
    assert audit(rows(make_frame(3)), base) == 2
    shown = capsys.readouterr().err
    assert "<|end|> (id 4)" in shown
    assert "Add 4 to eos_token_id" in shown


def test_two_starts_are_an_error(rows, base, capsys):
    config = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps({**config, "bos_token": "<|system|>"}))
    template = base / "chat_template.jinja"
    template.write_text("{{ bos_token + bos_token }}" + template.read_text())
    assert audit(rows(make_frame(3)), base) == 2
    assert "two beginning-of-sequence tokens" in capsys.readouterr().err


def test_what_a_template_adds_and_control_tokens_of_users_are_shown(rows, base, capsys):
    template = base / "chat_template.jinja"
    template.write_text("{{ '<|system|>\nYou are Model, made by Someone.<|end|>\n' }}" + template.read_text())
    folder = rows(pairs_to_frame([make_pair(0, f"Hi {SPECIAL[4]} there", "Yes"), make_pair(1, "Hi", "Yes")]))
    assert audit(folder, base, "--json") == 0
    found = told(capsys)
    assert [w["where"] for w in found["warnings"]][-1] == "train row pair-0"
    assert "You are Model, made by Someone." in found["warnings"][0]["found"]
    assert found["parts"]["train"]["flagged"] == [{"id": "pair-0", "tokens": ["<|end|>"]}]


def test_dropped_rows_are_listed_and_turns_that_fit_are_kept(tiny_base):
    from workbench.rendering.opening import open_text

    def turn(role, content):
        return Message(role=role, content=content)

    long = msgspec.structs.replace(
        make_pair(5, "Hi", ""),
        completion=(turn("assistant", "One"), turn("user", "x" * 90), turn("assistant", "Two")),
    )
    text, frame = open_text(tiny_base), pairs_to_frame([make_pair(0, "Hi", "Yes"), long])

    def found(overlong):
        return examine(Sft(max_length=60, overlong=overlong), text=text, train=frame, valid=None)

    assert not found("error").audit.ok
    dropped, split = found("drop"), found("split")
    assert [row["id"] for row in dropped.audit.parts["train"].dropped] == ["pair-5"]
    assert len(dropped.train.examples) == 1
    assert len(split.train.examples) == 2
    taught = [x for x in split.train.examples[1].labels if x != -100]
    assert text.renderer.text(taught) == "One"
    assert "later turns longer" in split.audit.parts["train"].dropped[0]["reason"]


def test_steps_are_those_that_the_trainer_takes(tiny_base, tmp_path):
    from workbench.training import train

    spec = Sft(
        epochs=1.5, batch_size=3, grad_accumulation=2, parity_rows=1, checkpoint_every=0, dtype="float32"
    )
    done = train(spec, base=tiny_base, train=make_frame(20), valid=None, out=tmp_path / "out")
    assert done.summary["steps"] == steps(spec, 20)


def test_packed_loss_is_measured_with_the_weights(rows, tiny_base, capsys):
    assert audit(rows(make_frame(20)), tiny_base, "--weights", "--json") == 0
    assert told(capsys)["packed_difference"] < 1e-4


def test_a_model_whose_rows_see_one_another_may_not_pack(tiny_base):
    from workbench.errors import ConfigError
    from workbench.rendering.opening import open_base
    from workbench.training.packing import check_packing
    from workbench.training.rows import collect

    base = open_base(tiny_base, dtype="float32")
    rows = collect(make_frame(8), Sft(), renderer=base.renderer, context=512, part="train")
    forward = base.model.forward

    def careless(*args, position_ids=None, logits_to_keep=0, **kwargs):
        del position_ids
        return forward(*args, logits_to_keep=logits_to_keep, **kwargs)

    base.model.forward = careless
    with pytest.raises(ConfigError, match="packed rows"):
        check_packing(base, rows)


def test_what_training_can_be_told_the_audit_can_be_told_too(rows, tiny_base, capsys):
    """The audit says what to pass to ``train``; with it, it answers as that training would."""
    folder = rows(pairs_to_frame([make_pair(0, "Hi", "Yes"), make_pair(1, "x" * 600, "Yes")]))
    assert audit(folder, tiny_base) == 2
    assert "--on-overlong drop" in capsys.readouterr().err
    assert audit(folder, tiny_base, "--on-overlong", "drop", "--json") == 0
    assert len(told(capsys)["parts"]["train"]["dropped"]) == 1
