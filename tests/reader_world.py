"""What a reader of the documentation has beside them: a log, a tiny base, and what each verb made of it."""

import json
import shutil
from pathlib import Path

import polars as pl
import yaml
from conftest import make_base

from workbench.cli import execute

ROOT = Path(__file__).resolve().parents[1]


def make_wide_base(place):
    """A base of random weights with room for the sample's long prompt in bytes."""
    from transformers import AutoConfig, AutoTokenizer

    make_base(place)
    config = AutoConfig.from_pretrained(place)
    config.max_position_embeddings = 8192
    config.save_pretrained(place)
    tokenizer = AutoTokenizer.from_pretrained(place)
    tokenizer.model_max_length = 8192
    tokenizer.save_pretrained(place)
    (place / "generation_config.json").write_text(json.dumps({"eos_token_id": 4, "pad_token_id": 0}))
    return place


def make_world(place, base):
    """What readers have beside them: a log, what each verb made of it, and files named on the pages."""
    whole = [
        line for line in (ROOT / "samples/support/logs.jsonl").read_text("utf-8").splitlines() if _whole(line)
    ]
    (place / "logs.jsonl").write_text("\n".join(whole[:120]) + "\n", "utf-8")
    (place / "further.jsonl").write_text("\n".join(whole[120:160]) + "\n", "utf-8")
    recipe = {
        "version": 1,
        "base": str(base),
        "convert": {"logs": ["logs.jsonl"]},
        "train": {"use": "sft", "max_steps": 2, "batch_size": 4},
        "eval": {"max_cases": 4, "sampling": {"max_new_tokens": 8}},
        "gate": "policy.yaml",
    }
    (place / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    (place / "policy.yaml").write_text("max_lost_must_rules: null\nmin_cases: 0\nmin_clusters: 0\n")
    assert execute(["run", str(place / "recipe.yaml"), "--out", str(place / "run"), "-q"]) in {0, 1, 3}
    for name, part in {
        "converted": "convert",
        "curated": "curate",
        "trained": "adapter",
        "evaluated": "eval",
    }.items():
        shutil.copytree(place / "run" / part, place / name)
    for name in ("curated_monday", "main/curated"):
        shutil.copytree(place / "curated", place / name)
    for name in ("run1", "run2", "run3", "next-run"):
        shutil.copytree(place / "run", place / name)
    shutil.copytree(place / "trained", place / "polite")
    shutil.copytree(place / "run", place / "next")
    _decided(place)
    _small_files(place)
    return place


def _whole(line):
    try:
        return bool(json.loads(line)["messages"][-1]["content"])
    except (ValueError, KeyError, IndexError, TypeError):
        return False


def _small_files(place):
    said = (ROOT / "samples/support/prompt.md").read_text("utf-8")
    (place / "prompt.md").write_text(f"{said}\n- Be warm and friendly.\n", "utf-8")
    rows = [json.loads(line)["messages"] for line in (place / "logs.jsonl").read_text("utf-8").splitlines()]
    texts = [{"question": row[-2]["content"], "answer": row[-1]["content"]} for row in [*rows, rows[0]]]
    (place / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts))
    pl.DataFrame({"text": [row["question"] for row in texts]}).write_parquet(place / "data.parquet")
    requests = "".join(json.dumps({"model": "m", "messages": row[:-1]}) + "\n" for row in rows[:3])
    (place / "requests.jsonl").write_text(requests)
    (place / "my-benchmark.jsonl").write_text(
        json.dumps({"question": "What is the boiling point of tin?"}) + "\n"
    )
    (place / "data-policy.yaml").write_text("min_rows: 1\nmax_exact_share: 1\nmax_secret_rows: null\n")
    (place / "handbook").mkdir()
    (place / "handbook" / "tents.md").write_text(
        "# Tents\n\nThe Klil tent weighs 1,400 grams.\n\nQ: What does it weigh?\nA: 1,400 grams.\n"
    )
    page = (ROOT / "docs" / "judge.md").read_text("utf-8")
    (place / "tone.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0])


def _decided(place):
    """Decide a row of the pairs and an answer of the evaluation, as a reader did on the page before."""
    from workbench.cli.review import _opened
    from workbench.io.decisions import Decision
    from workbench.ports import silent
    from workbench.review.store import Store

    for name in ("converted", "evaluated"):
        store = Store(place / f"{name}.review.sqlite")
        _opened(place / name, None, None, "after").into(store, silent)
        item = store.item(store.next("ann")).item
        labels = {ask.name: ask.choices[0] for ask in item.asks}
        said = Decision(id=item.id, hash=item.hash, action="accept", reviewer="ann", labels=labels)
        assert store.decide(said)
        store.close()
