"""What is made out of adapters loads with plain libraries, and is what it says."""

import json
import shutil

import pytest
from conftest import make_frame
from made_adapters import call, enter, refused, save_adapter, told

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def world(tiny_base, tmp_path_factory):
    place = tmp_path_factory.mktemp("world")
    shutil.copytree(tiny_base, place / "base")
    for seed, name in enumerate(("one", "two")):
        save_adapter(place / "base", place / name, seed=seed)
    save_adapter(place / "base", place / "wide", seed=7, r=8)
    save_adapter(place / "base", place / "dora", seed=8, use_dora=True)
    make_frame(20).write_parquet(place / "pairs.parquet")
    return place


@pytest.fixture
def here(world, tmp_path, monkeypatch):
    shutil.copytree(world, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    enter("one", "two", "wide", "dora")
    return tmp_path / "w"


def plain(folder="base", adapter=None):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return (PeftModel.from_pretrained(model, adapter) if adapter else model).eval()


def logits(model, ids):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits


def deltas(adapter):
    """Return what an adapter adds to each weight."""
    model = plain(adapter=adapter)
    return {
        name: module.get_delta_weight("default").detach()
        for name, module in model.named_modules()
        if hasattr(module, "get_delta_weight")
    }


def test_the_merged_folder_stands_alone_and_agrees(here, capsys):
    from transformers import AutoTokenizer, GenerationConfig

    found = told(capsys, "merge", "one", "--out", "merged", "--data", "pairs.parquet", "--rows", "12")
    parity = json.loads((here / "merged" / "parity.json").read_text())
    exact = parity["agreement"]["float32"]
    assert found["ok"] is parity["ok"] is True
    assert (exact["rows"], exact["greedy"], exact["top1"]) == (12, 1, 1)
    assert 0 < exact["max_abs"] < 1e-4
    assert 0 <= exact["mean_kl"] < 1e-6
    assert parity["agreement"]["bfloat16"]["max_abs"] > exact["max_abs"]
    (here / "base").rename(here / "gone")
    ids = [5, 77, 30, 9]
    merged = logits(plain("merged"), ids)
    assert float((merged - logits(plain("gone", "one"), ids)).abs().max()) < 1e-4
    assert float((merged - logits(plain("gone"), ids)).abs().max()) > 0.01
    tokenizer = AutoTokenizer.from_pretrained("merged")
    assert tokenizer.chat_template == AutoTokenizer.from_pretrained("gone").chat_template
    assert GenerationConfig.from_pretrained("merged").eos_token_id == 4


def test_a_scale_is_merged_and_exported(here, capsys):
    from safetensors.torch import load_file

    found = told(
        capsys, "merge", "one", "--out", "half", "--scale", "0.5", "--rows", "4", "--compare", "float32"
    )
    assert found["ok"] is True
    assert "0.5 times" in found["note"]
    told(capsys, "merge", "one", "--out", "none", "--scale", "0", "--rows", "4", "--compare", "float32")
    base, none, half = (load_file(here / name / "model.safetensors") for name in ("base", "none", "half"))
    for name, weight in base.items():
        assert torch.equal(none[name], weight), name
    assert max(float((half[name] - weight).abs().max()) for name, weight in base.items()) > 0.001
    told(capsys, "export", "one", "wide", "--to", "vllm", "--out", "served", "--scale", "0.5")
    ids = [5, 77, 30, 9]
    exported = logits(plain(adapter="served/one"), ids)
    assert float((exported - logits(plain("half"), ids)).abs().max()) < 1e-4
    assert "DoRA" in refused(capsys, "export", "dora", "--to", "hub", "--out", "x", "--scale", "0.5")
    assert "DoRA" in refused(capsys, "merge", "dora", "--out", "x", "--scale", "0.5")


def test_a_rounded_folder_is_not_judged_and_says_so(here, capsys):
    found = told(
        capsys,
        "merge",
        "one",
        "--out",
        "merged",
        "--dtype",
        "bfloat16",
        "--compare",
        "bfloat16",
        "--rows",
        "2",
    )
    assert found["ok"] is None
    assert "rounded" in found["note"]
    assert plain(here / "merged").config.dtype is not None
    assert found["bfloat16"]["rows"] == 2


@pytest.mark.usefixtures("here")
def test_a_merge_that_does_not_agree_fails(capsys):
    assert (
        call("merge", "one", "--out", "merged", "--rows", "2", "--compare", "float32", "--tolerance", "0")
        == 1
    )
    assert "parity.json" in capsys.readouterr().err


def test_nothing_is_merged_into_few_bits(here, capsys):
    assert "rounds" in refused(capsys, "merge", "one", "--out", "merged", "--dtype", "4bit")
    config = json.loads((here / "base" / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (here / "base" / "config.json").write_text(json.dumps(config))
    error = refused(capsys, "merge", "one", "--out", "merged")
    assert "base/config.json" in error
    assert "bitsandbytes" in error
    assert not (here / "merged").exists()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("method", ["cat", "svd"])
def test_a_combination_is_the_weighted_sum(capsys, method):
    found = told(
        capsys, "combine", "one=0.7", "wide=-0.5", "--method", method, "--rank", "12", "--out", "both"
    )
    assert found["r"] == 12
    one, wide, both = deltas("one"), deltas("wide"), deltas("both")
    assert set(both) == set(one)
    for name, delta in both.items():
        assert torch.allclose(delta, 0.7 * one[name] - 0.5 * wide[name], atol=1e-5), name
    assert call("add", "both", "both", "--base", "base", "--json") == 0
    assert told(capsys, "verify", "both", "--rows", "2")["ok"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("method", ["linear", "ties", "dare_linear", "dare_ties", "ties_svd"])
def test_other_methods_load_like_any_adapter_and_repeat(capsys, method):
    for out in ("x", "y"):
        told(capsys, "combine", "one", "two=0.5", "--method", method, "--density", "0.4", "--out", out)
    for name, delta in deltas("x").items():
        assert torch.equal(delta, deltas("y")[name])
        assert float(delta.abs().max()) > 0


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["one", "wide", "--method", "linear"], "equal ranks"),
        (["one", "dora", "--method", "cat"], "DoRA"),
        (["one"], "two or more"),
        (["one", "two", "--method", "magic"], "magic"),
        (["one", "two", "--method", "ties", "--density", "0"], "--density"),
        (["one=much", "two"], "NAME=WEIGHT"),
        (["one=0.5", "two", "one"], "one=1.5 is both together"),
        (["one", "nobody"], "no adapter 'nobody'"),
    ],
)
def test_combinations_that_are_none(capsys, arguments, expected):
    assert expected in refused(capsys, "combine", *arguments, "--out", "both")


def test_export_for_vllm(here, capsys):
    found = told(capsys, "export", "one", "wide", "--to", "vllm", "--out", "served")
    assert "--max-lora-rank 8 --max-loras 2 --lora-modules one=" in found["command"]
    assert "one=one wide=wide" in found["command"]
    assert "not started" in found["not_run"]
    script = (here / "served" / "serve.sh").read_text()
    assert 'one="$here"/one wide="$here"/wide' in script
    assert str(here / "base") in script
    ids = [5, 77, 30, 9]
    assert torch.equal(logits(plain("base", "served/one"), ids), logits(plain("base", "one"), ids))
    error = refused(capsys, "export", "dora", "--to", "vllm", "--out", "other")
    assert "DoRA" in error
    assert "merge dora" in error


def test_export_for_ollama_and_gguf(here, capsys):
    found = told(capsys, "export", "one", "--to", "ollama", "--out", "o")
    assert found["command"] == "ollama create one -f Modelfile.one"
    lines = (here / "o" / "Modelfile.one").read_text().splitlines()
    assert lines[:3] == [f"FROM {here / 'base'}", "ADAPTER ./one", 'PARAMETER stop "<|end|>"']
    found = told(capsys, "export", "one", "two", "--to", "gguf-instructions", "--out", "g")
    text = (here / "g" / "GGUF.md").read_text()
    assert "convert_lora_to_gguf.py two --base BASE" in text
    assert "not run" in found["not_run"]


def test_the_hub_gets_adapter_and_card_and_nothing_in_a_dry_run(here, capsys, monkeypatch):
    import huggingface_hub

    sent = []

    class Api:
        def create_repo(self, repo, **options):
            sent.append((repo, options))

        def upload_folder(self, **options):
            sent.append(options)
            return "https://hub/o/one"

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    arguments = ("export", "one", "--to", "hub", "--out", "h", "--repo", "o/one")
    found = told(capsys, *arguments, "--dry-run")
    assert sent == []
    assert found["command"] == "hf upload OWNER/one one"
    assert "one/README.md" in found["files"]
    assert "one/adapter_model.safetensors" in found["files"]
    assert str(here) not in "".join(p.read_text() for p in (here / "h" / "one").glob("*.*[dn]"))
    assert call(*arguments, "--quiet") == 0
    assert sent[0] == ("o/one", {"private": True, "exist_ok": True})
    assert sent[1]["folder_path"] == "h/one"
    assert "*.bin" not in sent[1]["allow_patterns"]

    def refuse(*_, **__):
        raise OSError("no route")

    monkeypatch.setattr(Api, "create_repo", refuse)
    assert "--repo o/one" in refused(capsys, *arguments)
    assert call("export", "one", "two", "--to", "hub", "--out", "h2", "--repo", "o/x") == 2
    assert call("export", "one", "--to", "elsewhere", "--out", "h2") == 2
