"""Makes one adapter out of several, through peft, loadable like any other."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch

from workbench.errors import ConfigError, Finding
from workbench.io.rundir import write_json
from workbench.ports import silent
from workbench.records import Value
from workbench.rendering.adapters import attach, write_passport
from workbench.rendering.opening import open_base, quiet
from workbench.rendering.serving import describe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.ports import Progress

Method = Literal["linear", "cat", "svd", "ties", "ties_svd", "dare_linear", "dare_ties"]
METHODS = get_args(Method)
_SAME_RANK = {"linear", "ties", "dare_linear", "dare_ties"}
_THINNED = {"ties", "ties_svd", "dare_linear", "dare_ties"}


class Combining(Value, frozen=True, kw_only=True):
    """How adapters become one.

    ``cat`` is exact (ranks add up), ``svd`` the best of rank ``rank`` (by default the highest of them),
    ``linear`` adds the factors themselves and is rough. ``ties`` (Yadav et al. 2023) keeps the largest
    ``density`` share of each and settles signs by majority; ``dare_*`` (Yu et al. 2024) keeps a random
    share, drawn from ``seed``, and scales it up.
    """

    weights: dict[str, float]
    method: Method = "svd"
    rank: int | None = None
    density: float = 0.5
    seed: int = 0


def combine(
    combining: Combining,
    *,
    base: str,
    adapters: Mapping[str, Path],
    out: Path,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Write the weighted sum of adapters as an adapter folder into ``out`` and return its figures.

    The folder loads with plain ``PeftModel.from_pretrained(base, out)``.

    Raises:
        ConfigError: fewer than two adapters, or a method that their ranks or kinds don't allow.
        ModelError: an adapter can't be loaded, or is for another base.
    """
    _check(combining, adapters)
    opened = open_base(base, dtype="float32")
    model: Any = opened.model
    for place, name in enumerate(combining.weights):
        progress("load adapters", place, len(combining.weights))
        model = attach(opened, model, adapters[name], name=name)
    progress("load adapters", len(combining.weights), len(combining.weights))
    _add(model, combining)
    work = out / f".combined.{os.getpid()}.tmp"
    model.save_pretrained(str(work), selected_adapters=["combined"], save_embedding_layers=False)
    for file in (work / "combined").iterdir():
        if file.name != "README.md":
            file.replace(out / file.name)
    shutil.rmtree(work)
    config = json.loads((out / "adapter_config.json").read_text(encoding="utf-8"))
    if isinstance(config["target_modules"], list):  # peft writes a set, in another order each time
        config["target_modules"].sort()
    write_json(out / "adapter_config.json", config)
    write_passport(out, base=opened, spec=combining)
    figures = {"method": combining.method, "weights": combining.weights, "r": describe(out)["r"]}
    write_json(out / "summary.json", figures)
    return figures


def _add(model: Any, combining: Combining) -> None:
    thinned = {"density": combining.density} if combining.method in _THINNED else {}
    svd = {"svd_rank": combining.rank} if combining.method.endswith("svd") else {}
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(combining.seed)
        try:
            model.add_weighted_adapter(
                list(combining.weights),
                list(combining.weights.values()),
                "combined",
                combination_type=combining.method,
                **svd,
                **thinned,
            )
        except (ValueError, TypeError) as error:
            raise ConfigError(
                Finding(
                    where="--method",
                    found=f"{combining.method}: {str(error).splitlines()[0][:200]}",
                    expected="adapters that can be combined so",
                    fix="Use cat, which is exact and takes any ranks.",
                )
            ) from error


def _check(combining: Combining, adapters: Mapping[str, Path]) -> None:
    held = {name: describe(adapters[name]) for name in combining.weights}
    ranks = {name: one["r"] for name, one in held.items()}
    found, expected, where = "", "", "adapters"
    if len(held) <= 1:
        found, expected = f"{len(held)} adapter", "two or more"
    elif combining.method not in METHODS:
        where, found, expected = "--method", combining.method, f"one of {', '.join(METHODS)}"
    elif not 0 < combining.density <= 1:
        where, found, expected = "--density", str(combining.density), "above 0, at most 1"
    elif dora := [name for name, one in held.items() if one["dora"]]:
        found, expected = f"DoRA: {', '.join(dora)}", "LoRA adapters: magnitudes don't add up"
    elif combining.method in _SAME_RANK and len(set(ranks.values())) > 1:
        where, found = "--method", f"{combining.method} over ranks {ranks}"
        expected = "equal ranks, or cat, svd or ties_svd"
    if found:
        raise ConfigError(
            Finding(
                where=where, found=found, expected=expected, fix="See `workbench adapters combine --help`."
            )
        )
