"""Says the faces' messages in the reader's language, out of one catalogue a language (after GNU gettext).

A message is written in English where it is said, and its English is its key in ``zh.json``. What stages
recorded while they ran (grades, a gate's findings, texts of the data) is data, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

import msgspec

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
Key = TypeVar("Key", bound=str)

_SPOKEN: ContextVar[Lang] = ContextVar("spoken", default="en")


@contextmanager
def speaking(lang: Lang) -> Iterator[None]:
    """Have ``say`` speak ``lang`` within the block, in this thread alone."""
    token = _SPOKEN.set(lang)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def spoken() -> Lang:
    """Return the language that ``say`` speaks here."""
    return _SPOKEN.get()


def say(message: str, /, **values: Any) -> str:
    """Say a message in the language spoken here, its ``{names}`` filled in as ``str.format`` does."""
    told = message if spoken() == "en" else catalogue(spoken()).get(message, message)
    return told.format(**values) if values else told


def known(message: str) -> bool:
    """Tell whether the language spoken here has words of its own for a message."""
    return spoken() != "en" and message in catalogue(spoken())


def listed(parts: Iterable[str]) -> str:
    """Join the parts of an enumeration."""
    return say("…, …").strip("…").join(parts)


@cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """Return the messages of a language by their English."""
    raw = files("workbench.wording").joinpath(f"{lang}.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, str])


class Words(Mapping[Key, str]):
    """Messages by key, each said in the language that is spoken when it is looked up."""

    def __init__(self, messages: Mapping[Key, str]) -> None:
        """Keep the English of each."""
        self._messages = messages

    def __getitem__(self, key: Key) -> str:
        """Say the message of a key."""
        return say(self._messages[key])

    def __iter__(self) -> Iterator[Key]:
        """Go through the keys in their order."""
        return iter(self._messages)

    def __len__(self) -> int:
        """Count the messages."""
        return len(self._messages)
