"""Hides personal data and secrets from whoever needn't see them, and puts them back into edits."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from workbench.signals import Personal, Secrets
from workbench.signals.personal import find_personal, find_secrets

if TYPE_CHECKING:
    from workbench.signals.personal import Found

_PERSONAL, _SECRETS = Personal(), Secrets()


class Mask:
    """Placeholders such as ``⟦email 1⟧`` for what was found in the texts of one row.

    The same text has the same placeholder throughout the row, so that a reader still sees who is who. No
    placeholder is taken that stands in ``texts``, the row's own.
    """

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self._named: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        """Count what is hidden."""
        return len(self._named)

    def hide(self, text: str) -> str:
        """Return ``text`` with a placeholder for every find."""
        out, at = [], 0
        for one in _found(text):
            out += [text[at : one.start], self._name(one, text)]
            at = one.end
        return "".join([*out, text[at:]])

    def restore(self, text: str) -> str:
        """Return ``text`` with what the placeholders stand for."""
        for held, name in self._named.items():
            text = text.replace(name, held)
        return text

    def _name(self, one: Found, text: str) -> str:
        held = text[one.start : one.end]
        while held not in self._named:
            self._counts[one.kind] = self._counts.get(one.kind, 0) + 1
            name = f"⟦{one.kind} {self._counts[one.kind]}⟧"
            if not any(name in one for one in (text, *self._texts)):
                self._named[held] = name
        return self._named[held]


def _found(text: str) -> list[Found]:
    """Find personal data and secrets that don't overlap; full-width characters count as plain ones."""
    plain = text if text.isascii() else "".join(map(_narrow, text))
    found = find_personal(plain, regions=_PERSONAL.regions, countries=_PERSONAL.countries)
    found += find_secrets(plain, min_entropy=_SECRETS.min_entropy)
    taken: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not taken or one.start >= taken[-1].end:
            taken.append(one)
    return taken


def _narrow(char: str) -> str:
    """Normalise one character, unless that makes several: places in the text must stay."""
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char
