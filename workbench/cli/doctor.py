"""`workbench doctor`: what is installed here, and what would therefore run."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path
from typing import Any

import typer

import workbench
from workbench.cli import options
from workbench.cli.screen import Screen

EXTRAS = {
    "api": ("httpx2",),
    "train": ("torch", "transformers", "peft", "datasets", "accelerate", "safetensors"),
    "quantize": ("bitsandbytes",),
}
NEEDED_BY = {
    "api": "asking OpenAI-compatible services: --teacher openai:URL, --judge openai:URL",
    "train": "demo, run, train, eval, and token counts in convert",
    "quantize": "train --quantize",
}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor(as_json: options.Json = False) -> None:
    """Say what is installed and what would run.

    [dim]Example:[/] workbench doctor
    """
    found = examine()
    screen = Screen(as_json=as_json)
    screen.show(found, _page(found))


def examine() -> dict[str, Any]:
    """Look at the machine without importing anything heavy."""
    usage = shutil.disk_usage(Path.cwd())
    return {
        "workbench": workbench.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "disk_free_gb": round(usage.free / 1e9, 1),
        "gpu": shutil.which("nvidia-smi") is not None,
        "extras": {extra: {name: _version(name) for name in names} for extra, names in EXTRAS.items()},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _page(found: dict[str, Any]) -> str:
    lines = [
        f"workbench {found['workbench']} on Python {found['python']}, {found['platform']}",
        f"{found['cpus']} CPUs, {found['disk_free_gb']} GB free here, "
        + ("an NVIDIA driver is installed" if found["gpu"] else "no NVIDIA driver: training runs on the CPU"),
    ]
    for extra, libraries in found["extras"].items():
        missing = [name for name, version in libraries.items() if version is None]
        if missing:
            lines.append(f"[yellow]extra '{extra}' incomplete[/]: {', '.join(missing)} missing")
            lines.append(f"  needed by {NEEDED_BY[extra]}")
            lines.append(f"  to do: pip install 'sft-workbench\\[{extra}]' -c constraints.txt")
        else:
            versions = ", ".join(f"{name} {version}" for name, version in libraries.items())
            lines.append(f"[green]extra '{extra}' complete[/]: {versions}")
    return "\n".join(lines)
