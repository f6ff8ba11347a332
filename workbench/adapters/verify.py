"""Proves registered adapters against what is on disk now."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from workbench.adapters.registry import base_of, entry_of, folder_of, read_registry
from workbench.errors import InvariantError, ModelError, UserError
from workbench.io.fingerprint import fingerprint
from workbench.ports import silent
from workbench.records import Value
from workbench.rendering.adapters import check_adapter
from workbench.rendering.opening import base_hashes, open_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.adapters.registry import Entry, Registry
    from workbench.backends.local import LocalBackend
    from workbench.ports import Progress

_SWITCHES = 5


class Proof(Value, frozen=True, kw_only=True):
    """What was found of one adapter; ``problems`` is empty where all is as it must be.

    ``effect``: largest absolute difference of logits with the adapter on against off, over ``rows`` prompts;
    ``changed`` of them differ. ``restored``: off again against before. ``switched``: on again, after every
    other adapter was on, against before. ``switch_ms``: median time to switch to it. ``None``: not measured.
    """

    name: str
    problems: list[str]
    rows: int = 0
    effect: float | None = None
    changed: int = 0
    restored: float | None = None
    switched: float | None = None
    switch_ms: float | None = None


def verify(
    file: Path,
    *,
    names: Sequence[str] = (),
    rows: int = 8,
    quick: bool = False,
    progress: Progress = silent,
) -> list[Proof]:
    """Hold adapters (all, or ``names``) against the registry, their base and each other.

    ``quick`` compares hashes alone. Otherwise each base is loaded once with all its adapters.

    Raises:
        ConfigError: no registry, or a name that isn't in it.
        MissingExtraError: without ``quick``, torch isn't installed.
    """
    registry = read_registry(file)
    chosen = {name: entry_of(registry, name, file=file) for name in names or registry.adapters}
    problems = {name: _on_disk(entry, file) for name, entry in chosen.items()}
    proofs = {name: Proof(name=name, problems=found) for name, found in problems.items()}
    if quick:
        return list(proofs.values())
    bases: dict[str, list[str]] = {}
    for name, found in problems.items():
        if not found:
            bases.setdefault(base_of(chosen[name], file), []).append(name)
    for place, (base, held) in enumerate(bases.items()):
        progress("prove adapters", place, len(bases))
        for proof in _on_base(registry, file, base, held, rows=rows):
            proofs[proof.name] = proof
    progress("prove adapters", len(bases), len(bases))
    return list(proofs.values())


def _on_disk(entry: Entry, file: Path) -> list[str]:
    """Say what files and hashes alone show to be wrong."""
    folder, base = folder_of(entry, file), base_of(entry, file)
    try:
        text = open_text(base)
        hashes = base_hashes(base, text)
        check_adapter(folder, name=text.name, hashes=hashes)
    except UserError as error:
        return [str(finding) for finding in error.findings]
    bound = entry.base.hashes
    found = [
        f"{base}: found {part} {here}, bound to {told}"
        for part, here, told in (
            ("weights", hashes.weights, bound.weights),
            ("tokenizer", hashes.tokenizer, bound.tokenizer),
            ("chat template", hashes.template, bound.template),
        )
        if here != told
    ]
    content = fingerprint(folder)
    if content != entry.content:
        found.append(f"{folder}: found files of content {content}, entered with {entry.content}")
    return found


def _on_base(registry: Registry, file: Path, base: str, names: Sequence[str], *, rows: int) -> list[Proof]:
    """Load the base with these adapters and measure each."""
    from workbench.backends.local import LocalBackend
    from workbench.training.agreement import neutral_examples

    backend = LocalBackend.open(base)
    refused = {}
    for name in names:
        try:
            backend.load(name, folder_of(registry.adapters[name], file))
        except ModelError as error:
            refused[name] = Proof(name=name, problems=[str(finding) for finding in error.findings])
    ids = [
        example.input_ids[: backend.base.context]
        for example in neutral_examples(backend.base.renderer)[: max(rows, 1)]
    ]
    return [refused.get(name) or _measured(backend, name, ids) for name in names]


def _measured(backend: LocalBackend, name: str, ids: Sequence[Sequence[int]]) -> Proof:
    from workbench.training.parity import largest

    bare = backend.logits(ids)
    with backend.using(name):
        on = backend.logits(ids)
        for other in backend.adapters:
            if other != name:
                with backend.using(other):
                    backend.logits(ids[:1])
        again = backend.logits(ids)
    off = backend.logits(ids)
    found: dict[str, Any] = {
        "effect": largest(bare, on),
        "restored": largest(bare, off),
        "switched": largest(on, again),
    }
    problems = []
    if found["effect"] == 0:
        problems.append(f"{name} changes no logits of {len(ids)} prompts")
    if found["restored"] != 0:
        problems.append(f"switched off, logits of the base differ by {found['restored']:.3g}")
    if found["switched"] != 0:
        problems.append(f"after other adapters were on, its logits differ by {found['switched']:.3g}")
    return Proof(
        name=name,
        problems=problems,
        rows=len(ids),
        changed=sum(not bool((a == b).all()) for a, b in zip(bare, on, strict=True)),
        switch_ms=switch_time(backend, name),
        **found,
    )


def switch_time(backend: LocalBackend, name: str) -> float:
    """Return the median time in milliseconds to switch from the other adapters (or the base) to ``name``.

    Raises:
        InvariantError: the switch didn't take place.
    """
    others: list[str | None] = [other for other in backend.adapters if other != name] or [None]
    times = []
    for turn in range(_SWITCHES):
        with backend.using(others[turn % len(others)]):
            backend.logits([[0]])
        with backend.using(name):
            start = time.perf_counter()
            backend.switch()
            times.append(1000 * (time.perf_counter() - start))
            if backend.adapter != name:
                raise InvariantError(f"{backend.adapter} is on instead of {name}")
    return round(statistics.median(times), 3)
