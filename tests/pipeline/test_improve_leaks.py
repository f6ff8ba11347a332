"""Which rows hold a case of the evaluation: copies, near copies, and the text of a suite; and which don't."""

import pytest

from workbench.errors import GuardError
from workbench.io.frames import pairs_to_frame
from workbench.pipeline.improve.leaks import Leaks
from workbench.records import (
    Case,
    Hole,
    Message,
    Pair,
    Slot,
    Source,
    Static,
    Template,
    TemplateMessage,
    TokenCounts,
)

CONTEXT, QUESTION = Hole(name="context", type="context"), Hole(name="question", type="question")
TEMPLATE = Template(
    id="t",
    task="desk",
    messages=(TemplateMessage(role="user", parts=(CONTEXT, Static(text="\n"), QUESTION)),),
)
HELD = {
    "context": "- Order 5123: sent 3 May to Ulm by cart.",
    "question": "On which day was order 5123 sent to Ulm?",
}
ASKED = "Could you find out for me who signed for the parcel that came yesterday?"
CASES = [
    Case(id="held", behaviour="rules", slots=HELD, expect={"template": "t"}),
    Case(id="suite", behaviour="grounding", slots={"context": "- A tent.", "question": ASKED}),
]


def row(name, **slots):
    held = {"context": f"- Nothing but {name}.", "question": f"What of {name}?"} | slots
    return Pair(
        id=name, task="desk", prompt=(Message(role="user", content="x"),),
        completion=(Message(role="assistant", content="y"),), template_id="t",
        slots=tuple(Slot(name=key, type=key, value=value) for key, value in held.items()),
        source=Source(file="log", line=1, record=0), tokens=TokenCounts(original=1, compact=1, completion=1),
    )  # fmt: skip


FILLER = [row(f"tower {n}") for n in range(12)]
LEAKING = [
    row("copy", **HELD),
    row(
        "polite", context=HELD["context"], question="Hello, on which day was order 5123 sent to Ulm, please?"
    ),
    row("same context", context=HELD["context"]),
    row("suite text", question=f"Hello. {ASKED}"),
]
CLEAN = [
    row(
        "other order",
        context=HELD["context"].replace("5123", "5124"),
        question=HELD["question"].replace("3", "4"),
    ),
    row("other words", question="Who has my parcel?"),
]


def leaks():
    return Leaks(CASES, {"t": TEMPLATE})


@pytest.mark.parametrize("pair", LEAKING, ids=[pair.id for pair in LEAKING])
def test_copies_near_copies_and_texts_of_suites_are_found_and_nothing_else(pair):
    found = leaks().of(pairs_to_frame([*FILLER, *CLEAN, pair]))
    case = "suite" if pair.id == "suite text" else "held"
    assert {name: told.split()[0] for name, told in found.items()} == {pair.id: case}


@pytest.mark.parametrize("pair", LEAKING, ids=[pair.id for pair in LEAKING])
def test_one_such_row_fails_the_whole(pair, tmp_path):
    leaks().refuse(pairs_to_frame([*FILLER, *CLEAN]), out=tmp_path)
    with pytest.raises(GuardError, match=pair.id):
        leaks().refuse(pairs_to_frame([*FILLER, *CLEAN, pair]), out=tmp_path)
