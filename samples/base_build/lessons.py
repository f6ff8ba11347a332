"""Teaches what the stream alone teaches too slowly: to copy what was read, and to see what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples.world import prompts
from samples.world.cases import ORDER, PRODUCT, Case, draw_case, draw_line, known, unknown
from samples.world.names import Draw
from samples.world.policy import HOUSE, Policy, answer
from samples.world.stream import Group, Row

if TYPE_CHECKING:
    import random

ECHO = "Copy the context."
LINE = "Copy the first line of the context that has the number or name of the question."
VALUE = (
    'Give what the question asks for, in the words of the context, or "none" if the context does not hold it.'
)
ECHOES, LINES = 0.25, 0.5  # shares of the first task, and of the first two
WORDS, TABLES, VALUES, SHORTS = 0.08, 0.25, 0.55, 0.7
NOWHERE, HARD = 0.5, 0.8  # shares of cases told by words, and by words or their only line
IN_CONTEXT = 0.8  # share of a table's questions whose key stands in the context
WORD = "Say of each word if it stands in the context, yes or no."
TABLE = (
    "Write what each question asks for, in the words of the context, "
    'or "none" if the context does not hold it.'
)
ATTRIBUTES = tuple(attribute.part.split(" {")[0] for attribute in ORDER + PRODUCT)


def copying(rng: random.Random, rows: int) -> Group:
    """Draw a group that copies the context, or one line of it, or answers under one to four rules."""
    roll = rng.random()
    if roll < ECHOES:
        made = [Row(case.user(), "\n".join(case.context), "echo") for case in _cases(rng, rows)]
        return Group(ECHO, tuple(made), "lesson")
    if roll < LINES:
        return Group(LINE, tuple(_line(rng, case) for case in _cases(rng, rows)), "lesson")
    prompt, policy = prompts.brief_prompt(rng, Draw(rng, half="train"))
    return Group(prompt, tuple(_answered(case, policy) for case in _cases(rng, rows)), "support")


def missing(rng: random.Random, rows: int) -> Group:
    """Draw a group about what the context does not hold: words, values, or half of the answers."""
    roll = rng.random()
    if roll < WORDS:
        return Group(WORD, tuple(_words(rng) for _ in range(rows)), "lesson")
    if roll < TABLES:
        return Group(TABLE, tuple(_table(rng) for _ in range(rows)), "lesson")
    doubts = [_doubt(rng) for _ in range(rows)]
    if roll < VALUES:
        made = [Row(case.user(), case.values[0] if case.values else "none", "value") for case in doubts]
        return Group(VALUE, tuple(made), "lesson")
    prompt, policy = prompts.house_prompt(), HOUSE
    if roll < SHORTS:
        prompt, policy = prompts.brief_prompt(rng, Draw(rng, half="train"))
    return Group(prompt, tuple(_answered(case, policy) for case in doubts), "support")


def _words(rng: random.Random) -> Row:
    draw = Draw(rng, half="train")
    lines = [draw_line(rng, draw, kinds=rng.choice((ORDER, PRODUCT))) for _ in range(rng.randint(1, 2))]
    text = "\n".join(line.text() for line in lines)
    other = draw_line(rng, draw, kinds=lines[0].kinds)
    asked = [*rng.sample(ATTRIBUTES, 3), rng.choice(lines).key, other.key]
    rng.shuffle(asked)
    said = ", ".join(f"{word} {'yes' if word in text else 'no'}" for word in asked)
    return Row(f"Context:\n{text}\n\nQuestion: {', '.join(asked)}", said, "words")


def _table(rng: random.Random) -> Row:
    draw = Draw(rng, half="train")
    lines = [draw_line(rng, draw, kinds=rng.choice((ORDER, PRODUCT))) for _ in range(rng.randint(1, 3))]
    asked, said = [], []
    for _ in range(3):
        line = rng.choice(lines)
        attribute = rng.choice(line.kinds)
        key = line.key if rng.random() < IN_CONTEXT else draw_line(rng, draw, kinds=line.kinds).key
        asked.append(rng.choice(attribute.questions).format(k=key))
        value = line.values.get(attribute.part, "none") if key == line.key else "none"
        said.append(f"{key} {attribute.part.format(v=value)}")
    text = "\n".join(line.text() for line in lines)
    return Row(f"Context:\n{text}\n\nQuestion: {' '.join(asked)}", ", ".join(said), "table")


def _doubt(rng: random.Random) -> Case:
    """Draw a case that has an answer or has none, mostly one where words or an only line tell."""
    draw = Draw(rng, half="train")
    make = rng.choice((known, unknown))
    roll = rng.random()
    while True:
        case = make(rng, draw)
        word = case.template.removeprefix("unknown-").replace("-", " ")
        bare = make is known or f" {word} " not in " ".join(case.context)
        if roll >= HARD or (bare if roll < NOWHERE else len(case.context) == 1):
            return case


def _cases(rng: random.Random, rows: int) -> list[Case]:
    return [draw_case(rng, Draw(rng, half="train")) for _ in range(rows)]


def _line(rng: random.Random, case: Case) -> Row:
    line = rng.choice(case.context)
    key = line.removeprefix("- ").split(":")[0]
    found = next(each for each in case.context if key in each)
    return Row("Context:\n" + "\n".join(case.context) + f"\n\nQuestion: {key}", found, "line")


def _answered(case: Case, policy: Policy) -> Row:
    return Row(case.user(), answer(case, policy=policy), case.kind)
