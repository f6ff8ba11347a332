"""Measures the teacher arm of an evaluation beside plain `generate`.

    python -m bench.eval [--cases 200] [--prompt 1000] [--rounds 3]

``--cases`` prompts of about ``--prompt`` tokens that share all but their last lines are answered greedily by
the tiny base, once by `LocalBackend` (the shared beginning is encoded once) and once by `generate`, over
left-padded batches of the same size. Outputs are compared text by text. Rounds are interleaved; the ratio is
of medians, for a busy machine slows both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

from workbench.ports import Sampling
from workbench.records import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.backends.local import LocalBackend
    from workbench.records import Messages

RULE = "Answer in one short line, and name the order by its number. "


def prompts_of(count: int, tokens: int, backend: LocalBackend) -> list[Messages]:
    """Make prompts of about ``tokens`` tokens that share their system message."""
    tail = [
        f"Context:\n- Order {4000 + n} left on {n % 28 + 1} May.\n\nQuestion: When did it leave?"
        for n in range(count)
    ]
    system = RULE
    while True:
        asked = (Message(role="system", content=system + RULE), Message(role="user", content=tail[-1]))
        if len(backend.base.renderer.prompt_ids(asked)) > tokens:
            break
        system += RULE
    return [(Message(role="system", content=system), Message(role="user", content=one)) for one in tail]


def plain(backend: LocalBackend, prompts: list[Messages], sampling: Sampling, batch: int) -> list[str]:
    """Answer by `generate`, batch by batch, every prompt encoded whole."""
    import torch

    base = backend.base
    rows = [base.renderer.prompt_ids(prompt) for prompt in prompts]
    order = sorted(range(len(rows)), key=lambda n: -len(rows[n]))
    texts = [""] * len(rows)
    pad = base.renderer.pad
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        width = max(len(rows[n]) for n in part)
        ids = torch.tensor([[pad] * (width - len(rows[n])) + rows[n] for n in part])
        mask = torch.tensor([[0] * (width - len(rows[n])) + [1] * len(rows[n]) for n in part])
        with torch.inference_mode():
            out = base.model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=sampling.max_new_tokens,
                do_sample=False,
                pad_token_id=pad,
                eos_token_id=sorted(base.renderer.stops),
            )
        for n, row in zip(part, out[:, width:].tolist(), strict=True):
            end = next((i + 1 for i, token in enumerate(row) if token in base.renderer.stops), len(row))
            texts[n] = base.renderer.text(row[:end])
    return texts


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return wall seconds and the result."""
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def teacher(options: argparse.Namespace) -> dict[str, Any]:
    """Time the teacher arm beside plain `generate`."""
    from workbench.backends.local import LocalBackend

    backend = LocalBackend.open(options.base, batch_size=options.batch)
    sampling = Sampling(max_new_tokens=options.new)
    prompts = prompts_of(options.cases, options.prompt, backend)
    ours, theirs, same = [], [], 0
    for _ in range(options.rounds):
        seconds, found = timed(lambda: [one.text for one in backend.generate(prompts, sampling)])
        ours.append(seconds)
        seconds, other = timed(lambda: plain(backend, prompts, sampling, options.batch))
        theirs.append(seconds)
        same = sum(a == b for a, b in zip(found, other, strict=True))
    lengths = [len(backend.base.renderer.prompt_ids(prompt)) for prompt in prompts]
    return {
        "cases": len(prompts),
        "prompt_tokens": statistics.mean(lengths),
        "same_outputs": same,
        **compared(ours, theirs),
    }


def compared(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """Return median seconds of both and their ratio."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    return {"seconds": round(mine, 2), "peer_seconds": round(other, 2), "ratio": round(other / mine, 2)}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", default="samples/base")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--prompt", type=int, default=1000, help="tokens")
    parser.add_argument("--new", type=int, default=24, help="most new tokens")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps({"teacher": teacher(options)}))


if __name__ == "__main__":
    main()
