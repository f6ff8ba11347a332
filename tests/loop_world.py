"""A small run with a starved rule: made by the real stages, with answers in place of a model."""

import json

import polars as pl

from workbench.backends import FakeBackend
from workbench.cli import execute
from workbench.convert import read_templates
from workbench.evaluation import Plan, cases_from_pairs, evaluate, write_evaluation
from workbench.io.frames import read_pairs
from workbench.pipeline.stages import read_contracts

SYSTEM = (
    'You are the desk of Nord.\n\n# Reply\n- Begin the reply with "Nord here."\n'
    "- Do not use exclamation marks.\n- Keep the reply to at most 20 words.\n"
    '- If the customer asks about an order and gives no order number, ask "Which order number is it?"'
)
STARVED = "ask-when-missing"
ASKED = ("When was {} sent?", "Which carrier has {}?", "What did {} cost me?", "Where is {} going to?")
TOWNS = ("Ulm", "Bonn", "Kiel", "Graz", "Bern", "Linz", "Trier", "Genf", "Jena", "Hof")


def line(number, *, missing, answered=True):
    order = 10000 + number * 37
    context = (
        f"- Order {order}: sent {number % 28 + 1} May to {TOWNS[number % 10]} {number} by cart {number * 7}."
    )
    asked = ASKED[number % 4].format("my order" if missing else f"order {order}")
    user = {"role": "user", "content": f"Context:\n{context}\n\nQuestion: {asked}"}
    said = "Nord here. Which order number is it?" if missing else f"Nord here. Order {order} went by cart."
    turns = [{"role": "system", "content": SYSTEM}, user]
    turns += [{"role": "assistant", "content": said}] if answered else []
    return {"id": f"r{number}", "messages": turns}


def answer(prompt, *, forgets):
    """Answer as the desk should; the one that forgets never asks for the number."""
    text = prompt[-1].content
    if "my order" in text and not forgets:
        return "Nord here. Which order number is it?"
    order = text.split("Order ")[1].split(":")[0]
    return f"Nord here. Order {order} went by cart."


def make_run(place, *, rows=120, keep=1):
    """Write ``place``/run (convert, starved curate, eval) and ``place``/further.jsonl; return the run."""
    run = place / "run"
    lines = [line(number, missing=number % 3 == 0) for number in range(rows)]
    (place / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    assert execute(["convert", str(place / "log.jsonl"), "--out", str(run / "convert"), "--quiet"]) == 0
    assert execute(["curate", str(run / "convert"), "--out", str(run / "curate"), "--quiet"]) == 0
    for part, left in (("train", keep), ("valid", 0)):
        frame = pl.read_parquet(run / "curate" / f"{part}.parquet")
        bears = frame["rules"].list.contains(STARVED)
        frame.filter(~bears | (bears.cum_sum() <= left)).write_parquet(run / "curate" / f"{part}.parquet")
    further = [line(number, missing=number % 2 == 0, answered=False) for number in range(500, 560)]
    (place / "further.jsonl").write_text("".join(json.dumps(one) + "\n" for one in further))
    evaluate_run(run)
    return run


def evaluate_run(run):
    form, templates = read_templates(run / "convert")
    cases = cases_from_pairs(read_pairs(run / "curate" / "test.parquet"))
    plan = Plan(templates=templates, form=form, contracts=read_contracts(run / "convert"))
    arms = {arm: FakeBackend(lambda p, arm=arm: answer(p, forgets=arm != "teacher")) for arm in plan.arms}
    write_evaluation(evaluate(cases, plan, backend_for=arms.__getitem__), run / "eval")
