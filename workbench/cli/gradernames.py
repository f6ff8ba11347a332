"""Reads `--grader NAME=WHAT`, and says which of the graders it names were never measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def named_graders(given: Sequence[str] | None) -> dict[str, str]:
    """Return what ``--grader`` gives, by behaviour.

    Raises:
        ConfigError: not of the form NAME=WHAT, or one behaviour twice.
    """
    found: dict[str, str] = {}
    for one in given or ():
        name, _, what = one.partition("=")
        if not name or not what or name in found:
            raise ConfigError(
                Finding(
                    where="--grader",
                    found=f"{name!r} twice" if name in found else repr(one),
                    expected="NAME=WHAT, each behaviour once",
                    fix="For example: --grader grounding=hf:models/nli",
                )
            )
        found[name] = what
    return found


def unmeasured(named: Mapping[str, str], figures: Mapping[str, Any]) -> list[str]:
    """Say of each grader that ``figures`` hold none of its own: its scores are not measured."""
    known = {one.get("model") for one in (figures.get("sets") or {}).values()}
    return [
        f"{behaviour}: the scores of {what} are not measured; "
        + (
            f"run: workbench graders measure --data DIR --grader {behaviour}={what} --out figures.json"
            if what.startswith("hf:")
            else "hold them against a person's verdicts (--labels)"
        )
        for behaviour, what in named.items()
        if what not in known
    ]


def refuse_other_cards(
    named: Mapping[str, str], cards: Iterable[tuple[str, str]], figures: Mapping[str, Any]
) -> None:
    """Refuse to correct a behaviour by the figures of another grader than the one that judges it.

    Raises:
        ConfigError: naming both.
    """
    sets = figures.get("sets") or {}
    wrong = [
        Finding(
            where=f"--card {behaviour}={chosen}",
            found=f"figures of {(sets.get(chosen) or {}).get('model') or 'the grader that ships'}",
            expected=f"figures of {named.get(behaviour) or 'the grader that ships'}, which judges here",
            fix="Measure it: `workbench graders measure --grader …`, and give its file with --figures.",
        )
        for behaviour, chosen in cards
        if chosen in sets and sets[chosen].get("model") != named.get(behaviour)
    ]
    if wrong:
        raise ConfigError(wrong)
