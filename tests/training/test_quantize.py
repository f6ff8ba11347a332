"""A base in few bits: it trains on the CPU with the right gradient, and what is saved is what was trained."""

import sys

import msgspec
import pytest
from conftest import make_base, make_frame

from workbench.errors import MissingExtraError
from workbench.training import Sft, train

torch = pytest.importorskip("torch")
SPEC = Sft(
    r=4, learning_rate=0.02, max_steps=6, batch_size=4, dtype="float32", log_every=1, eval_every=0,
    checkpoint_every=0, parity_rows=2,
)  # fmt: skip


def run(base, out, **fields):
    spec = msgspec.structs.replace(SPEC, **fields)
    return train(spec, base=base, train=make_frame(20), valid=None, out=out)


def losses(result):
    return [entry["loss"] for entry in result.log if "loss" in entry]


@pytest.fixture
def bits():
    return pytest.importorskip("bitsandbytes", reason="the extra quantize is not installed")


@pytest.mark.usefixtures("bits")
@pytest.mark.parametrize("quantize", ["4bit", "8bit"])
@pytest.mark.filterwarnings("error:.*autograd kernel was not registered")
def test_a_quantised_base_trains_on_the_cpu_and_is_proven(tiny_base, tmp_path, quantize):
    whole = losses(run(tiny_base, tmp_path / "whole"))
    result = run(tiny_base, tmp_path / "few", quantize=quantize)
    few = losses(result)
    assert result.parity.ok
    assert few[-1] < few[0] * 0.6
    assert few[0] != whole[0]
    assert few[0] == pytest.approx(whole[0], abs=1.0)


def test_gradients_over_four_bits_are_those_over_the_same_weights_unpacked(bits, tiny_base):
    """After an evaluation too, at which bitsandbytes would repack weights for inference without gradient."""
    from workbench.rendering.opening import open_base
    from workbench.training.lora import add_adapter

    packed = open_base(tiny_base, dtype="float32", quantize="4bit").model
    dense = open_base(tiny_base, dtype="float32").model
    kinds = dict(packed.named_modules())
    for name, module in dense.named_modules():
        if isinstance(kinds[name], bits.nn.Linear4bit):
            held = kinds[name].weight
            module.weight.data = bits.functional.dequantize_4bit(held.data, held.quant_state)
    ids = torch.tensor([[7, 8, 9, 10, 11, 12]])
    found = []
    for base in (packed, dense):
        model = add_adapter(SPEC, base, name="tiny")
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.constant_(weight, 0.01)
        model.eval()
        with torch.no_grad():
            model(input_ids=ids)
        model.train()
        model(input_ids=ids, labels=ids).loss.backward()
        found.append({n: p.grad for n, p in model.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[1].items():
        assert torch.allclose(found[0][name], gradient, rtol=1e-3, atol=1e-4), name
    assert max(float(g.abs().max()) for g in found[1].values()) > 0.01


def test_without_the_extra_quantizing_says_what_to_install(tiny_base, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(MissingExtraError, match=r"sft-workbench\[quantize\]"):
        run(tiny_base, tmp_path / "out", quantize="4bit")


@pytest.fixture(scope="module")
def on_gpu(tmp_path_factory):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return make_base(tmp_path_factory.mktemp("gpu") / "base")


@pytest.mark.gpu
def test_bfloat16_on_a_gpu_follows_float32(on_gpu, tmp_path):
    whole = run(on_gpu, tmp_path / "whole")
    half = run(on_gpu, tmp_path / "half", dtype="bfloat16", parity_tolerance=0.0)
    assert whole.parity.dtype == "float32"
    assert half.parity.dtype == "bfloat16"
    assert half.parity.ok
    assert losses(half) == pytest.approx(losses(whole), rel=0.1, abs=0.1)


@pytest.mark.gpu
def test_auto_is_bfloat16_where_the_gpu_has_it(on_gpu, tmp_path):
    expected = "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    assert run(on_gpu, tmp_path / "out", dtype="auto", max_steps=2).parity.dtype == expected


@pytest.mark.gpu
@pytest.mark.usefixtures("bits")
@pytest.mark.parametrize("quantize", ["4bit", "8bit"])
def test_a_quantised_base_trains_on_a_gpu_with_less_memory(on_gpu, tmp_path, quantize):
    from workbench.rendering.opening import open_base

    sizes = {
        kind: open_base(on_gpu, dtype="bfloat16", quantize=kind).model.get_memory_footprint()
        for kind in ("none", quantize)
    }
    result = run(on_gpu, tmp_path / "out", dtype="bfloat16", quantize=quantize, parity_tolerance=1e-2)
    assert result.parity.ok
    assert losses(result)[-1] < losses(result)[0] * 0.6
    assert sizes[quantize] < sizes["none"]


@pytest.mark.gpu
def test_checkpointing_activations_on_a_gpu_changes_no_loss(on_gpu, tmp_path):
    kept, again = (
        run(on_gpu, tmp_path / str(checkpointing), gradient_checkpointing=checkpointing)
        for checkpointing in (False, True)
    )
    assert losses(again) == pytest.approx(losses(kept), abs=1e-3)
