import json
import shutil

import pytest

from workbench.errors import ModelError
from workbench.rendering.opening import open_base


@pytest.fixture
def copied(tiny_base, tmp_path):
    return shutil.copytree(tiny_base, tmp_path / "copied")


def test_a_base_opens_with_its_context_stops_and_hashes(tiny_base, other_base):
    base = open_base(tiny_base, dtype="float32")
    assert base.context == 512
    assert base.renderer.stop_names == ["<|end|>"]
    assert not base.model.training
    other = open_base(other_base)
    assert base.hashes.weights != other.hashes.weights
    assert base.hashes.tokenizer == other.hashes.tokenizer


def test_a_note_beside_the_weights_makes_no_other_base(tiny_base, copied):
    (copied / "README.md").write_text("Hello")
    assert open_base(copied).hashes == open_base(tiny_base).hashes


def test_dtype_is_taken(tiny_base):
    import torch

    assert open_base(tiny_base, dtype="bfloat16").model.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("remove", "found"),
    [
        (["config.json"], "no config.json"),
        (["tokenizer.json", "tokenizer_config.json"], "without tokenizer"),
        (["model.safetensors"], "no weights"),
        (["chat_template.jinja"], "without a chat template"),
    ],
)
def test_what_is_missing_is_named(copied, remove, found):
    for name in remove:
        (copied / name).unlink()
    with pytest.raises(ModelError, match=found):
        open_base(copied)


def test_pickled_weights_are_refused(copied):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only pickled weights \(pytorch_model.bin\)"):
        open_base(copied)


def test_cut_weights_are_refused(copied):
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(ModelError, match="no usable model"):
        open_base(copied)


def test_paths_that_are_no_folder_are_refused(tmp_path):
    with pytest.raises(ModelError, match="no such folder"):
        open_base(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="a file"):
        open_base(tmp_path / "file")


OWN_CODE = """
from pathlib import Path
from transformers import LlamaConfig, LlamaForCausalLM

Path(__file__).with_name("ran").touch()

class OwnConfig(LlamaConfig):
    model_type = "own"

class Own(LlamaForCausalLM):
    config_class = OwnConfig
"""


def test_code_that_comes_with_a_base_runs_only_where_the_user_named_it(copied, tmp_path, monkeypatch):
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    config = json.loads((copied / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.Own"},
    }
    (copied / "config.json").write_text(json.dumps(config))
    (copied / "own.py").write_text(OWN_CODE)
    for named in ("", "elsewhere/other", str(copied) + "x"):
        monkeypatch.setenv("WORKBENCH_TRUST_REMOTE_CODE", named)
        with pytest.raises(ModelError, match="code of its own") as refused:
            open_base(copied)
        assert f"WORKBENCH_TRUST_REMOTE_CODE={copied}" in refused.value.findings[0].fix
        assert not list((tmp_path).rglob("ran"))
    monkeypatch.setenv("WORKBENCH_TRUST_REMOTE_CODE", f"other/one, {copied}")
    opened = open_base(copied, dtype="float32")
    assert type(opened.model).__name__ == "Own"
    before = opened.hashes
    (copied / "own.py").write_text(OWN_CODE + "# changed\n")
    assert open_base(copied).hashes.weights != before.weights


def test_a_base_that_memory_does_not_hold_is_not_called_unusable(tiny_base, monkeypatch):
    from transformers import AutoModelForCausalLM

    def no_thread(*_, **__):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", no_thread)
    with pytest.raises(ModelError, match="no memory left to load its model"):
        open_base(tiny_base)
