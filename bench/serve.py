"""Latency of `workbench serve` at 1, 8 and 32 callers over a base and three adapters, and its memory.

    python -m bench.serve --calls 200

Every caller uses the `openai` client and takes the models in turn; `--calls` for each number of callers.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

BASE = Path(__file__).resolve().parents[1] / "samples" / "base"
ADAPTERS = ("one", "two", "three")


def main() -> None:
    """Serve, ask, and print one line for each number of callers."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=200)
    options.add_argument("--tokens", type=int, default=24)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folders = [
            f"--adapter={name}={random_adapter(Path(place) / name, i)}" for i, name in enumerate(ADAPTERS)
        ]
        server = subprocess.Popen(
            [sys.executable, "-m", "workbench", "serve", "--base", str(BASE), "--port", "0", *folders],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            _measure(server, calls=chosen.calls, tokens=chosen.tokens)
        finally:
            server.terminate()
            server.wait(60)


def _measure(server: subprocess.Popen[str], *, calls: int, tokens: int) -> None:
    found = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
    if found is None:
        raise SystemExit("the server didn't start")
    _round(found.group(), callers=8, calls=40, tokens=tokens)  # kernels and caches are warm afterwards
    print("| callers | calls | lost | seconds | calls/s | p50 ms | p95 ms | p99 ms | memory MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for callers in (1, 8, 32):
        began = time.perf_counter()
        took = _round(found.group(), callers=callers, calls=calls, tokens=tokens)
        seconds = time.perf_counter() - began
        p50, p95, p99 = np.percentile(np.array(took) * 1000, (50, 95, 99))
        print(
            f"| {callers} | {calls} | {calls - len(took)} | {seconds:.1f} | {len(took) / seconds:.1f} "
            f"| {p50:.0f} | {p95:.0f} | {p99:.0f} | {_memory(server.pid):.0f} |",
            flush=True,
        )


def _round(url: str, *, callers: int, calls: int, tokens: int) -> list[float]:
    """Return the seconds of every call that was answered."""
    from openai import OpenAI, OpenAIError

    client = OpenAI(base_url=url, api_key="none", max_retries=0, timeout=120)
    models = ("base", *ADAPTERS)

    def one(number: int) -> float | None:
        began = time.perf_counter()
        try:
            client.chat.completions.create(
                model=models[number % len(models)], max_tokens=tokens, temperature=0,
                messages=[{"role": "user", "content": f"Where is order {number}?"}],
            )  # fmt: skip
        except OpenAIError as error:
            print(error, file=sys.stderr)
            return None
        return time.perf_counter() - began

    with ThreadPoolExecutor(callers) as pool:
        return [seconds for seconds in pool.map(one, range(calls)) if seconds is not None]


def _memory(pid: int) -> float:
    held = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", held)
    return int(found.group(1)) / 1024 if found else float("nan")


def random_adapter(folder: Path, seed: int) -> Path:
    """Save an adapter of random weights for the sample base."""
    import torch
    from peft import LoraConfig, get_peft_model

    from workbench.rendering.opening import open_base

    torch.manual_seed(seed)
    config = LoraConfig(r=16, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(open_base(BASE).model, config).save_pretrained(folder)
    return folder


if __name__ == "__main__":
    main()
