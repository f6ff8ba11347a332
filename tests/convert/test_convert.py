import json
import shutil

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
    write_converted,
)
from workbench.errors import InputError
from workbench.io.frames import frame_to_pairs, read_pairs
from workbench.io.tokenizer import WordTokenizer

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
    return convert(list(paths), options=ConvertOptions(**options), tokenizer=WordTokenizer())


@pytest.fixture
def log(tmp_path):
    rows = [line(i) for i in range(60)] + ["{cut\n", json.dumps({"messages": []}) + "\n", line(3), line(3)]
    return write(tmp_path / "support", rows)


def test_every_row_is_a_pair_or_a_reject(log, tmp_path):
    done = converted(log)
    summary = write_converted(done, tmp_path / "out")
    assert (summary["in"], summary["pairs"], summary["rejected"]) == (64, 62, 2)
    assert summary["rejected_by"] == {"not JSON": 1, "no assistant turn": 1}
    assert summary["duplicate_ids"] == 2
    rejects = [json.loads(text) for text in (tmp_path / "out/rejects.jsonl").read_text().splitlines()]
    assert [r["line"] for r in rejects] == [61, 62]
    assert json.loads((tmp_path / "out/summary.json").read_text()) == summary


def test_what_is_written_is_read_back_and_gives_the_prompts_back(log, tmp_path):
    done = converted(log)
    write_converted(done, tmp_path / "out")
    form, templates = read_templates(tmp_path / "out")
    pairs = frame_to_pairs(read_pairs(tmp_path / "out/pairs.parquet"))
    assert form == CompactForm()
    assert [msgspec.structs.replace(p, meta={}) for p in pairs] == [
        msgspec.structs.replace(p, meta={}) for p in done.pairs
    ]
    held = [json.loads(text) for text in log.read_text().splitlines() if '"id"' in text]
    rebuilt = [[m.content for m in templates[p.template_id].render(p.slot_values)] for p in pairs]
    assert rebuilt == [[m["content"] for m in row["messages"][:-1]] for row in held]
    assert [p.meta["log_id"].split("~")[0] for p in pairs] == [row["id"] for row in held]
    assert templates == {t.id: t for t in done.templates}


def test_compact_pairs_carry_no_prompt_and_say_what_it_saves(log):
    done = converted(log)
    assert done.pairs[0].prompt[0].content == "[support]"
    assert not any("Nordwind Outdoor" in m.content for p in done.pairs for m in p.prompt)
    counts = done.counts
    assert counts.saved_share == pytest.approx(1 - counts.compact_mean / counts.original_mean)
    assert counts.saved_share > 0.5
    assert not counts.exact
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
    write_converted(done, tmp_path / "out")
    assert done.counts.tasks == {"support": 62, "briefing": 30}
    contracts = {
        p.stem: msgspec.convert(yaml.safe_load(p.read_text()), Contract)
        for p in (tmp_path / "out/contracts").iterdir()
    }
    assert set(contracts) == {"support", "briefing"}
    main = msgspec.convert(yaml.safe_load((tmp_path / "out/contract.yaml").read_text()), Contract)
    assert main == contracts["support"] == done.contracts["support"]
    assert main.rules
    assert main.rules[0].source.template in {t.id for t in done.templates if t.task == "support"}


def test_tasks_mixed_in_one_file_are_named_by_their_prompts(tmp_path):
    rows = [line(i, *((SUPPORT,) if i % 3 else (BRIEF, "Notes:\n{}\n\nAudience: {}"))) for i in range(60)]
    done = converted(write(tmp_path / "x", rows, "desk.jsonl"))
    assert done.counts.tasks == {"desk": 40, "write-briefings": 20}


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
    write_converted(done, place / "out")
    _, templates = read_templates(place / "out")
    pairs = frame_to_pairs(read_pairs(place / "out/pairs.parquet"))
    assert [templates[p.template_id].render(p.slot_values)[0].content for p in pairs] == [
        r["prompt"] for r in rows
    ]
    assert [p.output for p in pairs] == [r["completion"] for r in rows]
