"""The values that travel between stages: log records, templates, pairs, cases, completions, grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from workbench.errors import InvariantError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

Role = Literal["system", "user", "assistant", "tool"]
SlotType = Literal["context", "question", "history", "date", "id", "other"]
Arm = Literal["teacher", "before", "after"]
ARMS: tuple[Arm, ...] = ("teacher", "before", "after")


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen, keyword-only record."""


class Message(Value, frozen=True, kw_only=True):
    """One turn of a chat; ``name`` and tool fields of the log are kept in ``extra`` untouched."""

    role: str
    content: str
    extra: dict[str, Any] = {}


Messages = tuple[Message, ...]


class Source(Value, frozen=True, kw_only=True):
    """Where a record stood: file, 1-based line (0 where there is none), 0-based record."""

    file: str
    line: int
    record: int


class LogRecord(Value, frozen=True, kw_only=True):
    """One logged call: ``prompt`` is everything before the answer, ``completion`` the answer."""

    prompt: Messages
    completion: Messages
    source: Source
    id: str | None = None
    meta: dict[str, Any] = {}


class Slot(Value, frozen=True, kw_only=True):
    """The value that one call put into a hole of its template."""

    name: str
    type: SlotType
    value: str


class Static(Value, frozen=True, kw_only=True, tag="text", tag_field="part"):
    """Text that every call of a template shares."""

    text: str


class Hole(Value, frozen=True, kw_only=True, tag="slot", tag_field="part"):
    """A place where calls differ; ``name`` is unique within the template."""

    name: str
    type: SlotType


class TemplateMessage(Value, frozen=True, kw_only=True):
    """One message of a template: static text and holes in order."""

    role: str
    parts: tuple[Static | Hole, ...]


class Template(Value, frozen=True, kw_only=True):
    """A prompt taken apart: the static text once, and a hole for whatever varied."""

    id: str
    messages: tuple[TemplateMessage, ...]
    task: str
    count: int = 0

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The holes in the order in which they stand."""
        return tuple(p for message in self.messages for p in message.parts if isinstance(p, Hole))

    @property
    def system(self) -> str:
        """The static text of the system messages: what the contract is read from."""
        return self.static("system")

    def static(self, *roles: str) -> str:
        """Return the static text of the messages with these roles, holes left out."""
        return "\n\n".join(
            "".join(p.text for p in message.parts if isinstance(p, Static))
            for message in self.messages
            if message.role in roles
        )

    def render(self, slots: Mapping[str, str]) -> Messages:
        """Give the original long prompt back, byte for byte.

        Raises:
            InvariantError: a hole has no value.
        """
        return tuple(
            Message(role=message.role, content="".join(_filled(p, slots) for p in message.parts))
            for message in self.messages
        )


def _filled(part: Static | Hole, slots: Mapping[str, str]) -> str:
    if isinstance(part, Static):
        return part.text
    if part.name not in slots:
        raise InvariantError(f"slot {part.name!r} has no value; the template needs it")
    return slots[part.name]


class TokenCounts(Value, frozen=True, kw_only=True):
    """Tokens of one pair, by the base's tokenizer and chat template: long prompt, compact prompt, answer."""

    original: int
    compact: int
    completion: int


class Pair(Value, frozen=True, kw_only=True):
    """A compact input–output pair; ``template_id`` and ``slots`` give the long prompt back."""

    id: str
    task: str
    prompt: Messages
    completion: Messages
    template_id: str
    slots: tuple[Slot, ...]
    source: Source
    tokens: TokenCounts
    meta: dict[str, Any] = {}

    @property
    def output(self) -> str:
        """The answer's text (the last message of the completion)."""
        return self.completion[-1].content if self.completion else ""

    @property
    def slot_values(self) -> dict[str, str]:
        """Slot values by name."""
        return {slot.name: slot.value for slot in self.slots}


DIFFICULTIES = ("easy", "medium", "hard")  # as suites name them, in this order


class Case(Value, frozen=True, kw_only=True):
    """One thing to ask a model and to judge.

    ``slots`` are the inputs by name (``context`` and ``question`` where the template has them); the arm
    decides whether they are rendered into the long or the compact prompt. ``reference`` is an answer known
    to be right; ``expect`` holds what the behaviour's grader needs to know (see ``evals/*/schema.json``).
    ``cluster`` groups cases that stand or fall together (template or source document), for intervals;
    ``slice`` and ``difficulty`` are what they are reported by.
    """

    id: str
    behaviour: str
    slots: dict[str, str]
    lang: str = "en"
    slice: str = ""
    difficulty: str = ""
    cluster: str = ""
    twin: str | None = None
    reference: str | None = None
    expect: dict[str, Any] = {}


class Completion(Value, frozen=True, kw_only=True):
    """What a backend answered; ``finish`` is ``length`` where the token limit cut it.

    ``cached_tokens`` of the prompt were not read anew: they came from a cache of prompts' beginnings.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: Literal["stop", "length", "error"] = "stop"
    cached_tokens: int = 0


class Evidence(Value, frozen=True, kw_only=True):
    """A piece of text that a judgment rests on; offsets are characters of the completion, -1 if none."""

    what: str
    text: str
    start: int = -1
    end: int = -1


GradeLabel = Literal["pass", "fail", "not_applicable", "unscored"]


class Grade(Value, frozen=True, kw_only=True):
    """A judgment that explains itself.

    ``score`` is in [0, 1], and ``None`` where the rule does not apply (``not_applicable``) or could not be
    judged (``unscored``): never 0 for either. ``outcome`` names what became of a case where pass and fail
    say too little, such as ``unsafe compliance``.
    """

    score: float | None
    label: GradeLabel
    evidence: tuple[Evidence, ...] = ()
    detail: str = ""
    outcome: str = ""

    @classmethod
    def of(cls, passed: bool, *evidence: Evidence, detail: str = "", outcome: str = "") -> Grade:
        """Grade a yes-or-no judgment."""
        label: GradeLabel = "pass" if passed else "fail"
        return cls(score=float(passed), label=label, evidence=evidence, detail=detail, outcome=outcome)

    @classmethod
    def unscored(cls, detail: str) -> Grade:
        """Say that it could not be judged, and why."""
        return cls(score=None, label="unscored", detail=detail)

    @classmethod
    def not_applicable(cls, detail: str) -> Grade:
        """Say that the rule has nothing to say about this case, and why."""
        return cls(score=None, label="not_applicable", detail=detail)


class Split:
    """The partition a step makes: rows kept, and a ledger row for every row that went."""

    __slots__ = ("dropped", "kept")

    def __init__(self, *, kept: pl.DataFrame, dropped: pl.DataFrame) -> None:
        self.kept = kept
        self.dropped = dropped

    def conserved(self, rows_in: int) -> Split:
        """Return self if ``in = kept + dropped``.

        Raises:
            InvariantError: a row was lost or doubled.
        """
        if rows_in != self.kept.height + self.dropped.height:
            raise InvariantError(
                f"{rows_in} rows in, {self.kept.height} kept, {self.dropped.height} dropped: they must add up"
            )
        return self
