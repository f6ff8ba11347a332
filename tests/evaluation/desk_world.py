"""A small desk of its own: a template, a contract, cases, and answers of three kinds."""

from workbench.contracts import Contract, Rule
from workbench.convert import CompactForm
from workbench.records import Case, Hole, Static, Template, TemplateMessage

LONG = "You are the desk of Nord. Begin with 'Nord here.' Keep to 12 words. No exclamation marks. Be kind."
TEMPLATE = Template(
    id="t1",
    task="desk",
    count=9,
    messages=(
        TemplateMessage(role="system", parts=(Static(text=LONG),)),
        TemplateMessage(
            role="user",
            parts=(
                Static(text="Context:\n"),
                Hole(name="context", type="context"),
                Static(text="\n\nQuestion: "),
                Hole(name="question", type="question"),
            ),
        ),
    ),
)
FORM = CompactForm(form="tag")
OPENING = {"use": "starts_with", "phrase": "Nord here."}
CALM = {"use": "no_characters", "characters": "!"}
CONTRACT = Contract(
    task="desk",
    rules=(
        Rule(id="opening", text="Begin with 'Nord here.'", kind="style", check=OPENING),
        Rule(id="calm", text="No exclamation marks.", kind="style", check=CALM),
        Rule(id="kind", text="Be kind.", kind="style", check=None),
    ),
)


def case(number, **fields):
    standard = {
        "id": f"c{number}",
        "behaviour": "rules",
        "slots": {"context": f"- Order {number}: sent 3 May.", "question": f"When was order {number} sent?"},
        "cluster": f"k{number}",
        "reference": f"Nord here. Order {number} left on 3 May.",
        "expect": {"template": "t1"},
    }
    return Case(**(standard | fields))


def good(prompt):
    number = prompt[-1].content.split("order ")[1].split(" ")[0]
    return f"Nord here. Order {number} left on 3 May."


def careless(prompt):
    del prompt
    return "Sure thing! It left on 9 June!"
