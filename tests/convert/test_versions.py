import json
import random
import time

from workbench.cli import execute
from workbench.convert.versions import Drift, Era, difference, lineages

HEAD = "You are the support desk of Nordwind Outdoor and you answer questions of customers on their orders.\n"
RULES = [
    "- Begin the reply with the words Nordwind here.",
    "- Keep the reply to at most thirty words.",
    "- Refuse requests that would harm other people.",
    "- Answer only from the context that is given.",
]
OTHER = "You translate short product texts from German into English for the catalogue of a garden centre.\n"


def text(*rules):
    return HEAD + "\n".join(rules)


def test_wordings_that_follow_each_other_are_versions_and_tasks_are_not():
    eras = [
        Era(text(*RULES), 0, 99),
        Era(text(*RULES[:3], "- Answer in English and never in any other language."), 100, 220),
        Era(OTHER + "\n".join(RULES[:1]), 0, 220),
        Era(text(*RULES[:2], "- Answer in English and never in any other language."), 221, 300),
    ]
    assert lineages(eras, drift=Drift()) == [0, 0, 1, 0]


def test_alike_prompts_that_run_side_by_side_are_tasks_of_their_own():
    changed = text(*RULES[:2], "- Translate the reply into French for the shop in Lyon.", "- Use no lists.")
    assert lineages([Era(text(*RULES), 0, 300), Era(changed, 1, 299)], drift=Drift()) == [0, 1]
    assert lineages([Era(text(*RULES), 0, 300), Era(changed, 301, 599)], drift=Drift(likeness=0.4)) == [0, 0]
    twin = text(*RULES, "- Be kind.")
    assert lineages([Era(text(*RULES), 0, 300), Era(twin, 1, 299)], drift=Drift()) == [0, 0]


def test_each_field_of_drift_changes_what_counts():
    eras = [Era(text(*RULES), 0, 100), Era(text(*RULES[:3]), 90, 200)]
    assert lineages(eras, drift=Drift()) == [0, 0]
    assert lineages(eras, drift=Drift(likeness=0.99)) == [0, 1]
    assert lineages(eras, drift=Drift(overlap=0.01)) == [0, 1]
    assert lineages(eras, drift=Drift(overlap=0.01, twin=0.5)) == [0, 0]
    many = [Era(f"{OTHER}{i} {i + 1} {i + 2} {i + 3} " * 3, 0, 500) for i in range(8)]
    alike = [Era(OTHER + "Never use lists.", 0, 9), *many, Era(OTHER + "Answer in full.", 10, 20)]
    found = lineages(alike, drift=Drift())
    assert found[-1] == found[0]
    found = lineages(alike, drift=Drift(boilerplate=1))
    assert found[-1] != found[0]


def test_the_difference_says_what_went_and_what_came():
    new = text(*RULES[:3], "- 用中文回答。")
    assert difference(text(*RULES), new) == [f"- {RULES[3]}", "+ - 用中文回答。"]


def test_the_verb_shows_versions_with_their_diff_and_slots_with_their_evidence(tmp_path, capsys):
    new = [*RULES[:3], "- Always name the number of the order in the reply."]
    rows = []
    for i in range(60):
        asked = ("When", "Why late", "How")[i % 3]
        user = f"Context:\nOrder {i}: sent {'on time ' * (i % 3)}\n\nQuestion: {asked} {i}?"
        system = f"{text(*(RULES if i < 30 else new))}\nToday is 2026-0{i % 9 + 1}-1{i % 10}."
        turns = [("system", system), ("user", user), ("assistant", "ok")]
        rows.append({"messages": [{"role": role, "content": content} for role, content in turns]})
    (tmp_path / "desk.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert execute(["templates", str(tmp_path / "desk.jsonl"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["in"], found["records"], found["rejected"]) == (60, 60, 0)
    (task,) = found["tasks"]
    assert (task["task"], task["calls"]) == ("desk", 60)
    first, second = task["versions"]
    assert (first["first"], first["last"], second["first"], second["last"]) == (0, 29, 30, 59)
    assert second["changes"] == [f"- {RULES[3]}", f"+ {new[3]}"]
    slots = {slot["name"]: slot for slot in second["templates"][0]["slots"]}
    assert {name: slot["type"] for name, slot in slots.items()} == {
        "today": "date",
        "context": "context",
        "question": "question",
    }
    assert slots["context"]["evidence"] == "label 'Context'"
    assert slots["today"]["examples"][0] == "2026-04-10"
    assert execute(["templates", str(tmp_path / "desk.jsonl")]) == 0
    assert f"+ {new[3]}" in capsys.readouterr().out


def test_thousands_of_prompts_are_compared_in_seconds():
    rng = random.Random(8)
    words = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("an", "el", "iro", "ut", "osk")]
    lines = [" ".join(rng.choices(words, k=9)) for _ in range(20)]
    eras = []
    for i in range(2000):
        lines[i % 20] = " ".join(rng.choices(words, k=9))
        eras.append(Era("\n".join(lines), 2 * i, 2 * i + 1))
    begun = time.process_time()
    assert set(lineages(eras, drift=Drift())) == {0}
    assert time.process_time() - begun < 15


def test_only_the_latest_versions_are_recalled():
    first, second, third = "a b c d e f g h i j", "k l m n o p q r s t", "u v w x y z aa bb cc dd"
    texts = [f"{first} {second}", f"{second} {third}", first]
    eras = [Era(text, i, i) for i, text in enumerate(texts)]
    drift = Drift(likeness=0.25)
    assert lineages(eras, drift=drift) == [0, 0, 0]
    assert lineages(eras, drift=Drift(likeness=0.25, recalled=1)) == [0, 0, 1]


def test_the_overlap_is_a_share_of_the_shorter_time():
    from workbench.convert.versions import Era, _overlap

    eras = {
        name: Era(text="", first=first, last=last)
        for name, (first, last) in {"a": (0, 9), "b": (8, 27), "c": (10, 12)}.items()
    }
    assert _overlap(eras["a"], eras["b"]) == _overlap(eras["b"], eras["a"]) == 0.2
    assert _overlap(eras["b"], eras["c"]) == 1.0
    assert _overlap(eras["a"], eras["c"]) == 0.0
