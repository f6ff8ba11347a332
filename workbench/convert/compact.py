"""The compact form of a prompt: slots with their short labels, and nothing of what goes into the weights."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Literal

from workbench.convert.labels import LABEL_WORDS, width
from workbench.errors import InvariantError
from workbench.records import Hole, Message, Static, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.records import Messages, Template, TemplateMessage

_SENTENCE = re.compile(r"[.!?](?=\s|$)|[。！？]")
_WITHOUT = {"keep": frozenset[str](), "internalize": frozenset({"context"})}
_CLOSER = re.compile(r"\s*(?:</[^<>\n]{1,40}>|[】\]）)>”\"'`]+)")


class CompactForm(Value, frozen=True, kw_only=True):
    """What stands in place of the long prompt.

    ``none``: no system message. ``tag``: ``tag`` as the system message. ``short``: ``short`` as the system
    message. ``{task}`` in either becomes the task's name. ``context: internalize`` leaves out the slots of
    type ``context`` with their labels, so that the adapter has to know what stood there.
    """

    form: Literal["none", "tag", "short"] = "tag"
    tag: str = "[{task}]"
    short: str = "Task: {task}."
    context: Literal["keep", "internalize"] = "keep"


class Compactor:
    """One template's compact form, worked out once and filled for every call."""

    def __init__(self, template: Template, form: CompactForm) -> None:
        lead = {"none": "", "tag": form.tag, "short": form.short}[form.form].replace("{task}", template.task)
        at = itertools.count()
        self._lead = lead
        self._messages = [
            (message.role, _plan(message, at, without=_WITHOUT[form.context]))
            for message in template.messages
        ]

    def __call__(self, values: Sequence[str]) -> Messages:
        """Return the compact prompt with ``values`` in the holes, in their order."""
        system = [self._lead] if self._lead else []
        turns: list[Message] = []
        for role, plan in self._messages:
            text = "".join([values[part] if isinstance(part, int) else part for part in plan])
            if role != "system" and plan:
                turns.append(Message(role=role, content=text))
            elif role == "system" and text:
                system.append(text)
        head = (Message(role="system", content="\n\n".join(system)),) if system else ()
        return (*head, *turns)


def compact(template: Template, slots: Mapping[str, str], form: CompactForm) -> Messages:
    """Return the compact prompt of one call.

    Holes keep their values and their short labels; turns of the history stay turns; every longer static text
    goes.

    Raises:
        InvariantError: a hole has no value.
    """
    missing = [hole.name for hole in template.holes if hole.name not in slots]
    if missing:
        raise InvariantError(
            f"slots without a value: {', '.join(missing)}; template {template.id} needs them"
        )
    return Compactor(template, form)([slots[hole.name] for hole in template.holes])


def _plan(message: TemplateMessage, at: Iterator[int], *, without: frozenset[str]) -> list[str | int]:
    """Return what the message is put together from: text that stays, and numbers of holes.

    A hole whose type is in ``without`` goes, and the text beside it loses its label and closer; a message
    that held nothing else has an empty plan.
    """
    places = [next(at) if isinstance(part, Hole) else -1 for part in message.parts]
    gone = [isinstance(part, Hole) and part.type in without for part in message.parts]
    last = len(gone) - 1
    plan: list[str | int] = []
    for i, part in enumerate(message.parts):
        if isinstance(part, Static):
            before, after = i > 0 and gone[i - 1], i < last and gone[i + 1]
            bare = _bared(part, closer=before, label=after)
            text = _shortened(bare, first=i == 0 or before, last=i == last or after)
            plan.append(text.lstrip() if before and all(piece == "" for piece in plan) else text)
        elif not gone[i]:
            plan.append(places[i])
    return [] if any(gone) and not any(isinstance(part, int) for part in plan) else plan


def _bared(part: Static, *, closer: bool, label: bool) -> Static:
    """Take off the closer of a hole that went before, and the label of one that goes after."""
    text = part.text[len(_closer(part.text)) :] if closer else part.text
    return Static(text=text[: len(text) - len(_label(text))] if label else text)


def _shortened(part: Static, *, first: bool, last: bool) -> str:
    """Keep a label whole, and of longer text what closes the hole before it and labels the one after it."""
    text = part.text
    if first and last:
        return ""
    if width(text) <= LABEL_WORDS and not _SENTENCE.search(text.strip()):
        return text
    closer = "" if first else _closer(text)
    rest = text[len(closer) :]
    label = "" if last else _label(rest)
    between = "" if first or last else _space(rest[: len(rest) - len(label)])
    return closer + between + label


def _closer(text: str) -> str:
    """Return the tag, bracket or quote at the start of ``text`` that closes the hole before it."""
    found = _CLOSER.match(text)
    return text[: found.end()] if found else ""


def _label(text: str) -> str:
    """Return the label at the end of ``text``, with the white space that follows it."""
    start = max(
        (m.end() for m in re.finditer(r"[\r\n]+[ \t]*(?=\S)|[.!?;](?=\s)|[。！？；]", text)), default=0
    )
    label = text[start:]
    return label if label.strip() and width(label) <= LABEL_WORDS else ""


def _space(cut: str) -> str:
    """Stand for the text that was cut by the widest white space in it."""
    found = re.findall(r"\s+", cut)
    breaks = [space for space in found if "\n" in space]
    return max(breaks, key=len) if breaks else " "
