"""What signals read of a pair, taken apart once for all of them: what was asked, the context, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

from workbench.checks.language import prose
from workbench.io.frames import PAIR_SCHEMA, frame_to_pairs
from workbench.records import Case
from workbench.text import language, sentences, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from workbench.records import Pair

_PART = 2_048


class Row:
    """One pair; each text is cut into words and sentences at most once, whichever signals want them."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair

    @cached_property
    def asked(self) -> str:
        """The values of the slots, line by line; the user's messages where there are no slots."""
        slots = [slot.value for slot in self.pair.slots if slot.value]
        return "\n".join(slots or [m.content for m in self.pair.prompt if m.role != "system"])

    @cached_property
    def question(self) -> str:
        """What was asked without the context: the slots of other types, or all that was asked."""
        other = [slot.value for slot in self.pair.slots if slot.type != "context" and slot.value]
        return "\n".join(other) or self.asked

    @cached_property
    def context(self) -> str:
        """The slots of type ``context``, line by line; empty where there are none."""
        return "\n".join(slot.value for slot in self.pair.slots if slot.type == "context" and slot.value)

    @cached_property
    def answer(self) -> str:
        """The answer's messages, line by line."""
        return "\n".join(message.content for message in self.pair.completion)

    @cached_property
    def prose(self) -> str:
        """The answer without code, tags, links and the keys of JSON."""
        return prose(self.answer)

    @cached_property
    def asked_words(self) -> list[str]:
        """The words of ``asked``; a Chinese character is one."""
        return words(self.asked)

    @cached_property
    def answer_words(self) -> list[str]:
        """The words of the answer; a Chinese character is one."""
        return words(self.answer)

    @cached_property
    def prose_words(self) -> list[str]:
        """The words of the answer's prose."""
        return self.answer_words if self.prose == self.answer else words(self.prose)

    @cached_property
    def prose_language(self) -> tuple[str, float]:
        """The language of the answer's prose by script and stop words, with confidence."""
        return language(self.prose)

    @cached_property
    def sentences(self) -> list[str]:
        """The sentences of the answer's prose."""
        return sentences(self.prose)

    @cached_property
    def case(self) -> Case:
        """The pair as checks of a contract see it."""
        return Case(id=self.pair.id, behaviour="rules", slots=self.pair.slot_values)


class Rows(Sequence[Row]):
    """The rows of a table, taken apart a few thousand at a time, and anew each time they are asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Row]:
        for part in self.frame.iter_slices(_PART):
            yield from rows_of(part)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return rows_of(self.frame[at])
        return rows_of(self.frame[range(len(self))[at] : range(len(self))[at] + 1])[0]


def rows_of(frame: pl.DataFrame) -> list[Row]:
    """Take pairs (``PAIR_SCHEMA``, nulls as empty) apart, in order."""
    import polars as pl

    lists = [name for name in ("prompt", "completion", "slots") if frame[name].null_count()]
    if lists:
        empty = [pl.col(n).fill_null(pl.lit([], dtype=PAIR_SCHEMA[n])) for n in lists]
        frame = frame.with_columns(empty)
    return [Row(pair) for pair in frame_to_pairs(frame)]
