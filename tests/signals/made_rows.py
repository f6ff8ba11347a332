"""Rows for the tests of signals."""

from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.signals import measure


def pair(question="", answer="", *, context="", number=0, task="desk"):
    slots = [Slot(name="context", type="context", value=context)] if context else []
    return Pair(
        id=f"row{number:04}",
        task=task,
        prompt=(Message(role="user", content=question),),
        completion=(Message(role="assistant", content=answer),),
        template_id="t",
        slots=(*slots, Slot(name="question", type="question", value=question)),
        source=Source(file="log", line=number + 1, record=number),
        tokens=TokenCounts(original=20, compact=5, completion=3),
    )


def frame(*rows):
    """Make a frame of rows, each a mapping of what ``pair`` takes."""
    return pairs_to_frame(pair(number=number, **row) for number, row in enumerate(rows))


def measured(signal, *, tools=None, **row):
    """Measure one row and return its values by column."""
    return measure(frame(row), [signal], tools=tools).row(0, named=True)
