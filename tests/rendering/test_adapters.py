import json
import shutil

import pytest

from workbench.errors import ModelError
from workbench.rendering.adapters import attach, write_passport
from workbench.rendering.opening import open_base


def save_adapter(base_folder, folder):
    """Save a fresh adapter whose B is random, so that it does something."""
    import torch
    from peft import LoraConfig, get_peft_model

    base = open_base(base_folder, dtype="float32")
    torch.manual_seed(5)
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(base.model, config).save_pretrained(folder)
    write_passport(folder, base=base, spec={"r": 4})
    return folder


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory):
    return save_adapter(tiny_base, tmp_path_factory.mktemp("adapter") / "adapter")


@pytest.fixture
def copied(adapter, tmp_path):
    return shutil.copytree(adapter, tmp_path / "copied")


def loaded(base_folder, folder):
    base = open_base(base_folder, dtype="float32")
    return attach(base, base.model, folder, name="a")


def test_an_adapter_loads_on_its_base(tiny_base, adapter):
    assert loaded(tiny_base, adapter).active_adapter == "a"


def test_an_adapter_for_another_base_is_refused_with_both_hashes(tiny_base, other_base, adapter):
    with pytest.raises(ModelError) as caught:
        loaded(other_base, adapter)
    text = str(caught.value)
    assert open_base(tiny_base).hashes.weights in text
    assert open_base(other_base).hashes.weights in text


def test_another_vocabulary_is_another_base(tiny_base, copied):
    passport = json.loads((copied / "workbench.json").read_text())
    passport["base"]["tokenizer"] = "0" * 16
    (copied / "workbench.json").write_text(json.dumps(passport))
    with pytest.raises(ModelError, match="another base"):
        loaded(tiny_base, copied)


def test_an_adapter_without_passport_is_taken_by_its_keys(tiny_base, copied):
    (copied / "workbench.json").unlink()
    assert loaded(tiny_base, copied).active_adapter == "a"


@pytest.mark.parametrize("change", ["missing", "unexpected"])
def test_missing_and_unexpected_parameters_are_errors(tiny_base, copied, change):
    import torch
    from safetensors.torch import load_file, save_file

    tensors = load_file(copied / "adapter_model.safetensors")
    if change == "missing":
        tensors.pop(min(tensors))
    else:
        tensors["base_model.model.model.extra.lora_A.weight"] = torch.zeros(1)
    save_file(tensors, copied / "adapter_model.safetensors")
    with pytest.raises(ModelError, match=f"1 (parameters )?{change}"):
        loaded(tiny_base, copied)


def test_damage_is_named(tiny_base, copied, tmp_path):
    weights = copied / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="damaged"):
        loaded(tiny_base, copied)
    weights.rename(copied / "adapter_model.bin")
    with pytest.raises(ModelError, match="only pickled weights"):
        loaded(tiny_base, copied)
    with pytest.raises(ModelError, match="no adapter"):
        loaded(tiny_base, tmp_path / "nowhere")


def test_an_unreadable_passport_is_named(tiny_base, copied):
    (copied / "workbench.json").write_text("{}")
    with pytest.raises(ModelError, match=r"workbench.json can't be read"):
        loaded(tiny_base, copied)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"r": 1_000_000_000}, "a rank of 1,000,000,000; its weights have 4"),
        ({"rank_pattern": {"q_proj": 500_000_000}}, "a rank of 500,000,000"),
        ({"megatron_config": {"x": 1}, "megatron_core": "antigravity"}, "another library"),
        ({"layer_replication": [[0, 2], [0, 1_000_000]]}, "copies of its layers"),
        ({"target_modules": r"((\w|\.)+)+!"}, "patterns that take over"),
        ({"exclude_modules": r"((\w|\.)+)+!"}, "patterns that take over"),
        ({"rank_pattern": {r"((\w|\.)+)+!": 4}}, "patterns that take over"),
        ({"alpha_pattern": {r"((\w|\.)+)+!": 4}}, "patterns that take over"),
    ],
)
def test_a_configuration_that_would_run_away_is_refused_before_it_is_obeyed(
    tiny_base, copied, change, found, monkeypatch
):
    import peft

    from workbench.rendering import adapterconfig

    monkeypatch.setattr(adapterconfig, "SECONDS", 1)
    monkeypatch.setattr(peft.PeftModel, "from_pretrained", None)
    path = copied / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=found):
        loaded(tiny_base, copied)


def test_ordinary_patterns_are_obeyed(tiny_base, copied):
    path = copied / "adapter_config.json"
    projections = r".*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
    patterns = {"target_modules": projections, "rank_pattern": {r"layers\.[01]\.mlp\.up_proj": 4}}
    path.write_text(json.dumps(json.loads(path.read_text()) | patterns))
    assert loaded(tiny_base, copied).active_adapter == "a"
