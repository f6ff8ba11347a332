"""Takes the worked examples of a prompt out as pairs: what they show is training data, not only text."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.checks import compile_contract
from workbench.convert.pattern import Pattern
from workbench.convert.segment import segment
from workbench.records import Case, Hole, LogRecord, Message, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.contracts import Contract
    from workbench.convert.pairs import PairMaker
    from workbench.records import Pair, Template

# Sorts before every file, so that of an example and an equal row the example stays.
PLACE = "(examples of the prompt)"
ORIGIN = "example"
_IN = r"input|user|human|customer|question|query|q|text|message|review|email|context|passages?|notes?"
_IN_HAN = "输入|用户|提问|问题|问|顾客|客户|原文|资料|文本"
_OUT = r"output|assistant|ai|answer|a|reply|response|result|bot|label|expected"
_OUT_HAN = "输出|助手|回答|答案|答|回复|客服|结果|标签"
_LEAD = r"^[ \t]*(?:[-*>•][ \t]+)?(?:\*\*|#{1,4}[ \t]+)?"
_END = r"(?:\*\*)?[ \t]*\d{0,2}[ \t]*[:：](?:\*\*)?[ \t]*"
_LABEL = re.compile(
    rf"{_LEAD}(?:(?P<input>(?:{_IN})\b|{_IN_HAN})|(?P<output>(?:{_OUT})\b|{_OUT_HAN})){_END}",
    re.IGNORECASE | re.MULTILINE,
)
_TAGGED = re.compile(
    rf"<(?P<i>{_IN}|{_IN_HAN})>(?P<input>.*?)</(?P=i)>\s*<(?P<o>{_OUT}|{_OUT_HAN})>(?P<output>.*?)</(?P=o)>",
    re.IGNORECASE | re.DOTALL,
)
_ARROW = re.compile(
    r"^[ \t]*(?:[-*•]|\d+[.)])?[ \t]*(?P<input>\S.*?)[ \t]*(?:->|→|=>)[ \t]*(?P<output>\S.*)$", re.MULTILINE
)
_NEXT = re.compile(
    r"\n\s*(?:---+|#{1,4} .*|(?:\*\*)?(?:example|示例|例)[ \t]*\d*.{0,3}|</?\w+>)\s*(?=\n|$)", re.IGNORECASE
)
_QUOTED = re.compile(r"\A(?:\"(.*)\"|“(.*)”|```\w*\n(.*)\n```)\Z", re.DOTALL)


class Worked(NamedTuple):
    """One worked example: what goes in, and what should come out."""

    given: str
    answer: str


class Judged(NamedTuple):
    """An example as a pair, and the ``must`` rules of the contract that it breaks."""

    pair: Pair
    broken: tuple[str, ...]


def worked_examples(prompt: str) -> list[Worked]:
    """Find the examples of a prompt: tags, labelled lines or arrows inside its example blocks."""
    found: list[Worked] = []
    for span in segment(prompt):
        if span.kind == ORIGIN:
            block = prompt[span.start : span.end]
            found += _tagged(_TAGGED, block) or _labelled(block) or _tagged(_ARROW, block)
    return list(dict.fromkeys(found))


def example_pairs(
    template: Template, values: Sequence[str], contract: Contract, maker: PairMaker
) -> Iterator[Judged]:
    """Yield the examples of a template's prompt as pairs, each held against its contract.

    ``values`` are those of one logged call: slots of the system prompt keep them, the example fills the
    user's turn. A template of several turns has none.
    """
    roles = [message.role for message in template.messages]
    if roles.count("user") != 1 or set(roles) - {"system", "user"}:
        return
    prompt = template.system or template.static("user")
    checks = [
        (rule.id, check)
        for rule, check in compile_contract(contract)
        if check is not None and rule.severity == "must"
    ]
    for number, worked in enumerate(worked_examples(prompt)):
        filled = _filled(template, values, worked.given)
        record = LogRecord(
            prompt=template.render(dict(zip((hole.name for hole in template.holes), filled, strict=True))),
            completion=(Message(role="assistant", content=worked.answer),),
            source=Source(file=PLACE, line=0, record=number),
        )
        pair = maker(record, template, filled)
        case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
        broken = tuple(name for name, check in checks if check(case, pair.output).label == "fail")
        yield Judged(msgspec.structs.replace(pair, meta={"origin": ORIGIN}), broken)


def _filled(template: Template, values: Sequence[str], given: str) -> list[str]:
    """Put an example's input into the slots of the user's turn: by its own labels, or as the question."""
    out: list[str] = []
    rest = iter(values)
    for message in template.messages:
        holes = [part for part in message.parts if isinstance(part, Hole)]
        logged = list(itertools.islice(rest, len(holes)))
        if message.role != "user":
            out += logged
            continue
        read = Pattern(message.parts).match(given)
        asked = next((i for i, hole in enumerate(holes) if hole.type == "question"), len(holes) - 1)
        out += read if read is not None else [given if i == asked else "" for i in range(len(holes))]
    return out


def _tagged(pattern: re.Pattern[str], block: str) -> list[Worked]:
    return [Worked(_bare(m["input"]), _bare(m["output"])) for m in pattern.finditer(block)]


def _labelled(block: str) -> list[Worked]:
    """Pair every output label with the input labels before it."""
    marks = list(_LABEL.finditer(block))
    found: list[Worked] = []
    pending: list[re.Match[str]] = []
    for i, mark in enumerate(marks):
        if mark["input"]:
            pending.append(mark)
            continue
        if not pending:
            continue
        end = marks[i + 1].start() if i + 1 < len(marks) else len(block)
        answer = _cut(block[mark.end() : end])
        if i + 1 == len(marks) and not any("\n\n" in one.answer for one in found):
            answer = answer.split("\n\n")[0]
        # A single label names the whole input; several are its parts, and stay.
        start = pending[0].end() if len(pending) == 1 else pending[0].start()
        given, answer = _bare(block[start : mark.start()]), _bare(answer)
        if given and answer:
            found.append(Worked(given, answer))
        pending = []
    return found


def _cut(answer: str) -> str:
    """Leave out the heading of the next example."""
    following = _NEXT.search("\n" + answer.strip())
    return answer.strip()[: max(following.start() - 1, 0)] if following else answer.strip()


def _bare(text: str) -> str:
    found = _QUOTED.match(text.strip())
    return next(g for g in found.groups() if g is not None).strip() if found else text.strip()
