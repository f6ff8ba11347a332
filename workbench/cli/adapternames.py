"""Adapters as verbs that load several are given them: NAME=DIR or a registered name, and how strong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.backends.local import LocalBackend

Adapters = Annotated[
    list[str] | None,
    typer.Option("--adapter", help="An adapter: NAME=DIR, or its NAME in the registry; may be repeated."),
]
Scales = Annotated[
    list[str] | None,
    typer.Option(
        "--scale",
        help="How strong an adapter is, as NAME=FACTOR: 0 is the base, 1 as trained; may be repeated.",
    ),
]


def named_adapters(given: Sequence[str]) -> dict[str, Path | None]:
    """Read ``NAME=DIR`` and ``NAME`` options; ``None`` stands for the folder that a registry knows.

    Raises:
        ConfigError: one of another form, or a name twice.
    """
    found: dict[str, Path | None] = {}
    for text in given:
        name, sign, place = text.partition("=")
        if not name or (sign and not place) or name in found:
            raise ConfigError(
                Finding(
                    where="--adapter",
                    found=f"{text!r}" + (", a name given twice" if name in found else ""),
                    expected="NAME=DIR or the name of a registered adapter, each name once",
                    fix="For example: --adapter support=run/adapter/adapter",
                )
            )
        found[name] = Path(place) if sign else None
    return found


def load(backend: LocalBackend, given: Mapping[str, Path | None], *, registry: Path) -> None:
    """Load adapters onto a base, those without a folder from the registry.

    Raises:
        ConfigError: a name that isn't in the registry, or there is none.
        ModelError: an adapter for another base, with both hashes.
    """
    from workbench.adapters import folder_on

    for name, folder in given.items():
        if folder is None and not registry.exists():
            raise ConfigError(
                Finding(
                    where="--adapter",
                    found=f"{name!r}, and no registry {registry}",
                    expected="NAME=DIR, or the name of a registered adapter",
                    fix=f"Say where it is, --adapter {name}=DIR, or which --registry knows it.",
                )
            )
        backend.load(name, folder or folder_on(registry, name, hashes=backend.base.hashes))


def registered(backend: LocalBackend, registry: Path) -> dict[str, Path]:
    """Return the registered adapters of a base in memory; none where there is no registry."""
    from workbench.adapters import adapters_on

    return dict(adapters_on(registry, backend.base.hashes)) if registry.exists() else {}


def strengthen(backend: LocalBackend, scales: Sequence[str]) -> None:
    """Set the strength of loaded adapters from ``NAME=FACTOR`` options.

    Raises:
        ConfigError: one of another form, a negative factor, an adapter that isn't loaded, or DoRA.
    """
    for text in scales:
        name, _, factor = text.partition("=")
        backend.strengthen(name, read_factor(factor, where=f"--scale {text}"))


def read_factor(text: str, *, where: str) -> float:
    """Read how strong an adapter is to be.

    Raises:
        ConfigError: no number of 0 or more.
    """
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not math.isfinite(factor) or factor < 0:
        raise ConfigError(
            Finding(
                where=where,
                found=repr(text),
                expected="a number of 0 or more: 0 is the base, 1 the adapter as trained",
                fix="Try values from 0 to 1.5; `workbench adapters strength` shows what each gives.",
            )
        )
    return factor
