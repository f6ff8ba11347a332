"""Writes what other servers need to serve an adapter, and says what was not run here."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbench.errors import Finding, MissingExtraError, ModelError, ServiceError
from workbench.io.places import own
from workbench.io.rundir import write_json, write_text
from workbench.rendering.adapters import PASSPORT, WEIGHTS, check_adapter, dora_has_no_scale, passport
from workbench.rendering.opening import base_hashes, open_text
from workbench.rendering.serving import describe, vllm_limits, vllm_rank
from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.rendering.opening import OpenText

Server = Literal["vllm", "ollama", "gguf-instructions", "hub"]
SERVERS = get_args(Server)
_CONFIG = "adapter_config.json"
# What Ollama's documentation says it takes adapters for.
_OLLAMA = ("llama", "mistral", "gemma", "gemma2")


def export(
    to: Server, *, base: str, adapters: Mapping[str, Path], out: Path, scale: float = 1.0
) -> dict[str, Any]:
    """Write the files for a server into ``out`` and return what there is, and what was not run.

    Each adapter is copied beside them (safetensors, configuration, passport), without paths of this machine,
    and adds ``scale`` times what it was trained to.

    Raises:
        ConfigError: DoRA, which can't be scaled.
        ModelError: an adapter that is damaged, for another base, or that the server would refuse.
    """
    text = open_text(base)
    hashes = base_hashes(base, text)
    for folder in adapters.values():
        check_adapter(folder, name=text.name, hashes=hashes)
    if to == "vllm":
        _refuse_limits(adapters)
    for name, folder in adapters.items():
        _copy(folder, out / name, base=base, scale=scale)
    write = {"vllm": _vllm, "ollama": _ollama, "gguf-instructions": _gguf, "hub": _hub}[to]
    said = write(base, text, adapters, out)
    own = [path for name in adapters for path in sorted((out / name).iterdir())]
    files = [path.relative_to(out).as_posix() for path in own] + said.pop("written")
    found = {"to": to, "base": base, "adapters": list(adapters), "scale": scale, "files": files, **said}
    write_json(out / "summary.json", found)
    return found


def push(folder: Path, repo: str, *, private: bool = True) -> str:
    """Upload an exported adapter folder to the hub and return its address.

    Raises:
        ServiceError: the hub can't be reached or refuses.
        MissingExtraError: huggingface_hub isn't installed.
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError as error:
        raise MissingExtraError.of("huggingface_hub", extra="train", purpose="--to hub") from error
    api = HfApi()
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        return str(api.upload_folder(repo_id=repo, folder_path=str(folder), allow_patterns=list(HUB_FILES)))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise ServiceError(
            Finding(
                where=f"--repo {repo}",
                found=(str(error).splitlines() or [type(error).__name__])[0][:200],
                expected="a repository of yours on the hub, reachable and with the right to write",
                fix="Log in with `hf auth login`; see with --dry-run what would go.",
            )
        ) from error


HUB_FILES = (_CONFIG, WEIGHTS, PASSPORT, "README.md", "parity.json")


def _refuse_limits(adapters: Mapping[str, Path]) -> None:
    findings = [
        Finding(
            where=str(folder / _CONFIG),
            found="; ".join(limits),
            expected="LoRA that vLLM serves: no DoRA, no modules_to_save, no bias, a rank up to 512",
            fix=f"Merge it: workbench adapters merge {name} --out DIR, and serve that folder.",
        )
        for name, folder in adapters.items()
        if (limits := vllm_limits(folder))
    ]
    if findings:
        raise ModelError(findings)


def _copy(folder: Path, place: Path, *, base: str, scale: float) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name in (WEIGHTS, PASSPORT):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, place / name)
    config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    local = Path(base).is_dir()
    config["base_model_name_or_path"] = Path(base).resolve().name if local else base
    if scale != 1:
        if config.get("use_dora"):
            raise dora_has_no_scale(str(folder / _CONFIG))
        config["lora_alpha"] *= scale
        config["alpha_pattern"] = {k: v * scale for k, v in (config.get("alpha_pattern") or {}).items()}
    write_json(place / _CONFIG, config)


def _vllm(base: str, text: OpenText, adapters: Mapping[str, Path], out: Path) -> dict[str, Any]:
    del text
    rank = vllm_rank(max(describe(folder)["r"] for folder in adapters.values()))
    # Beside the script, whatever folder it is started from.
    modules = [f'{name}="$here"/{name}' for name in adapters]
    place = str(Path(base).resolve()) if Path(base).is_dir() else base
    line = (
        f"vllm serve {shlex.quote(place)} --enable-lora --max-lora-rank {rank} "
        f"--max-loras {len(adapters)} --lora-modules {' '.join(modules)}"
    )
    write_text(out / "serve.sh", f'#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\nexec {line} "$@"\n')
    (out / "serve.sh").chmod(0o755)
    return {
        "written": ["serve.sh"],
        "command": line.replace('"$here"/', ""),
        "not_run": "vLLM was not started here. Its documented limits were checked: rank, no DoRA, "
        "no modules_to_save, no bias.",
    }


def _ollama(base: str, text: OpenText, adapters: Mapping[str, Path], out: Path) -> dict[str, Any]:
    kind = str(getattr(text.config, "model_type", "unknown"))
    place = Path(base).resolve() if Path(base).is_dir() else Path(base)
    stops = "".join(f"PARAMETER stop {json.dumps(stop)}\n" for stop in text.renderer.stop_names)
    for name in adapters:
        modelfile = f"FROM {place}\nADAPTER ./{name}\n{stops}PARAMETER temperature 0\n"
        write_text(out / f"Modelfile.{name}", modelfile)
    unknown = "" if kind in _OLLAMA else f" Its documentation names no adapters for {kind}: merge instead."
    return {
        "written": [f"Modelfile.{name}" for name in adapters],
        "command": "; ".join(f"ollama create {name} -f Modelfile.{name}" for name in adapters),
        "not_run": "Ollama was not started here. Compare `ollama show --template` with the base's chat "
        "template (workbench audit shows it): another template costs rules." + unknown,
    }


def _gguf(base: str, text: OpenText, adapters: Mapping[str, Path], out: Path) -> dict[str, Any]:
    del text
    steps = "\n".join(
        f"python convert_lora_to_gguf.py {name} --base BASE --outfile {name}.gguf --outtype f16"
        for name in adapters
    )
    loras = " ".join(f"--lora {name}.gguf" for name in adapters)
    command = f"llama-server -m base.gguf {loras}"
    write_text(
        out / "GGUF.md",
        f"""# To GGUF
The scripts are those of a llama.cpp checkout, and were not run here. BASE is the folder of `{base}`; run them
in this folder.

The base once, then each adapter beside it:

```sh
python convert_hf_to_gguf.py BASE --outfile base.gguf --outtype f16
{steps}
{command} --lora-init-without-apply --host 127.0.0.1
```

Adapters are switched by `POST /lora-adapters` with `[{{"id": 0, "scale": 1.0}}]`.

Or one whole model: `workbench adapters merge NAME --out merged`, then
`python convert_hf_to_gguf.py merged --outfile model.gguf`. Quantise after merging, never before.
DoRA adapters can only be merged. Compare the answers of a few prompts with `workbench eval --teacher
openai:http://127.0.0.1:8080/v1` before you rely on it.
""",
    )
    return {"written": ["GGUF.md"], "command": command, "not_run": "llama.cpp's scripts were not run here."}


def _hub(base: str, text: OpenText, adapters: Mapping[str, Path], out: Path) -> dict[str, Any]:
    """Put the card, with the front matter that the hub reads, beside each adapter."""
    from workbench.training.card import license_of

    licence = license_of(base)
    for name, folder in adapters.items():
        told = passport(folder)
        beside = folder.parent / "card.md"
        told_beside = beside.is_file() and own(beside, of=folder.parent).read_text(encoding="utf-8")
        body = told_beside or _short_card(name, folder, text.name)
        known = licence if licence != "not stated in its files" else "other"
        model = "" if Path(base).is_dir() else f"base_model: {base}\n"
        head = f"---\nlibrary_name: peft\nlicense: {known}\n{model}tags: [lora, sft-workbench]\n---\n"
        write_text(out / name / "README.md", head + body.replace("![Loss over steps](loss.svg)\n\n", ""))
        proof = folder.parent / "parity.json"
        if told is not None and proof.is_file():
            shutil.copyfile(own(proof, of=folder.parent), out / name / "parity.json")
    return {
        "written": [],
        "command": "; ".join(f"hf upload OWNER/{name} {name}" for name in adapters),
        "licence": licence,
        "not_run": "Nothing is sent without --repo, and nothing with --dry-run.",
    }


def _short_card(name: str, folder: Path, base: str) -> str:
    facts = "\n".join(f"| {escape(key)} | {code(str(value))} |" for key, value in describe(folder).items())
    return f"# {escape(name)}: a LoRA adapter for {escape(base)}\n\n| field | value |\n|---|---|\n{facts}\n"
