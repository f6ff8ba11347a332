"""Small frames of pairs for the tests of steps and of curation."""

from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.text import content_id


def pair(question, answer, *, context="", number=0, task="desk", file="log.jsonl", template="t1"):
    slots = (
        Slot(name="context", type="context", value=context),
        Slot(name="question", type="question", value=question),
    )
    return Pair(
        id=content_id(question, answer, context, str(number)),
        task=task,
        prompt=(Message(role="user", content=f"{context}\n{question}"),),
        completion=(Message(role="assistant", content=answer),),
        template_id=template,
        slots=slots,
        source=Source(file=file, line=number + 1, record=number),
        tokens=TokenCounts(original=9, compact=5, completion=3),
    )


def frame(*rows):
    """Make a frame of (question, answer[, context]) rows, numbered in order."""
    return pairs_to_frame(
        pair(row[0], row[1], context=row[2] if len(row) > 2 else "", number=number)
        for number, row in enumerate(rows)
    )
