"""The options that say who does the work of a verb: this machine or a Ray cluster, to the same result."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from workbench.engines import RayEngine
    from workbench.ports import Engine

EngineName = Annotated[
    Literal["local", "ray"], typer.Option("--engine", help="Who does the work; the result is the same.")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray-address", help="Address of a running Ray cluster; default: start one here."),
]
ShardRows = Annotated[int, typer.Option("--shard-rows", min=1, help="Rows that a task holds in memory.")]


def ray_engine(name: str, *, cpus: int | None, address: str | None) -> RayEngine | None:
    """Return the engine on Ray where it is asked for.

    Raises:
        ConfigError: an address without ``--engine ray``.
    """
    from workbench.engines import RayEngine

    if name == "ray":
        return RayEngine(address=address, cpus=cpus)
    if address is not None:
        raise ConfigError(
            Finding(
                where=f"--ray-address {address}",
                found="--engine local, which asks no cluster",
                expected="--engine ray beside an address",
                fix="Add --engine ray, or leave the address out.",
            )
        )
    return None


def hands(name: str, *, workers: int | None, address: str | None) -> tuple[Engine, Engine]:
    """Return who does a curation's tasks in Python, and who the compiled ones.

    Raises:
        ConfigError: as ``ray_engine`` does.
    """
    from workbench.engines import CrewEngine, LocalEngine

    ray = ray_engine(name, cpus=workers, address=address)
    if ray is not None:
        return ray, ray
    workers = workers or os.cpu_count() or 1
    return CrewEngine(workers=workers), LocalEngine(threads=workers)
