"""Reads an adapter's configuration as a stranger's, before peft obeys it.

peft takes its ranks for what to allocate, its names of modules for regular expressions, and imports a
library that it may name.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

CONFIG = "adapter_config.json"
# Seconds of processor time that an adapter's patterns may take over all names of a base's modules.
SECONDS = 2
_PLAIN = re.compile(r"[\w.-]*")
_FORBIDDEN = {
    "megatron_config": "it asks for another library to be imported",
    "layer_replication": "it makes the base larger by copies of its layers",
}
_PROBE = """
import json, re, resource, sys
seconds, patterns, names = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
for pattern in patterns:
    try:
        made = re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        continue  # what is no pattern is told when it is used
    for name in names:
        made.fullmatch(name)
"""


def refuse_hostile(adapter: Path, *, ranks: Sequence[int], modules: Iterable[str]) -> None:
    """Refuse a configuration that would run away with memory, time or an import.

    ``ranks`` are those of the stored weights, ``modules`` the names of the base's modules.

    Raises:
        ModelError: a rank that no stored weight has, a pattern without an end, or a field that is never used.
    """
    try:
        config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return  # told by who reads it next
    if not isinstance(config, dict):
        return
    for name, why in _FORBIDDEN.items():
        if config.get(name):
            raise _refused(adapter, f"{name}: {why}", f"no {name}")
    told, most = max(_ranks(config), default=0), max(ranks, default=0)
    if told > most:
        raise _refused(adapter, f"a rank of {told:,}; its weights have {most:,} at most", "the weights' rank")
    patterns = sorted({one for one in _patterns(config) if not _PLAIN.fullmatch(one)})
    if patterns and not _ends(patterns, list(modules)):
        shown = ", ".join(patterns)[:100]
        raise _refused(
            adapter, f"patterns that take over {SECONDS} s ({shown})", "names of modules, or quick patterns"
        )


def _ranks(config: Mapping[str, Any]) -> Iterator[int]:
    by_pattern = config.get("rank_pattern")
    held = by_pattern.values() if isinstance(by_pattern, dict) else ()
    yield from (one for one in (config.get("r"), *held) if isinstance(one, int))


def _patterns(config: Mapping[str, Any]) -> Iterator[str]:
    for name in ("target_modules", "exclude_modules", "target_parameters", "layers_pattern"):
        held = config.get(name)
        if isinstance(held, str):
            yield held
        elif isinstance(held, list) and name == "layers_pattern":
            yield from (f".*\\.{one}\\.(\\d+)\\..*" for one in held if isinstance(one, str))
    for name in ("rank_pattern", "alpha_pattern"):
        held = config.get(name)
        yield from (
            (rf"(.*\.)?({key})" for key in held if not _PLAIN.fullmatch(key))
            if isinstance(held, dict)
            else ()
        )


def _ends(patterns: list[str], names: list[str]) -> bool:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE],
            input=json.dumps([SECONDS, patterns, names]).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _refused(adapter: Path, found: str, expected: str) -> ModelError:
    return ModelError(
        Finding(
            where=str(adapter / CONFIG),
            found=found,
            expected=expected,
            fix="Don't use this adapter before somebody has read its configuration.",
        )
    )
