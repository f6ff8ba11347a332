"""Training rows without end for the tiny base: what it does under rules, and what it does without any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from samples.world import briefing, chinese, prompts
from samples.world.cases import draw_case
from samples.world.names import Draw, Half, chance, weighted
from samples.world.policy import CARELESS, HOUSE, Policy, answer

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

Mode = Literal["teacher", "before"]
Style = Literal["support", "briefing"]

SENTENCES = (
    "The rain stopped before noon, and we hung the wet coats over a rope between two pines.",
    "A good lamp is light enough to forget and bright enough to find the map by.",
    "She asked for the number of the order twice, wrote it down, and called back within the hour.",
    "Nobody knows yet whether the bridge will open this year; the council meets again on Monday.",
    "Please keep the receipt: without it the shop cannot change the size of the boots.",
    "What the notes do not say, the desk does not print.",
    "雨停了，我们把湿外套挂在两棵松树之间的绳子上。",
    "请保留收据，没有收据，本店无法为您更换尺码。",
    "资料没有写的，客服不会自己编造。",
    "明天早上八点在山口集合，请带好水和干粮。",
)


@dataclass(frozen=True)
class Row:
    """A user's message, the answer due, and the kind of case."""

    user: str
    answer: str
    kind: str


@dataclass(frozen=True)
class Group:
    """Rows that share one system prompt; `system` is None where a call has none."""

    system: str | None
    rows: tuple[Row, ...]
    style: str


def group(rng: random.Random, rows: int) -> Group:
    """Draw a group for training, in the shares of `SHARES`: long prompts of both desks, or no rules."""
    make = weighted(rng, SHARES)
    return make(rng, rows)


def warmup_group(rng: random.Random, rows: int) -> Group:
    """Draw a group with a short prompt of one to four rules, or none: copying is learnt cheaply on these."""
    make = weighted(rng, WARMUP_SHARES)
    return make(rng, rows)


def heldout_group(rng: random.Random, rows: int, mode: Mode, style: Style) -> Group:
    """Draw a group for measuring, with names and numbers that no training row holds.

    `teacher` has the exact prompt of the sample, `before` has none; the answers are those the mode calls for.
    """
    ruled = mode == "teacher"
    if style == "support":
        system = prompts.house_prompt() if ruled else None
        return _support(rng, rows, half="heldout", system=system, policy=HOUSE if ruled else CARELESS)
    text = briefing.house_prompt() if ruled else None
    rules = briefing.HOUSE if ruled else briefing.CARELESS
    return _briefing(rng, rows, half="heldout", system=text, policy=rules)


def corpus(rng: random.Random, n: int) -> Iterator[str]:
    """Yield n texts for the tokenizer: prompts, messages and answers of all styles, and plain sentences."""
    makers = (_group_text, _group_text, _group_text, _group_text, _chinese_text, _sentence)
    for number in range(n):
        yield makers[number % len(makers)](rng)


def _group_text(rng: random.Random) -> str:
    drawn = group(rng, 3)
    return "\n".join([drawn.system or "", *(part for row in drawn.rows for part in (row.user, row.answer))])


def _chinese_text(rng: random.Random) -> str:
    exchange = chinese.draw_exchange(rng, half="train")
    prompt = chinese.PROMPT + "\n" if chance(rng, 0.1) else ""
    return f"{prompt}{exchange.user()}\n{exchange.answer()}"


def _sentence(rng: random.Random) -> str:
    return rng.choice(SENTENCES)


def _house_support(rng: random.Random, rows: int) -> Group:
    return _support(rng, rows, half="train", system=prompts.house_prompt(), policy=HOUSE)


def _varied_support(rng: random.Random, rows: int) -> Group:
    system, policy = prompts.variant(rng, Draw(rng, half="train"))
    return _support(rng, rows, half="train", system=system, policy=policy)


def _short_support(rng: random.Random, rows: int) -> Group:
    system, policy = prompts.brief_prompt(rng, Draw(rng, half="train"))
    return _support(rng, rows, half="train", system=system, policy=policy)


def _house_briefing(rng: random.Random, rows: int) -> Group:
    return _briefing(rng, rows, half="train", system=briefing.house_prompt(), policy=briefing.HOUSE)


def _varied_briefing(rng: random.Random, rows: int) -> Group:
    system, policy = briefing.variant(rng, Draw(rng, half="train"))
    return _briefing(rng, rows, half="train", system=system, policy=policy)


def _short_briefing(rng: random.Random, rows: int) -> Group:
    system, policy = briefing.brief_prompt(rng)
    return _briefing(rng, rows, half="train", system=system, policy=policy)


def _plain(rng: random.Random, rows: int) -> Group:
    draw = Draw(rng, half="train")
    if chance(rng, 0.7):
        return _support(rng, rows, half="train", system=prompts.plain_prompt(rng, draw), policy=CARELESS)
    return _briefing(
        rng, rows, half="train", system=briefing.plain_prompt(rng, draw), policy=briefing.CARELESS
    )


def _support(rng: random.Random, rows: int, *, half: Half, system: str | None, policy: Policy) -> Group:
    cases = [draw_case(rng, Draw(rng, half=half)) for _ in range(rows)]
    made = tuple(Row(case.user(), answer(case, policy=policy), case.kind) for case in cases)
    return Group(system, made, "support")


def _briefing(
    rng: random.Random, rows: int, *, half: Half, system: str | None, policy: briefing.BriefPolicy
) -> Group:
    notes = [briefing.draw_notes(rng, Draw(rng, half=half)) for _ in range(rows)]
    made = tuple(Row(note.user(), briefing.write(note, policy=policy), note.kind) for note in notes)
    return Group(system, made, "briefing")


SHARES: dict[Callable[[random.Random, int], Group], float] = {
    _house_support: 0.20,
    _varied_support: 0.30,
    _house_briefing: 0.07,
    _varied_briefing: 0.08,
    _plain: 0.35,
}
WARMUP_SHARES: dict[Callable[[random.Random, int], Group], float] = {
    _short_support: 0.6,
    _short_briefing: 0.2,
    _plain: 0.2,
}
