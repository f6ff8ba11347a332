import json

import pytest
from conftest import make_pair

from workbench.errors import InvariantError
from workbench.io.bundled import bundled
from workbench.io.frames import pairs_to_frame
from workbench.ports import Sampling
from workbench.training import Sft, train


def sample_rows(count):
    lines = bundled("samples/support/logs.jsonl").read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        try:
            turns = [m["content"] for m in json.loads(line)["messages"] if m["role"] != "system"]
        except (ValueError, KeyError, TypeError):
            continue
        if len(turns) == 2 and count > 0:
            count -= 1
            yield make_pair(number, *turns)


@pytest.mark.slow
def test_the_tiny_base_learns_the_desk_s_answers_without_its_prompt(tmp_path):
    pytest.importorskip("torch")
    from workbench.backends.local import LocalBackend

    try:
        base = bundled("samples/base")
    except InvariantError:
        pytest.skip("this installation has no tiny base")
    frame = pairs_to_frame(sample_rows(360))
    spec = Sft(learning_rate=5e-3, max_steps=40, batch_size=16, eval_every=20, checkpoint_every=0)
    result = train(spec, base=base, train=frame.head(320), valid=frame.tail(40), out=tmp_path / "out")
    held = [entry["eval_loss"] for entry in result.log if "eval_loss" in entry]
    assert held[-1] < 0.5
    backend = LocalBackend.open(base, adapters={"after": result.adapter})
    prompts = [pair.prompt for pair in sample_rows(8)]
    answers = backend.arm("after").generate(prompts, Sampling(max_new_tokens=100))
    before = backend.arm(None).generate(prompts, Sampling(max_new_tokens=100))
    assert sum(answer.text.startswith('{"status": "') for answer in answers) >= 7
    assert sum(answer.text.startswith('{"status": "') for answer in before) <= 1
