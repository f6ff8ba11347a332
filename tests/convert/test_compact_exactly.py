"""What stays of a template's text beside the slots: labels and closers at their limits, and gone slots."""

import pytest

from workbench.convert.compact import CompactForm, compact
from workbench.records import Hole, Static, Template, TemplateMessage

KINDS = {"c": "context"}
KEEP = CompactForm(form="none")
INSIDE = CompactForm(form="none", context="internalize")


def said(held, form, *, role="user"):
    parts = tuple(
        Hole(name=one[1:], type=KINDS.get(one[1:2], "other")) if one.startswith("$") else Static(text=one)
        for one in held
    )
    made = Template(id="t", messages=(TemplateMessage(role=role, parts=parts),), task="desk")
    return [m.content for m in compact(made, {hole.name: hole.name.upper() for hole in made.holes}, form)]


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        (["$a", " one two three four ", "$b"], "A one two three four B"),
        (["$a", " one two three four five ", "$b"], "A B"),
        (["$a", "一二三四五六七八", "$b"], "A一二三四五六七八B"),
        (["$a", "一二三四五六七八九", "$b"], "A B"),
        (["$a", " so. Name: ", "$b"], "A  Name: B"),
        (["$a", "\none two three four five\nName: ", "$b"], "A\nName: B"),
        (["$a", "\none two three four five\none two three four five: ", "$b"], "A\nB"),
        (["$a", "\none two three four five\n\none two three four: ", "$b"], "A\n\none two three four: B"),
        (["$a", "\n\n\none two three four five\nName:\n", "$b"], "A\n\n\nName:\nB"),
        (["\n\nName: ", "$a"], "\n\nName: A"),
        (["Name: ", "$a", "\n"], "Name: A\n"),
        (["$a", "</a>\n\nOne two three. Four five.\n<b>", "$b", "</b> One. Two."], "A</a>\n\n<b>B</b>"),
        (["$a", " \n 】 one two three four five"], "A \n 】"),
        (["$a", "</" + "x" * 40 + "> one two three four five"], "A</" + "x" * 40 + ">"),
        (["$a", "</" + "x" * 41 + "> one two three four five"], "A"),
        (["one two three four five"], ""),
        (["Name"], ""),
        (["$a"], "A"),
    ],
)  # fmt: skip
def test_of_text_beside_slots_labels_and_closers_stay(held, kept):
    assert said(held, KEEP) == [kept]


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        (["Context: ", "$c", "\n\nName: ", "$a"], "Name: A"),
        (["$a", "\n\nContext: ", "$c", "\n\nName: ", "$b"], "A\n\n\n\nName: B"),
        (["\n\nName: ", "$a", "\nContext: ", "$c"], "\n\nName: A\n"),
        (["<c>", "$c", "</c>", "$a"], "A"),
        (["$c", " one two three ", "$a"], "one two three A"),
        (["$c", "$a"], "A"),
        (["$a", "$c"], "A"),
    ],
)
def test_a_slot_that_goes_takes_its_label_and_closer_along(held, kept):
    assert said(held, INSIDE) == [kept]


@pytest.mark.parametrize("held", [["$c"], ["Context: ", "$c"], ["Context: ", "$c", "\n\nAnswer now."]])
def test_a_message_of_gone_slots_goes(held):
    assert said(held, INSIDE) == []
    assert said(held, INSIDE, role="system") == []
    assert said(held, KEEP)[0].startswith(("C", "Context: C"))
