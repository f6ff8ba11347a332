"""Turns tokens into text piece by piece: never half a character, never a part of a stop string."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.rendering import Renderer

_HALF = "\ufffd"
# Decoding all tokens at every token would be quadratic: only a window is decoded, with some tokens before it.
_WINDOW = 128
_BEFORE = 16


class TextStream:
    """The text of an answer as its tokens come; what ends inside a character waits for the rest of it."""

    def __init__(self, renderer: Renderer, *, plain: bool = False) -> None:
        self._renderer = renderer
        self._lead = "" if plain else renderer.habits.lead
        self._ids: list[int] = []
        self._sent = 0
        self._first = not plain

    def push(self, token: int) -> str:
        """Take a token and return the text that is now certain."""
        self._ids.append(token)
        if self._first and self._lead and self._in_lead():
            return ""
        shown = self._shown()
        if shown.endswith(_HALF):
            return ""
        new = shown[self._sent :]
        self._sent = len(shown)
        if len(self._ids) > _WINDOW:
            self._ids = self._ids[-_BEFORE:]
            self._first = False
            self._sent = len(self._shown())
        return new

    def finish(self) -> str:
        """Return what still waits, without a character that was never finished."""
        if self._first and self._lead and self._in_lead():
            return ""
        return self._shown()[self._sent :].rstrip(_HALF)

    def _in_lead(self) -> bool:
        raw = self._renderer.raw_text(self._ids)
        return len(raw) < len(self._lead) and self._lead.startswith(raw.rstrip(_HALF))

    def _shown(self) -> str:
        if self._first:
            return self._renderer.text(self._ids)
        decode = self._renderer.tokenizer.decode
        return str(decode(self._ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


class StopStrings:
    """Holds back the end of a text while it could still become a stop string."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.met = False

    def push(self, text: str) -> str:
        """Take text and return what is certain to stand before any stop string."""
        if self.met or not self._stops:
            return "" if self.met else text
        whole = self._held + text
        # The one that is complete first counts, whatever pieces the text comes in.
        found = [(place + len(stop), place) for stop in self._stops if (place := whole.find(stop)) >= 0]
        if found:
            self.met, self._held = True, ""
            return whole[: min(found)[1]]
        keep = max((_overlap(whole, stop) for stop in self._stops), default=0)
        self._held = whole[len(whole) - keep :]
        return whole[: len(whole) - keep]

    def finish(self) -> str:
        """Return what was held: nothing more comes, so it is no stop string."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Return how many of the last characters of ``text`` begin ``stop``."""
    longest = min(len(stop) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
