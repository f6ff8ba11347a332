import pytest

from workbench.convert import CompactForm, compact
from workbench.records import Hole, Static, Template, TemplateMessage

BARE = CompactForm(form="none", context="internalize")


def template(*parts, role="user"):
    return Template(id="t", task="t", messages=(TemplateMessage(role=role, parts=parts),))


CONTEXT, QUESTION = Hole(name="c", type="context"), Hole(name="q", type="question")


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ((Static(text="Context:\n"), CONTEXT, Static(text="\n\nQuestion: "), QUESTION), "Question: Why?"),
        ((QUESTION, Static(text="\n\nContext: "), CONTEXT), "Why?"),
        ((Static(text="<docs>"), CONTEXT, Static(text="</docs>\n"), QUESTION, Static(text="\n")), "Why?"),
        ((Static(text="资料："), CONTEXT, Static(text="\n问题："), QUESTION), "问题：Why?"),
    ],
)
def test_context_goes_with_its_label(parts, wanted):
    said = compact(template(*parts), {"c": "A secret.", "q": "Why?"}, BARE)
    assert "secret" not in said[0].content
    assert said[0].content.strip() == wanted
    kept = compact(template(*parts), {"c": "A secret.", "q": "Why?"}, CompactForm(form="none"))
    assert "A secret." in kept[0].content


def test_a_message_of_context_alone_is_no_turn():
    two = Template(
        id="t",
        task="t",
        messages=(
            TemplateMessage(role="user", parts=(Static(text="Notes:\n"), CONTEXT)),
            TemplateMessage(role="user", parts=(QUESTION,)),
        ),
    )
    assert [m.content for m in compact(two, {"c": "x", "q": "Why?"}, BARE)] == ["Why?"]
