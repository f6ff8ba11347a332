"""Finds a base before a library does: a folder with what is needed, or a model of the hub that can be had."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from workbench.errors import Finding, ModelError, is_of_memory
from workbench.io.hub import withheld_by_hub

# Names bases, with commas, whose own code may run: in the environment, so that no shared file can ask for it.
TRUSTED = "WORKBENCH_TRUST_REMOTE_CODE"
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl")


def trusts(base: str | Path) -> bool:
    """Tell whether the user asked for the code that comes with this very base to be run (``TRUSTED``)."""
    return str(base) in {name.strip() for name in os.environ.get(TRUSTED, "").split(",")}


def check_base(base: str | Path, *, config: bool = True, weights: bool = True) -> dict[str, Any]:
    """Find what is wrong with a base before a library meets it with a worse message.

    Returns the options for ``from_pretrained``: for a hub id that is kept on this machine while the hub can't
    be reached, that nothing is asked of the network.

    Raises:
        ModelError: no such folder, one that lacks a part (``config`` and ``weights`` if wanted), or an id
            that the hub doesn't know or that is neither here nor reachable.
    """
    path = Path(base)
    if not path.exists() and _is_hub_id(base):
        return _hub_options(str(base))
    if not path.is_dir():
        raise ModelError(
            Finding(
                where=str(base),
                found="a file" if path.exists() else "no such folder",
                expected="a folder with a base model, or a hub id such as org/name",
                fix="Check the path; `samples/base` comes with the package.",
            )
        )
    missing = None
    if config and not (path / "config.json").is_file():
        missing = ("no config.json", "config.json of a causal language model")
    elif not any((path / name).is_file() for name in _TOKENIZER_FILES):
        missing = ("a folder without tokenizer", "tokenizer.json or tokenizer_config.json")
    elif weights and not any(path.glob("*.safetensors")):
        pickled = sorted(p.name for pattern in _PICKLES for p in path.glob(pattern))
        found = f"only pickled weights ({', '.join(pickled[:3])})" if pickled else "no weights"
        missing = (found, "weights as *.safetensors; a pickle can run code and is never loaded")
    if missing:
        raise ModelError(
            Finding(
                where=str(base),
                found=missing[0],
                expected=missing[1],
                fix="Copy the missing files into the folder, or convert the weights to safetensors.",
            )
        )
    return {}


def unusable(base: str | Path, part: str, error: Exception) -> ModelError:
    """Say in one line which part of a base can't be loaded, and why."""
    if "trust_remote_code" in str(error):
        return ModelError(
            Finding(
                where=str(base),
                found="a base that brings code of its own, which isn't run",
                expected="an architecture that transformers knows by itself",
                fix=f"Read that code; if you trust it, set the environment variable {TRUSTED}={base}.",
            )
        )
    if is_of_memory(error):
        return ModelError(
            Finding(
                where=str(base),
                found=f"no memory left to load its {part}",
                expected="memory for all of it",
                fix="Give the process more memory, or take a smaller or a quantised base.",
            )
        )
    said = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
    return ModelError(
        Finding(
            where=str(base),
            found=f"no usable {part} ({said})",
            expected=f"a base whose {part} transformers can load, or a hub id that can be reached",
            fix="Check the folder's files, or download the base first and give its folder.",
        )
    )


def _is_hub_id(base: str | Path) -> bool:
    text = str(base)
    return isinstance(base, str) and not text.startswith((".", "~", "/")) and text.count("/") <= 1


def _hub_options(name: str) -> dict[str, Any]:
    withheld = withheld_by_hub(name)
    if withheld is None:
        return {}
    if withheld.reached or not _kept(name):
        raise ModelError(_absent(name, f"no such folder, and {withheld.why}"))
    return {"local_files_only": True}


def _kept(name: str) -> bool:
    from huggingface_hub import errors, try_to_load_from_cache

    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except errors.HFValidationError:
        return False


def _absent(name: str, found: str) -> Finding:
    return Finding(
        where=name,
        found=found,
        expected="a folder with a base model, or the id (org/name) of a model that can be had",
        fix="Check the name (`samples/base` comes with the package); for a private model log in with "
        "`hf auth login`; without a network give a downloaded folder, or set HF_ENDPOINT to a mirror.",
    )
