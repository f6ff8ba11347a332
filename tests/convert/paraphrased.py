"""Reads `paraphrases/`: prompts, each with the one instruction that it asks for, or with none."""

import json
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent / "paraphrases"
_TASK = {"english": "Write a short text about rain.", "chinese": "写一段关于雨的短文。"}


def paraphrases():
    """All rows: ``prompt, language, half, instruction_id_list, kwargs``; halves alternate."""
    rows = []
    for name, kind in _read("kinds").items():
        for language, task in _TASK.items():
            for i, line in enumerate(kind[language]):
                text, _, other = line.partition("||")
                given = json.loads(other) if other else dict(kind["arguments"])
                if "prompt_to_repeat" in given:
                    given["prompt_to_repeat"] = task
                rows.append(_row(f"{task} {text.strip()}", language, i, [name], [given]))
    return rows


def no_rules():
    """All prompts that speak of instructions and give none."""
    return [
        _row(text, language, i, [], [])
        for language, texts in _read("no_rules").items()
        for i, text in enumerate(texts)
    ]


def _read(name):
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _row(prompt, language, i, names, kwargs):
    half = "held" if i % 2 else "tune"
    return {
        "prompt": prompt,
        "language": language,
        "half": half,
        "instruction_id_list": names,
        "kwargs": kwargs,
    }
