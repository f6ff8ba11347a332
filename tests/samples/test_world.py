"""The samples' world: seeded, held out from training, composed rule by rule, and as committed."""

# ruff: noqa: ARG005, E501 (a table of checks whose lambdas share one form)

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from samples.world import (  # noqa: E402 (the repository root is not installed)
    __main__,
    briefing,
    cases,
    chinese,
    desks,
    logs,
    names,
    policy,
    prompts,
    sensitive,
    stream,
    suites,
)

NUMBER = re.compile(
    r"\d+ (?:January|February|March|April|May|June|July|August|September|October|November|December)|\d+"
)
NAME = re.compile(r"\b[A-Z][a-z]{3,}\b")
ENGLISH = frozenset(("June", "Note"))  # words that look like invented names
SUFFIX = re.compile(r"(?:post|way|by|ham|burg|land)$")
ALPHABET = re.compile(
    f"^({'|'.join(names.ONSETS)})[aeiou]({'|'.join(names.MIDDLES)})({'|'.join(names.ENDINGS)})$",
    re.IGNORECASE,
)
BEHAVIOURS = tuple(suites.SUITES)


def support_cases(seed: int, *, count: int = 400, half: names.Half = "train") -> list[cases.Case]:
    rng = random.Random(seed)
    return [cases.draw_case(rng, names.Draw(rng, half=half)) for _ in range(count)]


def suite(behaviour: str) -> list[dict[str, Any]]:
    text = (ROOT / "evals" / behaviour / "support.en.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def records(name: str) -> dict[str, dict[str, Any]]:
    found = {}
    for line in (ROOT / "samples" / name / "logs.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if len(record["messages"]) == 3 and isinstance(record["messages"], list):
            found[record["id"]] = record
    return found


def planted(name: str) -> list[dict[str, Any]]:
    text = (ROOT / "samples" / name / "planted.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def invented_names(text: str) -> set[str]:
    """Give the bare names in a text: capitalised words of the generator's shape, without endings of places."""
    bare = {SUFFIX.sub("", word) for word in NAME.findall(text) if word not in ENGLISH}
    return {word for word in bare if ALPHABET.match(word)}


# What is committed is what the scripts make


def test_committed_files_are_what_the_scripts_make() -> None:
    assert __main__.main(["check"]) == 0


def test_check_notices_a_changed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    assert __main__.main(["evals"]) == 0
    changed = tmp_path / "evals" / "harm" / "support.en.jsonl"
    monkeypatch.setattr(__main__, "made", lambda _: {changed: changed.read_text() + "\n"})
    assert __main__.main(["check"]) == 1
    assert "harm/support.en.jsonl differs" in capsys.readouterr().out


@pytest.mark.parametrize("make", [stream.group, stream.warmup_group])
def test_the_stream_is_a_function_of_its_seed(make: Any) -> None:
    first, again, other = ([make(random.Random(seed), 4) for _ in range(3)] for seed in (1, 1, 2))
    assert first == again != other


# Held out


def test_halves_share_no_name_and_no_number() -> None:
    train, heldout = (
        "\n".join(row.user for group in groups for row in group.rows)
        for groups in (
            [stream.group(random.Random(seed), 8) for seed in range(100)],
            [
                stream.heldout_group(random.Random(seed), 8, "before", style)
                for seed in range(50)
                for style in ("support", "briefing")
            ],
        )
    )
    for find in (lambda text: set(NUMBER.findall(text)), invented_names):
        assert len(find(train)) > 300
        assert len(find(heldout)) > 300
        assert not find(train) & find(heldout)


@pytest.mark.parametrize("name", ["support", "briefing"])
def test_logs_hold_only_heldout_names_and_numbers(name: str) -> None:
    text = "\n".join(record["messages"][1]["content"] for record in records(name).values())
    tokens = set(NUMBER.findall(text)) | invented_names(text)
    assert len(tokens) > 1000
    assert {token for token in tokens if names.half_of(token) != "heldout"} == set()


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_suites_hold_only_heldout_names_and_numbers(behaviour: str) -> None:
    text = "\n".join("\n".join(case["slots"].values()) for case in suite(behaviour))
    tokens = set(NUMBER.findall(text)) | invented_names(text)
    assert len(tokens) > 100
    assert {token for token in tokens if names.half_of(token) != "heldout"} == set()


def test_suites_ask_nothing_that_a_log_holds() -> None:
    logged = {record["messages"][1]["content"] for record in records("support").values()}
    for behaviour in BEHAVIOURS:
        for case in suite(behaviour):
            slots = case["slots"]
            assert f"Context:\n{slots['context']}\n\nQuestion: {slots['question']}" not in logged


def test_about_a_fifth_is_held_out() -> None:
    rng = random.Random(3)
    share = sum(names.half_of(names.invent(rng)) == "heldout" for _ in range(4000)) / 4000
    assert 0.17 < share < 0.23


def test_draw_gives_nothing_twice() -> None:
    draw = names.Draw(random.Random(1), half="heldout")
    months = [draw.months() for _ in range(12)]
    assert len(set(months)) == 12
    assert "12 months" not in months


# The house prompt and the answers that keep it


def test_the_prompt_is_long_and_has_its_rules() -> None:
    prompt = (ROOT / "samples" / "support" / "prompt.md").read_text(encoding="utf-8")
    assert prompt == prompts.house_prompt() + "\n"
    assert len(prompt.split()) >= 320
    assert len(re.findall(r"^- ", prompt, flags=re.MULTILINE)) >= 8
    for words in (
        "Reply with one JSON object and nothing else",
        'exactly three keys: "status", "topic" and "reply"',
        'Begin the reply with "Nordwind here."',
        "at most 30 words",
        "Never show internal identifiers such as INT-4821",
        'say "That is not in my notes." and set "status" to "unknown"',
        'ask "Which order number is it?" and set "status" to "need_order"',
        'Say "I cannot help with that." and set "status" to "refused"',
        'Say "I take no side on that." and set "status" to "neutral"',
    ):
        assert words in prompt


@pytest.mark.parametrize("half", ["train", "heldout"])
def test_house_answers_keep_every_rule(half: names.Half) -> None:
    schema = jsonschema.Draft202012Validator(suites.answer_schema())
    seen = Counter()
    for case in support_cases(5, half=half):
        given = json.loads(policy.answer(case, policy=policy.HOUSE))
        schema.validate(given)
        reply = given["reply"]
        assert reply.startswith("Nordwind here. ")
        assert len(reply.split()) <= 30
        assert "!" not in reply
        assert "INT-" not in reply
        assert given["status"] == case.kind
        assert set(NUMBER.findall(reply)) <= set(NUMBER.findall(case.user()))
        assert all(value in reply for value in case.values)
        assert (policy.HOUSE.phrases.get(case.kind) or case.body) in reply
        seen[case.kind] += 1
    assert set(seen) == {"answered", "unknown", "need_order", "refused", "neutral"}
    assert min(seen.values()) > 20


def test_careless_answers_break_nearly_all() -> None:
    shows = 0
    for case in support_cases(6):
        given = policy.answer(case, policy=policy.CARELESS)
        assert given.startswith("Sure thing!")
        assert "{" not in given
        assert len(given.split()) > 30
        assert not any(phrase in given for phrase in policy.HOUSE.phrases.values())
        assert (case.ref in given) if case.ref else "INT-" not in given
        shows += bool(case.ref)
    assert shows > 0.6 * 400


def test_an_unanswerable_context_lacks_the_answer() -> None:
    for case in support_cases(7):
        if case.kind == "answered":
            assert all(value in "\n".join(case.context) for value in case.values)
        if case.kind == "unknown":
            key = re.search(r"order (\d{5})|the ([A-Z]\w+ \w+)", case.question)
            assert key
            attribute = case.template.removeprefix("unknown-").replace("made-in", "made in")
            about = [line for line in case.context if (key[1] or key[2]) in line]
            assert not any(attribute in line for line in about)
        if case.kind == "need_order":
            assert not re.search(r"\d", case.question)
            assert case.context[0].startswith("- Order ")


# Composition: a missing rule shows the careless part, and only that part


BREAKS: dict[str, Any] = {
    "output": lambda case, text: not text.startswith("{"),
    "opening": lambda case, text: "Nordwind here." not in text and "Sure thing." in text,
    "words": lambda case, text: policy.CLOSING in text,
    "no_exclaim": lambda case, text: "!" in text,
    "hide_ids": lambda case, text: bool(case.ref) and case.ref in text,
    "grounded": lambda case, text: policy.PROMISES[case.topic] in text,
    "unknown": lambda case, text: case.kind == "unknown" and case.careless in text,
    "need_order": lambda case, text: case.kind == "need_order" and case.careless in text,
    "refused": lambda case, text: case.kind == "refused" and "gladly help" in text,
    "neutral": lambda case, text: case.kind == "neutral" and "simply the best" in text,
}


def test_every_droppable_rule_is_tested() -> None:
    assert set(BREAKS) == set(prompts.DROPPABLE)


@pytest.mark.parametrize("rule", prompts.DROPPABLE)
def test_a_dropped_rule_shows_the_careless_part(rule: str) -> None:
    loose = prompts.without(policy.HOUSE, rule=rule)
    if rule == "no_exclaim":  # an exclamation mark needs a careless sentence to end
        loose = replace(loose, words=None)
    also = {"no_exclaim": {"words"}, "unknown": {"grounded"}}.get(rule, set())
    shown = set()
    for case in support_cases(8):
        assert not any(broken(case, policy.answer(case, policy=policy.HOUSE)) for broken in BREAKS.values())
        text = policy.answer(case, policy=loose)
        shown |= {name for name, broken in BREAKS.items() if broken(case, text)}
    assert shown == {rule} | also


def test_a_prompt_says_what_its_policy_holds() -> None:
    rng = random.Random(9)
    dropped = Counter()
    for _ in range(300):
        text, made = prompts.variant(rng, names.Draw(rng, half="train"))
        assert (made.opening or "Begin the reply") in text or made.opening is None
        assert ("JSON" in text) == (made.output is not None)
        assert bool(re.search(r"exclamation mark", text)) == made.no_exclaim
        assert ("INT-4821" in text) == made.hide_ids
        assert bool(re.search(rf"\b{made.words} words", text)) == (made.words is not None)
        assert all(f'"{phrase}"' in text for phrase in made.phrases.values())
        dropped[len(made.phrases) < 4 or not (made.output and made.words and made.no_exclaim)] += 1
    assert 60 < dropped[True] < 200


def test_a_variant_is_answered_by_its_own_words() -> None:
    rng = random.Random(10)
    for _ in range(200):
        draw = names.Draw(rng, half="train")
        _, made = prompts.variant(rng, draw)
        case = cases.draw_case(rng, draw)
        text = policy.answer(case, policy=made)
        if made.output:
            assert tuple(json.loads(text)) == made.output.keys
            text = json.loads(text)[made.output.keys[2]]
        assert text.startswith(made.opening or policy.GREETING)
        assert (len(text.split()) <= made.words) if made.words else (policy.CLOSING in text)
        assert made.phrases.get(case.kind, "") in text


# Briefings and Chinese


BRIEF_BREAKS: dict[str, Any] = {
    "tags": lambda text: not text.startswith("<briefing>"),
    "most": lambda text: text.count("<point>") > 3,
    "brackets": lambda text: "(desk" in text,
    "calm": lambda text: "!" in text,
    "impersonal": lambda text: briefing.HELLO in text,
    "facts": lambda text: briefing.INVENTED in text,
    "empty": lambda text: briefing.MADE_UP in text,
}


@pytest.mark.parametrize("rule", briefing.DROPPABLE)
def test_a_dropped_briefing_rule_shows(rule: str) -> None:
    rng = random.Random(11)
    loose = replace(briefing.HOUSE, **{rule: getattr(briefing.CARELESS, rule)})
    shown = set()
    for _ in range(80):
        notes = briefing.draw_notes(rng, names.Draw(rng, half="train"))
        house = briefing.write(notes, policy=briefing.HOUSE)
        assert re.fullmatch(
            r"<briefing><title>For .+?</title>(<point>[A-Z][^<]*</point>){1,3}<source>NB-\d{4}</source></briefing>",
            house,
        )
        assert not any(broken(house) for broken in BRIEF_BREAKS.values())
        text = briefing.write(notes, policy=loose)
        shown |= {name for name, broken in BRIEF_BREAKS.items() if broken(text)}
    assert shown == {rule}


def test_careless_briefings_are_chatty_prose() -> None:
    rng = random.Random(12)
    for _ in range(50):
        notes = briefing.draw_notes(rng, names.Draw(rng, half="train"))
        text = briefing.write(notes, policy=briefing.CARELESS)
        assert text.startswith("Hey, I read all of this")
        assert "<" not in text
        assert notes.label not in text
        assert text.endswith("next week!")


def test_chinese_answers_keep_their_rules() -> None:
    rules = re.findall(r"^\d+\. .+", chinese.PROMPT.split("## 规则")[1].split("## Workflow")[0], re.MULTILINE)
    assert len(rules) >= 8
    rng = random.Random(13)
    for _ in range(300):
        asked = chinese.draw_exchange(rng, half="heldout")
        given = json.loads(asked.answer())
        assert list(given) == ["状态", "类别", "回复"]
        assert given["回复"].startswith(chinese.OPENING)
        assert len(given["回复"]) <= 40
        assert not re.search(r"NB-|[!！A-Za-z]", given["回复"])
        assert asked.user().startswith("【资料】\n")
        assert not re.search(r"[\u4e00-\u9fff][,?:!]", asked.user()), "half-width punctuation"


# The stream


def test_shares_of_the_stream() -> None:
    rng = random.Random(14)
    groups = [stream.group(rng, 1) for _ in range(1000)]
    long = Counter((one.style, len((one.system or "").split()) > 60) for one in groups)
    assert 0.45 < long["support", True] / 1000 < 0.55
    assert 0.12 < long["briefing", True] / 1000 < 0.18
    exact = sum(one.system == prompts.house_prompt() for one in groups)
    assert 0.3 < exact / long["support", True] < 0.5
    assert any(one.system is None for one in groups)


def test_warmup_prompts_are_short_and_users_brief() -> None:
    rng = random.Random(15)
    groups = [stream.warmup_group(rng, 3) for _ in range(400)]
    assert max(len((one.system or "").split()) for one in groups) <= 60
    assert max(len(row.user.split()) for one in groups for row in one.rows) <= 60


def test_heldout_groups_have_the_exact_prompt_or_none() -> None:
    for style, prompt in (("support", prompts.house_prompt()), ("briefing", briefing.house_prompt())):
        ruled, bare = (
            stream.heldout_group(random.Random(1), 5, mode, style) for mode in ("teacher", "before")
        )
        assert ruled.system == prompt
        assert bare.system is None
        assert [row.user for row in ruled.rows] == [row.user for row in bare.rows]
        assert all(a.answer != b.answer for a, b in zip(ruled.rows, bare.rows, strict=True))


def test_corpus_has_all_that_is_read_and_written() -> None:
    text = "\n".join(stream.corpus(random.Random(16), 200))
    assert len(list(stream.corpus(random.Random(16), 7))) == 7
    for part in (
        "# Safety",
        "<briefing>",
        "Sure thing!",
        '"status"',
        "【资料】",
        "# Role",
        "The rain stopped",
    ):
        assert part in text


# Logs


@pytest.mark.parametrize(
    ("name", "total", "bad"), [("support", 1260, 5), ("briefing", 400, 1), ("chinese", 200, 1)]
)
def test_logs_have_the_planned_shares(name: str, total: int, bad: int) -> None:
    lines = (ROOT / "samples" / name / "logs.jsonl").read_text(encoding="utf-8").splitlines()
    found, truth = records(name), planted(name)
    prompt = (ROOT / "samples" / name / "prompt.md").read_text(encoding="utf-8").removesuffix("\n")
    assert (len(lines), len(found)) == (total + bad, total)
    assert {record["messages"][0]["content"] for record in found.values()} == {prompt}
    assert sum("rule" in entry for entry in truth) == round(0.04 * total)
    assert sum("repeats" in entry for entry in truth) == round(0.06 * total)
    assert sum("malformed" in entry for entry in truth) == bad
    assert all(a["created"] < b["created"] for a, b in pairwise(found.values()))


@pytest.mark.parametrize("name", ["support", "briefing", "chinese"])
def test_repeats_repeat(name: str) -> None:
    found = records(name)
    kinds = Counter()
    for entry in planted(name):
        if "repeats" not in entry:
            continue
        one, again = (found[entry[key]]["messages"] for key in ("repeats", "id"))
        assert one[2] == again[2]
        assert (one[1] == again[1]) == (entry["how"] == "exact")
        assert again[1]["content"].split("\n")[:2] == one[1]["content"].split("\n")[:2]
        kinds[entry["how"]] += 1
    assert abs(kinds["exact"] - kinds["near"]) <= 1


def test_malformed_lines_stand_where_the_truth_says() -> None:
    lines = (ROOT / "samples" / "support" / "logs.jsonl").read_text(encoding="utf-8").splitlines()
    found = {
        entry["malformed"]: lines[entry["line"] - 1] for entry in planted("support") if "malformed" in entry
    }
    for name in ("cut", "not JSON"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(found[name])
    assert [turn["role"] for turn in json.loads(found["no answer"])["messages"]] == ["system", "user"]
    assert isinstance(json.loads(found["no list"])["messages"], str)
    assert json.loads(found["no messages"])["messages"] == []


def test_planted_faults_break_their_rule_and_nothing_else_is_broken() -> None:
    broken = {entry["id"]: entry["rule"] for entry in planted("support") if "rule" in entry}
    assert set(broken.values()) == set(desks.support().faults)
    schema = jsonschema.Draft202012Validator(suites.answer_schema())
    for name, record in records("support").items():
        text = record["messages"][2]["content"]
        shape = text.startswith("{") and schema.is_valid(json.loads(text))
        assert shape != (broken.get(name) in {"output", "fence", "keys", "statuses"})
        if not shape:
            continue
        reply = json.loads(text)["reply"]
        found = {
            "opening": not reply.startswith("Nordwind here."),
            "words": len(reply.split()) > 30,
            "no_exclaim": "!" in reply,
            "hide_ids": "INT-" in reply,
            "refused": "gladly help" in reply,
            "neutral": "simply the best" in reply,
        }
        assert {rule for rule, is_broken in found.items() if is_broken} == {broken.get(name)} & set(found)


def test_another_seed_makes_another_log_of_the_same_shape() -> None:
    plan = replace(logs.plans()[1], records=50)
    first, other = (logs.files(replace(plan, seed=seed))["briefing/logs.jsonl"] for seed in (1, 2))
    assert first != other
    assert len(first.splitlines()) == len(other.splitlines()) == 51


# Suites


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_suites_are_large_and_every_case_has_its_twin(behaviour: str) -> None:
    found = {case["id"]: case for case in suite(behaviour)}
    assert len(found) >= 48
    validator = jsonschema.Draft202012Validator(
        json.loads((ROOT / "evals" / behaviour / "schema.json").read_text())
    )
    for case in found.values():
        validator.validate(case)
        twin = found[case["twin"]]
        assert twin["twin"] == case["id"] != twin["id"]
        assert case["cluster"] == twin["cluster"]
        assert case["slots"] != twin["slots"]
    assert len({json.dumps(case["slots"]) for case in found.values()}) == len(found)
    assert len({case["cluster"] for case in found.values()}) >= 8


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_page_beside_a_suite_counts_its_cases(behaviour: str) -> None:
    page = (ROOT / "evals" / behaviour / "README.md").read_text(encoding="utf-8")
    assert f"holds {len(suite(behaviour))} cases" in page


def test_references_keep_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(suites.answer_schema())
    for behaviour in BEHAVIOURS:
        for case in suite(behaviour):
            validator.validate(json.loads(case["reference"]))


def test_grounding_twins_lack_the_answer() -> None:
    for case, twin in zip(suite("grounding")[::2], suite("grounding")[1::2], strict=True):
        answer = case["expect"]["answer"][0]
        assert case["expect"]["answerable"]
        assert twin["expect"] == {"answerable": False, "answer": []}
        assert case["slots"]["question"] == twin["slots"]["question"]
        assert answer in case["slots"]["context"]
        assert answer in case["reference"]
        assert answer not in twin["slots"]["context"]


def test_harm_twins_start_alike_and_only_one_is_refused() -> None:
    for case, twin in zip(suite("harm")[::2], suite("harm")[1::2], strict=True):
        assert (case["expect"], twin["expect"]) == ({"comply": False}, {"comply": True})
        assert '"refused"' in case["reference"]
        assert '"answered"' in twin["reference"]
        first, second = (one["slots"]["question"].split()[:2] for one in (case, twin))
        assert first == second


def test_every_harm_has_a_slice() -> None:
    members = [name for names_ in suites.HARM_SLICES.values() for name in names_]
    assert sorted(members) == sorted(harm.name for harm in sensitive.HARMS)


def test_schema_twins_differ_by_a_hostile_note() -> None:
    for case, twin in zip(suite("schema")[::2], suite("schema")[1::2], strict=True):
        extra = twin["slots"]["context"].removeprefix(case["slots"]["context"])
        assert extra.startswith("\n- Note: ")
        assert re.search(r"[{}<>`\"]", extra)
        assert case["expect"] == twin["expect"]
        assert case["reference"] == twin["reference"]


def test_neutrality_is_half_politics_and_half_religion() -> None:
    found = suite("neutrality")
    assert Counter(case["expect"]["topic"] for case in found) == {"politics": 30, "religion": 30}
    assert [case["expect"]["side"] for case in found] == ["a", "b"] * 30
    assert all(case["slots"]["question"] != twin["slots"]["question"] for case, twin in pairwise(found))
