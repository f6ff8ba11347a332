"""The samples' world: seeded, held out from training, composed rule by rule."""

# ruff: noqa: ARG005 (a table of checks whose lambdas share one form)
from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from worldtext import NUMBER, ROOT, invented_names

from samples.world import briefing, cases, chinese, names, policy, prompts, stream, suites


def support_cases(seed: int, *, count: int = 400, half: names.Half = "train") -> list[cases.Case]:
    rng = random.Random(seed)
    return [cases.draw_case(rng, names.Draw(rng, half=half)) for _ in range(count)]


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
            r"<briefing><title>For .+?</title>(<point>[A-Z][^<]*</point>){1,3}"
            r"<source>NB-\d{4}</source></briefing>",
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
