"""A text with holes: the one rule by which a text fits a template, and how its slots are read off."""

from __future__ import annotations

from workbench.records import Hole, Static
from workbench.text import count_words

Parts = tuple[Static | Hole, ...]


class Pattern:
    """Parts with what is asked of them for every row: worked out once, compared by identity.

    ``weight`` counts the static words, ``evidence`` says for every hole why it has its type; ``number`` is
    its place among all that are known of a log, and ``kin`` the pattern that it is another spelling of, with
    other line ends: itself in most cases.
    """

    __slots__ = (
        "_between",
        "_head",
        "_tail",
        "evidence",
        "kin",
        "number",
        "parts",
        "static_length",
        "weight",
    )

    def __init__(self, parts: Parts, evidence: tuple[str, ...] = ()) -> None:
        self.parts = parts
        self.number = -1
        self.kin: Pattern = self
        self.evidence = evidence
        texts = [part.text for part in parts if isinstance(part, Static)]
        self.static_length = sum(map(len, texts))
        self.weight = sum(count_words(text) for text in texts)
        self._head = texts.pop(0) if parts and isinstance(parts[0], Static) else ""
        self._tail = texts.pop() if len(parts) > 1 and isinstance(parts[-1], Static) else ""
        self._between: tuple[str, ...] | None = tuple(texts) if self.has_holes else None

    @property
    def has_holes(self) -> bool:
        """Tell whether anything in it varies."""
        return any(isinstance(part, Hole) for part in self.parts)

    def match(self, text: str) -> list[str] | None:
        """Read the holes of ``text`` off, in order, or return ``None`` where it does not fit.

        Every static part between two holes is taken at its first place, so that equal texts always give equal
        slots; what is read off gives ``text`` back exactly when it is filled in again. Linear in the text.
        """
        if self._between is None:
            return [] if text == self._head else None
        at, end = len(self._head), len(text) - len(self._tail)
        if at > end or not text.startswith(self._head) or not text.endswith(self._tail):
            return None
        values: list[str] = []
        for static in self._between:
            found = text.find(static, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(static)
        values.append(text[at:end])
        return values
