"""Signals of exposure: personal data and secrets that a model should not learn by heart."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from workbench.signals.columns import COUNT, TEXT, Column, RowSignal
from workbench.signals.personal import NATIONAL, Found, find_personal, find_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row

COUNTRIES = tuple(sorted({number.country for number in NATIONAL}))


class Personal(RowSignal, frozen=True, kw_only=True, tag="pii"):
    """Personal data in what was asked and in the answer; the template's own text is not looked at.

    E-mail addresses by pattern; IBANs, payment cards and national numbers by pattern and checksum
    (python-stdnum); phone numbers by numbering plan (phonenumbers), those without ``+`` by the plans of
    ``regions``. National numbers with a weak checksum count only where a word within ``window`` characters
    before them announces one. The columns hold counts and kinds, never the data.
    """

    regions: tuple[str, ...] = ("CN", "US", "DE", "FR", "GB", "ES", "IT", "NL")
    countries: tuple[str, ...] = COUNTRIES
    window: Annotated[int, Meta(ge=0)] = 40
    columns: ClassVar[tuple[Column, ...]] = (
        Column("pii", COUNT, "pieces of personal data in question, context and answer"),
        Column("pii_answer", COUNT, "pieces of personal data in the answer"),
        Column("pii_kinds", TEXT, "what was found, as `email 2, phone 1`; empty for nothing"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Count."""
        del tools
        asked, answer = (
            find_personal(_plain(text), regions=self.regions, countries=self.countries, window=self.window)
            for text in (row.asked, row.answer)
        )
        return (len(asked) + len(answer), len(answer), told([*asked, *answer]))


class Secrets(RowSignal, frozen=True, kw_only=True, tag="secrets"):
    """Keys, tokens and passwords in what was asked and in the answer.

    Keys of known make by their pattern, JSON web tokens by their decoded header, private keys by their first
    line; what is assigned to a name such as ``password`` from ``min_entropy`` bits a character.
    """

    min_entropy: Annotated[float, Meta(ge=0)] = 3.0
    columns: ClassVar[tuple[Column, ...]] = (
        Column("secrets", COUNT, "keys, tokens and passwords in question, context and answer"),
        Column("secrets_answer", COUNT, "keys, tokens and passwords in the answer"),
        Column("secret_kinds", TEXT, "what was found, as `aws_key 1`; empty for nothing"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Count."""
        del tools
        asked, answer = (
            find_secrets(_plain(text), min_entropy=self.min_entropy) for text in (row.asked, row.answer)
        )
        return (len(asked) + len(answer), len(answer), told([*asked, *answer]))


def _plain(text: str) -> str:
    """Write full-width digits and letters as plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def told(found: Iterable[Found]) -> str:
    """Tell kinds with their counts, by name."""
    counts = Counter(one.kind for one in found)
    return ", ".join(f"{kind} {counts[kind]}" for kind in sorted(counts))
