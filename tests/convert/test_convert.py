import json
import pickle
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.contracts import Contract
from workbench.convert import (
    CompactForm,
    ConvertOptions,
    Learning,
    convert,
    naming,
    read_templates,
)
from workbench.convert.sample import PromptSample
from workbench.errors import InputError
from workbench.io.frames import frame_to_pairs, read_pairs
from workbench.io.readers import stretches
from workbench.io.tokenizer import WordTokenizer
from workbench.records import Message

SUPPORT = (
    "You are the support assistant of Nordwind Outdoor. Read the notes with care before you answer.\n"
    '- Begin the reply with "Nordwind here."\n- Keep the reply to at most 30 words.\n- Write in English.'
)
BRIEF = (
    "You write briefings for the city desk of a paper from rough notes that reporters send in.\n"
    "- Write at most three points.\n- Use only facts from the notes.\n- Do not use exclamation marks."
)


def line(i, system=SUPPORT, user="Context:\n{}\n\nQuestion: {}", answer="Nordwind here. {}"):
    notes = (f"- Order {i}: sent {i % 28} May", f"- lamp: {i} g\n- boots", f"nothing on {i}")[i % 3]
    asked = ("When?", f"how heavy is {i}?", f"Where is order {i}")[i % 3]
    messages = [("system", system), ("user", user.format(notes, asked)), ("assistant", answer.format(i))]
    return {"id": f"r{i}", "messages": [{"role": role, "content": text} for role, text in messages]}


def write(place, rows, name="logs.jsonl"):
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows))
    return place / name


def converted(*paths, **options):
    out = Path(tempfile.mkdtemp(dir=paths[0].parent))
    summary = convert(list(paths), out, options=ConvertOptions(**options), tokenizer=WordTokenizer())
    form, templates = read_templates(out)
    assert json.loads((out / "summary.json").read_text()) == summary
    files = [out / "contract.yaml", *(out / "contracts").glob("*.yaml")]
    contracts = [msgspec.convert(yaml.safe_load(path.read_text()), Contract) for path in files]
    return SimpleNamespace(
        out=out,
        summary=summary,
        form=form,
        templates=templates,
        pairs=frame_to_pairs(read_pairs(out / "pairs.parquet")),
        main=contracts[0],
        contracts={contract.task: contract for contract in contracts},
        rejects=[json.loads(text) for text in (out / "rejects.jsonl").read_text().splitlines()],
    )


@pytest.fixture
def log(tmp_path):
    rows = [line(i) for i in range(60)] + ["{cut\n", json.dumps({"messages": []}) + "\n", line(3), line(3)]
    return write(tmp_path / "support", rows)


def test_every_row_is_a_pair_or_a_reject(log):
    done = converted(log)
    summary = done.summary
    assert (summary["in"], summary["pairs"], summary["rejected"]) == (64, 62, 2)
    assert summary["rejected_by"] == {"not JSON": 1, "no assistant turn": 1}
    assert summary["duplicate_ids"] == 2
    assert [r["line"] for r in done.rejects] == [61, 62]


def test_what_is_written_gives_the_prompts_back(log):
    done = converted(log)
    assert done.form == CompactForm()
    held = [json.loads(text) for text in log.read_text().splitlines() if '"id"' in text]
    rebuilt = [[m.content for m in done.templates[p.template_id].render(p.slot_values)] for p in done.pairs]
    assert rebuilt == [[m["content"] for m in row["messages"][:-1]] for row in held]
    assert [p.meta["log_id"].split("~")[0] for p in done.pairs] == [row["id"] for row in held]


def test_a_log_larger_than_a_batch_and_a_sample_gives_the_same_pairs_in_order(log, monkeypatch):
    whole = converted(log)
    monkeypatch.setattr(stretches, "STRETCH", 2000)
    small = converted(log, learning=Learning(survey=100, pool=100))
    assert small.pairs == whole.pairs
    assert [path.name for path in small.out.glob("pairs*")] == ["pairs.parquet"]


def test_a_rare_template_outside_the_sample_is_learnt_from_what_fits_nothing(tmp_path):
    rows = [line(i) for i in range(1500)]
    rows[700:700] = [line(i, BRIEF, "Notes:\n{}\n\nAudience: {}") for i in range(6)]
    path = write(tmp_path / "x", rows, "desk.jsonl")
    assert converted(path, learning=Learning(survey=100)).summary["tasks"] == {
        "desk": 1500,
        "write-briefings": 6,
    }
    once = converted(path, learning=Learning(survey=100, rounds=1))
    assert once.summary["tasks"] != {"desk": 1500, "write-briefings": 6}, "the sample alone must not hold it"


def test_the_sample_is_the_same_in_any_order():
    prompts = [(Message(role="user", content=f"{i} " * (i % 7)),) for i in range(300)]
    drawn = []
    for order in (prompts, prompts[::-1]):
        sample = PromptSample(limit=50, characters=600)
        for prompt in order:
            sample.show(prompt)
        drawn.append(sample.prompts)
    assert drawn[0] == drawn[1]
    assert 0 < sum(len(p[0].content) for p in drawn[0]) <= 600
    assert not sample.whole


def test_compact_pairs_carry_no_prompt_and_say_what_it_saves(log):
    done = converted(log)
    assert done.pairs[0].prompt[0].content == "[support]"
    assert not any("Nordwind Outdoor" in m.content for p in done.pairs for m in p.prompt)
    tokens = done.summary["tokens"]
    assert tokens["saved_share"] == pytest.approx(
        1 - tokens["compact_mean"] / tokens["original_mean"], abs=1e-3
    )
    assert tokens["saved_share"] > 0.5
    assert not tokens["exact"]
    assert all(p.tokens.compact < p.tokens.original for p in done.pairs)
    assert (
        done.pairs[0].tokens.completion
        == WordTokenizer().count(done.pairs[0].completion, generation_prompt=False) - 4
    )


def test_ids_follow_the_content_not_the_file(log, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copy(log, other / "renamed.jsonl")
    ids = [p.id for p in converted(log).pairs]
    assert [p.id for p in converted(other / "renamed.jsonl").pairs] == ids
    assert len(set(ids)) == len(ids)
    assert [i.partition("-")[0] for i in ids[-2:]] == [ids[3]] * 2
    assert [i.partition("-")[2] for i in ids[-2:]] == ["2", "3"]


def test_several_tasks_have_their_own_names_templates_and_contracts(log, tmp_path):
    brief = write(tmp_path / "briefing", [line(i, BRIEF, "Notes:\n{}\n\nAudience: {}") for i in range(30)])
    done = converted(log, brief)
    assert done.summary["tasks"] == {"support": 62, "briefing": 30}
    assert set(done.contracts) == {"support", "briefing"}
    assert done.main == done.contracts["support"]
    assert done.main.rules
    assert done.main.rules[0].source.template in {
        t.id for t in done.templates.values() if t.task == "support"
    }


def test_tasks_mixed_in_one_file_are_named_by_their_prompts(tmp_path):
    rows = [line(i, *((SUPPORT,) if i % 3 else (BRIEF, "Notes:\n{}\n\nAudience: {}"))) for i in range(60)]
    done = converted(write(tmp_path / "x", rows, "desk.jsonl"))
    assert done.summary["tasks"] == {"desk": 40, "write-briefings": 20}


def test_task_names_are_free_short_and_fit_for_files():
    assert naming._free("desk", {"desk", "desk-2"}) == "desk-3"
    assert naming.slug("A/b: Ç..客服 1") == "a-b-客服-1"
    assert naming._file_name("runs/logs.jsonl") == "runs"
    assert naming._file_name("home/data.csv") == ""


def test_a_log_without_any_record_is_an_error_that_says_why(tmp_path):
    path = write(tmp_path / "x", [{"messages": [{"role": "user", "content": "x"}]}])
    with pytest.raises(InputError, match="no assistant turn"):
        converted(path)


def test_each_option_changes_the_result(log, tmp_path):
    plain = converted(log)
    assert converted(log, compact=CompactForm(form="none")).pairs != plain.pairs
    assert converted(log, learning=Learning(support=100)).templates != plain.templates
    with pytest.raises(InputError):
        converted(log, format="alpaca")
    del tmp_path


def test_turns_and_extras_are_kept(tmp_path):
    rows = []
    for i in range(12):
        row = line(i)
        row["messages"][1:1] = [
            {"role": "user", "content": f"hi {i}", "name": "kim"},
            {"role": "assistant", "content": None, "tool_calls": [{"id": str(i)}]},
            {"role": "tool", "content": "42", "tool_call_id": str(i)},
        ]
        rows.append(row)
    pair = converted(write(tmp_path / "tools", rows)).pairs[3]
    assert [m.role for m in pair.prompt] == ["system", "user", "assistant", "tool", "user"]
    assert pair.meta["extras"]["1"] == {"name": "kim"}
    assert pair.meta["extras"]["2"] == {"tool_calls": [{"id": "3"}]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "No such file"),
        ("{", "truncated"),
        ('{"version": 9, "compact": {}, "templates": []}', "version 9"),
        ("{}", "missing"),
    ],
)
def test_templates_that_are_none_are_refused(tmp_path, text, found):
    if text is not None:
        (tmp_path / "templates.json").write_text(text)
    with pytest.raises(InputError, match=found):
        read_templates(tmp_path)


value = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(value, value), min_size=1, max_size=6))
def test_any_text_survives_the_way_to_disk_and_back(tmp_path_factory, values):
    place = tmp_path_factory.mktemp("any")
    rows = [{"prompt": f"{SUPPORT}\nContext: {a}\nQuestion: {b}", "completion": f"ok {a}"} for a, b in values]
    done = converted(write(place / "x", rows))
    rendered = [done.templates[p.template_id].render(p.slot_values)[0].content for p in done.pairs]
    assert rendered == [r["prompt"] for r in rows]
    assert [p.output for p in done.pairs] == [r["completion"] for r in rows]


def test_samples_of_the_stretches_of_a_log_make_the_sample_of_the_whole():
    prompts = [(Message(role="user", content=f"{i % 250} " * (i % 9)),) for i in range(400)]
    whole = PromptSample(limit=60, characters=700)
    for prompt in prompts:
        whole.show(prompt)
    for size in (7, 50, 399):
        joined = PromptSample(limit=60, characters=700)
        for at in range(0, len(prompts), size):
            part = joined.fresh()
            for prompt in prompts[at : at + size]:
                part.show(prompt)
            joined.take(pickle.loads(pickle.dumps(part)))
        assert joined.prompts == whole.prompts
        assert joined.whole == whole.whole
