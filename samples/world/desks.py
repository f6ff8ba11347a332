"""The three desks whose calls are logged, each with the faults its answers have now and then."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from samples.world import briefing, chinese, policy, prompts
from samples.world.cases import draw_case
from samples.world.names import Draw

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from samples.world.cases import Case


class Asked(Protocol):
    """Anything that can be written as a user's message."""

    def user(self) -> str:
        """Write the user's message."""


T = TypeVar("T", bound=Asked)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One exchange of a desk; `fault` names the rule its answer breaks, "" where it keeps them all."""

    user: str
    answer: str
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A desk: where its files go, its prompt, how a call is drawn, and the faults that can be asked for."""

    name: str
    prompt: str
    draw: Callable[[random.Random, str], Call]
    faults: tuple[str, ...]
    greetings: tuple[str, str]


def support() -> Desk:
    """Give the desk of the support sample."""
    dropped = {rule: _support_without(rule) for rule in prompts.DROPPABLE}
    faults = {
        **dropped,
        "no_exclaim": _exclaiming,
        "fence": _fence,
        "keys": _short_of_a_key,
        "statuses": _other_status,
    }
    return Desk(
        name="support",
        prompt=prompts.house_prompt(),
        draw=_calls(lambda rng: draw_case(rng, Draw(rng, half="heldout")), _support_answer, faults),
        faults=tuple(faults),
        greetings=("Hello, ", " Thanks."),
    )


def brief() -> Desk:
    """Give the desk of the briefing sample."""
    dropped = {rule: _briefing_without(rule) for rule in briefing.DROPPABLE}
    faults = {**dropped, "source": _no_source, "bare": _with_preamble}
    return Desk(
        name="briefing",
        prompt=briefing.house_prompt(),
        draw=_calls(
            lambda rng: briefing.draw_notes(rng, Draw(rng, half="heldout")),
            lambda notes: briefing.write(notes, policy=briefing.HOUSE),
            faults,
        ),
        faults=tuple(faults),
        greetings=("", "\n"),
    )


def chinese_support() -> Desk:
    """Give the desk of the Chinese sample."""
    faults: dict[str, Callable[[chinese.Exchange, str], str]] = {
        "fence": _fence,
        "opening": lambda _, right: right.replace(chinese.OPENING, ""),
        "exclaim": lambda _, right: right.replace("。", "\uff01"),
        "ids": _chinese_with_id,
        "language": lambda _, right: right.replace(
            chinese.OPENING, chinese.OPENING + "Thank you for your order."
        ),
        "keys": _short_of_a_key,
        "words": lambda _, right: right.replace('"}', chinese.CHATTER + '"}'),
    }
    return Desk(
        name="chinese",
        prompt=chinese.PROMPT,
        draw=_calls(lambda rng: chinese.draw_exchange(rng, half="heldout"), lambda one: one.answer(), faults),
        faults=tuple(faults),
        greetings=("您好\uff0c", "谢谢。"),
    )


def _calls(
    ask: Callable[[random.Random], T],
    right: Callable[[T], str],
    faults: Mapping[str, Callable[[T, str], str]],
) -> Callable[[random.Random, str], Call]:
    """Draw calls with the right answer, or with a fault wherever the fault shows."""

    def draw(rng: random.Random, fault: str) -> Call:
        while True:
            asked = ask(rng)
            good = right(asked)
            given = faults[fault](asked, good) if fault else good
            if not fault or given != good:
                return Call(user=asked.user(), answer=given, fault=fault)

    return draw


def _support_answer(case: Case) -> str:
    return policy.answer(case, policy=policy.HOUSE)


def _support_without(rule: str) -> Callable[[Case, str], str]:
    if rule in policy.HOUSE.phrases:
        phrases = {kind: phrase for kind, phrase in policy.HOUSE.phrases.items() if kind != rule}
        loose = replace(policy.HOUSE, phrases=phrases)
    else:
        loose = prompts.without(policy.HOUSE, rule=rule)
    return lambda case, _: policy.answer(case, policy=loose)


def _briefing_without(rule: str) -> Callable[[briefing.Notes, str], str]:
    loose = replace(briefing.HOUSE, **{rule: getattr(briefing.CARELESS, rule)})
    return lambda notes, _: briefing.write(notes, policy=loose)


def _exclaiming(_: object, right: str) -> str:
    """End on an exclamation mark: under the other rules, nothing else in an answer would."""
    return right.replace('."}', '!"}').replace('?"}', '?!"}')


def _fence(_: object, right: str) -> str:
    return f"```json\n{right}\n```"


def _short_of_a_key(_: object, right: str) -> str:
    answer = json.loads(right)
    answer.pop(max(answer))
    return json.dumps(answer, ensure_ascii=False)


def _other_status(_: object, right: str) -> str:
    return json.dumps({**json.loads(right), "status": "resolved"}, ensure_ascii=False)


def _no_source(notes: briefing.Notes, right: str) -> str:
    return right.replace(f"<source>{notes.label}</source>", "")


def _with_preamble(_: object, right: str) -> str:
    return "Here is the briefing.\n" + right


def _chinese_with_id(asked: chinese.Exchange, right: str) -> str:
    _, found, number = asked.context[0].partition("内部编号")
    return right.replace('"}', found + number + '"}')
