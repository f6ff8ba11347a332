"""`workbench doctor`: what is installed here, and what would therefore run."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

import workbench
from workbench.cli import options
from workbench.cli.screen import Screen

EXTRAS = {
    "api": ("httpx2",),
    "train": ("torch", "transformers", "peft", "datasets", "accelerate", "safetensors", "llguidance"),
    "signals": ("py3langid",),
    "ray": ("ray",),
    "semantic": ("sentence-transformers", "usearch"),
    "quantize": ("bitsandbytes",),
    "presidio": ("presidio-analyzer",),
    "serve": ("fastapi", "prometheus_client", "python-multipart", "uvicorn"),
    "xml": ("lxml",),
    "docs": ("mkdocs-material",),
}
NEEDED_BY = {
    "api": "asking OpenAI-compatible services: --teacher openai:URL, --judge openai:URL",
    "train": "demo, run, train, eval, and token counts in convert",
    "signals": "a second opinion on the language of texts; without it words and scripts decide",
    "ray": "dedupe --engine ray",
    "semantic": "duplicates by meaning (semantic_dedup)",
    "quantize": "train --quantize",
    "presidio": "names of people and places as a signal (presidio)",
    "serve": "local pages and services",
    "xml": "answers held to an XML Schema (XSD)",
    "docs": "building the documentation site (make site)",
}
_GIGA = 1e9
_PATIENCE_SECONDS = 10.0
_ROOM_GB = 5.0  # a base of 0.6 billion parameters with its adapter, checkpoints and completions


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor(
    hub: Annotated[bool, typer.Option("--hub", help="Ask the hub whether it can be reached.")] = False,
    as_json: options.Json = False,
) -> None:
    """Say what this machine has, what is installed, and what would run; nothing is asked of the network.

    With --hub alone the hub of models is asked whether it answers.

    [dim]Example:[/] workbench doctor --hub
    """
    found = examine()
    if hub:
        found["hub"]["reached"] = _answers(found["hub"]["endpoint"])
    screen = Screen(as_json=as_json)
    screen.show(found, _page(found))


def examine() -> dict[str, Any]:
    """Look at the machine without importing anything heavy or asking the network."""
    extras = {extra: {name: _version(name) for name in names} for extra, names in EXTRAS.items()}
    cards = _cards()
    return {
        "workbench": workbench.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "disk_free_gb": round(shutil.disk_usage(Path.cwd()).free / _GIGA, 1),
        "gpu": bool(cards),
        "cards": cards,
        "extras": extras,
        "hub": _hub(),
        "runs": {extra: _whole(held) for extra, held in extras.items()},
        "needed_by": NEEDED_BY,
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _whole(libraries: dict[str, str | None]) -> bool:
    return all(version is not None for version in libraries.values())


def _memory_gb() -> float | None:
    """Return the machine's memory in gigabytes, where the system says it."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIGA, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _cards() -> list[str]:
    """Ask the NVIDIA driver for its cards; none where there is no driver, or it doesn't answer."""
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def _hub() -> dict[str, Any]:
    """Say how the hub of models would be used; its place and token by its own library's variables."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    kept = sorted(entry.name.removeprefix("models--").replace("--", "/") for entry in cache.glob("models--*"))
    return {
        "endpoint": endpoint,
        "offline": offline,
        "token": bool(os.environ.get("HF_TOKEN")) or (home / "token").is_file(),
        "cache": str(cache),
        "models_kept": kept,
        "reached": None,
    }


def _answers(endpoint: str) -> bool:
    """Ask an HTTP server for its head; any answer counts, an error of the connection doesn't."""
    import urllib.error
    import urllib.request

    if not endpoint.startswith(("http://", "https://")):
        return False
    asked = urllib.request.Request(endpoint, method="HEAD")  # noqa: S310 - the scheme was looked at
    try:
        with urllib.request.urlopen(asked, timeout=_PATIENCE_SECONDS):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def _page(found: dict[str, Any]) -> str:
    memory = f"{found['memory_gb']:g} GB memory, " if found["memory_gb"] else ""
    cards = "; ".join(found["cards"])
    lines = [
        f"workbench {found['workbench']} on Python {found['python']}, {found['platform']}",
        f"{found['cpus']} CPUs, {memory}{found['disk_free_gb']} GB free here",
        f"GPU: {escape(cards)}" if cards else "no NVIDIA card: training and evaluation run on the CPU",
        _hub_line(found["hub"]),
    ]
    if found["disk_free_gb"] < _ROOM_GB:
        lines.append(f"[yellow]little room[/]: a run with a base of some size wants {_ROOM_GB:g} GB or more")
    for extra, libraries in found["extras"].items():
        lines += _extra_lines(extra, libraries)
    lines.append(_next(found))
    return "\n".join(lines)


def _extra_lines(extra: str, libraries: dict[str, str | None]) -> list[str]:
    if _whole(libraries):
        versions = ", ".join(f"{name} {version}" for name, version in libraries.items())
        return [f"[green]would run[/]: {NEEDED_BY[extra]} [dim]({extra}: {versions})[/]"]
    missing = ", ".join(name for name, version in libraries.items() if version is None)
    return [
        f"[yellow]would not run[/]: {NEEDED_BY[extra]} [dim]({extra}: {missing} missing)[/]",
        f"  to do: pip install 'sft-workbench\\[{extra}]' -c constraints.txt",
    ]


def _hub_line(hub: dict[str, Any]) -> str:
    kept = f"{len(hub['models_kept'])} models in {hub['cache']}"
    token = "a token is set" if hub["token"] else "no token (open models need none)"
    if hub["offline"]:
        reach = "offline by HF_HUB_OFFLINE: only models kept here and folders"
    elif hub["reached"] is None:
        reach = "not asked (--hub asks it)"
    else:
        reach = (
            "answers"
            if hub["reached"]
            else "[yellow]does not answer[/]: use folders, or a mirror by HF_ENDPOINT"
        )
    return f"hub {escape(hub['endpoint'])}: {reach}; {token}; {escape(kept)}"


def _next(found: dict[str, Any]) -> str:
    if found["runs"]["train"]:
        return "next: [bold]workbench demo[/], or [bold]workbench init[/] for your own log"
    return "next: install the extra 'train' as above; without it convert, curate, check, card and diff run"
