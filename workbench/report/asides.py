"""Finds for each figure what stands beside it: the noise floor of its arm, and the share corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.verdicts import Corrected, Subject, Verdicts

    Asides = Mapping[tuple[Subject, str], Mapping[str, "Aside"]]


@dataclass(frozen=True, kw_only=True)
class Aside:
    """What stands beside one arm's share: ``floor`` (a share), and the share ``corrected``."""

    floor: float | None = None
    corrected: Corrected | None = None


def asides(found: Verdicts) -> Asides:
    """Index by question what a run says beside its shares, by arm; a floor of 0 is left out.

    A question is ``("overall", ...)``, ``("rule", ID)`` or ``("behaviour", NAME)``; overall's name is ``""``.
    """
    floors = {
        (one.of, _name(one.of, one.name), one.arm): one.floor
        for one in (found.noise.comparisons if found.noise else ())
        if one.floor > 0
    }
    corrected = {
        (one.of, _name(one.of, one.name), one.arm): one for one in found.corrected if one.rate is not None
    }
    index: dict[tuple[Subject, str], dict[str, Aside]] = {}
    for key in {**floors, **corrected}:
        of, name, arm = key
        index.setdefault((of, name), {})[arm] = Aside(floor=floors.get(key), corrected=corrected.get(key))
    return index


def _name(of: Subject, name: str) -> str:
    return "" if of == "overall" else name
