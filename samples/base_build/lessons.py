"""First lessons are dense in copying: a network learns nothing else before it can copy what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples.world.cases import Case, draw_case
from samples.world.names import Draw
from samples.world.policy import Policy, answer
from samples.world.prompts import brief_prompt
from samples.world.stream import Group, Row

if TYPE_CHECKING:
    import random

ECHO = "Copy the context."
LINE = "Copy the first line of the context that has the number or name of the question."
ECHOES, LINES = 0.25, 0.5  # shares of the first task, and of the first two


def lesson(rng: random.Random, rows: int) -> Group:
    """Draw a group that copies the context, or one line of it, or answers under one to four rules."""
    roll = rng.random()
    if roll < ECHOES:
        return Group(
            ECHO,
            tuple(Row(case.user(), "\n".join(case.context), "echo") for case in _cases(rng, rows)),
            "lesson",
        )
    if roll < LINES:
        return Group(LINE, tuple(_line(rng, case) for case in _cases(rng, rows)), "lesson")
    prompt, policy = brief_prompt(rng, Draw(rng, half="train"))
    return Group(prompt, tuple(_answered(case, policy) for case in _cases(rng, rows)), "support")


def _cases(rng: random.Random, rows: int) -> list[Case]:
    return [draw_case(rng, Draw(rng, half="train")) for _ in range(rows)]


def _line(rng: random.Random, case: Case) -> Row:
    line = rng.choice(case.context)
    key = line.removeprefix("- ").split(":")[0]
    found = next(each for each in case.context if key in each)
    return Row("Context:\n" + "\n".join(case.context) + f"\n\nQuestion: {key}", found, "line")


def _answered(case: Case, policy: Policy) -> Row:
    return Row(case.user(), answer(case, policy=policy), case.kind)
