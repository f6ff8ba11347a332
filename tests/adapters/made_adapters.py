"""Adapters with random weights, and the real command called on them."""

import json

from workbench.cli import execute


def save_adapter(base_folder, folder, *, seed, **fields):
    """Save an adapter that does something, with its passport."""
    import torch
    from peft import LoraConfig, get_peft_model

    from workbench.rendering.adapters import write_passport
    from workbench.rendering.opening import open_base

    base = open_base(base_folder, dtype="float32")
    torch.manual_seed(seed)
    wanted = {"r": 4, "target_modules": "all-linear", "init_lora_weights": False} | fields
    get_peft_model(base.model, LoraConfig(task_type="CAUSAL_LM", **wanted)).save_pretrained(folder)
    (folder / "README.md").unlink()
    write_passport(folder, base=base, spec=wanted)
    return folder


def call(*arguments):
    """Run the verb and return its exit code."""
    return execute(["adapters", *map(str, arguments)])


def told(capsys, *arguments, code=0):
    """Run the verb and return its summary."""
    capsys.readouterr()
    assert call(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments):
    """Run the verb, which is to exit 2 with something to do, and return what it said."""
    capsys.readouterr()
    assert call(*arguments) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "to do" in error
    return error


def enter(*names):
    """Enter folders of these names on the base beside them."""
    for name in names:
        assert call("add", name, name, "--base", "base", "--json") == 0
