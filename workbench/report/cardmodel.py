"""What a data card knows: the profile, the funnel, the hashes, and what changed since another version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.corpus import Difference, Profile, plain
from workbench.corpus.cardwords import card_sentence
from workbench.io.manifest import read_manifest
from workbench.records import Value
from workbench.report.build import read_funnel
from workbench.report.files import optional_json
from workbench.report.model import Funnel  # noqa: TC001 - msgspec reads it
from workbench.report.words import count
from workbench.wording import listed, say

if TYPE_CHECKING:
    from pathlib import Path


class Card(Value, frozen=True, kw_only=True):
    """Everything the faces of a data card show; ``files`` names the content of the data by file.

    ``certificate``: what leaks across each two parts and against evaluation files, as `curate` found it.
    """

    profile: Profile
    funnel: Funnel | None
    change: Difference | None
    key: str
    version: str
    files: dict[str, str]
    certificate: dict[str, Any] | None = None


def build_card(profile: Profile, *, home: Path | None, change: Difference | None = None) -> Card:
    """Put a card together; ``home`` is the directory the data came from, with the run around it."""
    manifest = (read_manifest(home) if home else None) or {}
    files = manifest.get("files") or {}
    return Card(
        profile=profile,
        funnel=read_funnel(home.parent / "convert", home) if home else None,
        change=change,
        key=str(manifest.get("key", "")),
        version=str(manifest.get("workbench", "")),
        files={str(name): str(of.get("blake2b", "")) for name, of in files.items()},
        certificate=(optional_json(home / "summary.json") or {}).get("leakage") if home else None,
    )


def card_json(card: Card) -> dict[str, Any]:
    """Return a card as JSON values: every figure, and every row that is named."""
    found: dict[str, Any] = msgspec.to_builtins(card)
    found["sentence"] = sentence(card)
    found["change"] = plain(card.change) if card.change else None
    return found


def sentence(card: Card) -> str:
    """Say the data set in a sentence."""
    profile = card.profile
    dropped = sum(reason.rows for reason in profile.reasons)
    return card_sentence(profile.rows, profile.parts, dropped=dropped)


def concerns(profile: Profile) -> list[str]:
    """List what a reader should know before using the data."""
    found = []
    if profile.rejected:
        lost = sum(profile.rejected.values())
        reasons = listed([f"{reason} {count(n)}" for reason, n in profile.rejected.items()])
        found.append(
            say("{lost} rows of the source are no pair: {reasons}.", lost=count(lost), reasons=reasons)
        )
    repeats = profile.repeats
    if repeats.exact:
        found.append(say("{rows} rows equal another.", rows=count(len(repeats.exact))))
    if repeats.near:
        found.append(say("{rows} rows are near duplicates of another.", rows=count(len(repeats.near))))
    if repeats.conflicts:
        rows = count(len(repeats.conflicts))
        found.append(say("{rows} rows ask like another and answer differently.", rows=rows))
    if profile.coverage and profile.coverage.rows_breaking_must:
        found.append(
            say(
                "{rows} rows break a rule that they must hold.",
                rows=count(profile.coverage.rows_breaking_must),
            )
        )
    return found
