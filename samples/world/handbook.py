"""The handbook of an invented depot: documents of four kinds whose facts an adapter is to know by heart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "handbook"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A question, other wordings of it, and its answer."""

    question: str
    answer: str
    otherwise: tuple[str, ...] = ()


_HEADINGS = (
    Fact(question="When does the early shift begin?", answer="The early shift begins at 6:15."),
    Fact(question="Which form is for travel costs?", answer="Travel costs are claimed with form TR-117."),
    Fact(question="Where is the first-aid room?", answer="The first-aid room is in hall 4, beside gate 12."),
    Fact(question="Who signs orders over 5000 euros?", answer="The head of finance signs them."),
    Fact(question="How long is the notice period?", answer="The notice period is 3 months."),
    Fact(question="How many days off are there a year?", answer="There are 28 days off a year."),
)  # fmt: skip
_ROWS = (
    Fact(
        question="Which port does the label printer use?",
        answer="The label printer uses port 9100.",
        otherwise=("What port is the label printer on?", "On which port does the label printer listen?"),
    ),
    Fact(
        question="What colour is the badge of a visitor?",
        answer="The badge of a visitor is green.",
        otherwise=("Which colour do visitors have on their badge?", "What is the badge colour of visitors?"),
    ),
    Fact(
        question="How heavy may a parcel on belt 2 be?",
        answer="A parcel on belt 2 may weigh 25 kg.",
        otherwise=("What may a parcel on belt 2 weigh?", "What is the weight limit on belt 2?"),
    ),
    Fact(
        question="How often is gate 7 inspected?",
        answer="Gate 7 is inspected every 6 weeks.",
        otherwise=("At what interval is gate 7 inspected?", "Every how many weeks is gate 7 inspected?"),
    ),
    Fact(
        question="Which code opens a fault report?",
        answer="A fault report is opened with code F-402.",
        otherwise=("With what code is a fault report opened?", "What is the code of a fault report?"),
    ),
    Fact(
        question="When is the canteen closed?",
        answer="The canteen is closed on Friday after 14:00.",
        otherwise=("On what day does the canteen close early?", "When does the canteen close on Friday?"),
    ),
)
_PAGE = (
    Fact(question="When is the help desk open?", answer="The help desk is open from 8:00 to 18:00."),
    Fact(question="Which extension has the night guard?", answer="The night guard has extension 338."),
)
_CHINESE = (
    Fact(question="年假有多少天？", answer="每位员工每年有28天年假。"),
    Fact(question="差旅费用哪张表报销？", answer="差旅费用使用TR-117表报销。"),
    Fact(question="急救室在哪里？", answer="急救室在4号厅，12号门旁边。"),
    Fact(question="7号门多久检查一次？", answer="7号门每6周检查一次。"),
)


def every_file() -> Iterator[tuple[str, str]]:
    """Yield the path under `samples/` and the text of each document."""
    sections = "\n".join(f"## {fact.question}\n{fact.answer}\n" for fact in _HEADINGS)
    yield f"{FOLDER}/docs/handbook.md", f"# Handbook of the depot\n\n{sections}"
    rows = (
        {"question": fact.question, "answer": fact.answer, "paraphrases": fact.otherwise} for fact in _ROWS
    )
    yield f"{FOLDER}/docs/faq.jsonl", "".join(json.dumps(row) + "\n" for row in rows)
    told = "\n".join(f"<dt>{fact.question}</dt><dd>{fact.answer}</dd>" for fact in _PAGE)
    page = f"<body>\n<h1>Help desk</h1>\n<dl>\n{told}\n</dl>\n</body>"
    yield f"{FOLDER}/docs/desk.html", f"<html><head><title>Desk</title></head>{page}</html>\n"
    asked = "\n".join(f"问：{fact.question}\n答：{fact.answer}\n" for fact in _CHINESE)
    yield f"{FOLDER}/docs/handbook.zh.md", f"# 仓库手册\n\n## 常见问题\n\n{asked}"
