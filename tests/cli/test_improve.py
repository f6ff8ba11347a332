"""A starved rule is found and fed by the real verbs, a service in the teacher's place; no case leaks."""

import json
import re
import shlex
import shutil
import tempfile
from pathlib import Path

import msgspec
import polars as pl
import pytest
import yaml
from loop_world import STARVED, answer, line, make_run
from model_service import answer as reply
from model_service import serving

from workbench.cli import execute
from workbench.io.frames import frame_to_pairs, read_pairs
from workbench.pipeline.improve import read_plan
from workbench.records import Message


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    place = tmp_path_factory.mktemp("improve")
    make_run(place)
    return place


def says(body, _number):
    return reply(answer([Message(**message) for message in body["messages"]], forgets=False))


def improve(world, out, *more, inputs=True):
    traffic = ["--inputs", str(world / "further.jsonl")] if inputs else []
    return execute(
        ["improve", str(world / "run"), *traffic, "--out", str(out), "--target", "20", "--quiet", *more]
    )


@pytest.fixture(scope="module")
def drawn(world):
    assert improve(world, world / "next") == 0
    return world / "next"


@pytest.fixture(scope="module")
def made(world, drawn):
    out = world / "made"
    with serving(says) as service:
        teacher = ["--teacher", f"openai:{service.url}", "--plan", str(drawn / "plan.yaml"), "--apply"]
        assert improve(world, out, *teacher, inputs=False) == 0
    return out


def trained(place):
    frames = [read_pairs(place / "curate" / f"{part}.parquet") for part in ("train", "valid")]
    return [pair for frame in frames for pair in frame_to_pairs(frame)]


def test_the_starved_rule_and_no_other_wants_rows(drawn):
    plan = read_plan(drawn / "plan.yaml")
    assert [(one.rule, one.why, one.rows, one.add) for one in plan.rules] == [(STARVED, "slipped", 1, 19)]
    assert all("my order" in one.asks for one in plan.ask)
    assert 19 <= len(plan.ask) <= 29
    assert {one.source for one in plan.ask} == {"traffic"}
    seen = json.loads((drawn / "summary.json").read_text())["plan"]["gathered"]
    assert seen["rows"] == seen["inputs"] + seen["known"] + seen["rejected"] == 60


def test_it_is_fed_through_convert_and_curate(world, made):
    fed = [pair for pair in trained(made) if "improves" in pair.meta]
    assert len(fed) >= 17
    assert all(pair.output == "Nord here. Which order number is it?" for pair in fed)
    assert all(pair.meta["teacher"]["by"].startswith("openai:") for pair in fed)
    assert len(trained(made)) - len(trained(world / "run")) == len(fed)
    summary = json.loads((made / "summary.json").read_text())["made"]
    assert summary["added"] == 19
    assert sum(summary["inputs"].values()) == summary["asked"]
    curated = json.loads((made / "curate" / "summary.json").read_text())
    assert curated["in"] == curated["kept"] + curated["dropped"]
    assert curated["parts"]["test"] == read_pairs(world / "run" / "curate" / "test.parquet").height
    assert set(curated["leakage"]["across_parts"]) == {"train-valid", "train-test", "valid-test"}


def test_the_next_version_is_a_run_for_diff_and_train(world, made, capsys):
    before, after = world / "run" / "curate", made / "curate"
    test = [read_pairs(place / "test.parquet") for place in (before, after)]
    assert test[0].equals(test[1])
    assert execute(["diff", str(before), str(after), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["counts"]
    assert (found["removed"], found["added"] > 16) == (0, True)
    assert (made / "convert" / "templates.json").is_file()


def test_an_edited_plan_is_what_is_done(world, drawn, tmp_path):
    held = yaml.safe_load((drawn / "plan.yaml").read_text())
    kept = held["ask"][:5]
    dropped = frame_to_pairs(read_pairs(world / "run" / "curate" / "train.parquet"))[0].id
    held["ask"], held["drop"] = kept, [{"id": dropped, "why": "breaks"}]
    shutil.copytree(drawn, tmp_path / "out")
    (tmp_path / "out" / "plan.yaml").write_text(yaml.safe_dump(held))
    with serving(says) as service:
        asked = ["--teacher", f"openai:{service.url}", "--apply"]
        assert improve(world, tmp_path / "out", *asked) == 0
        first = len(service.asked)
        assert improve(world, tmp_path / "out", *asked) == 0
        assert first == len(service.asked) == 5
    ids = {pair.id for pair in trained(tmp_path / "out")}
    assert dropped not in ids
    states = [
        json.loads(row) for row in (tmp_path / "out" / "asked" / "inputs.jsonl").read_text().splitlines()
    ]
    assert [one["id"] for one in states] == [one["id"] for one in kept]


def test_stopped_half_way_nothing_is_left_and_nothing_is_asked_twice(world, drawn, tmp_path, monkeypatch):
    from workbench.pipeline.improve import make

    def stop(*_):
        raise KeyboardInterrupt

    with serving(says) as service:
        asked = ["--teacher", f"openai:{service.url}", "--plan", str(drawn / "plan.yaml"), "--apply"]
        with monkeypatch.context() as patched:
            patched.setattr(make, "_taken", stop)
            assert improve(world, tmp_path / "out", *asked, inputs=False) == 130
        first = len(service.asked)
        assert first > 0
        assert not (tmp_path / "out").exists()
        assert improve(world, tmp_path / "out", *asked, inputs=False) == 0
        assert len(service.asked) == first
    assert not list((tmp_path / "out").glob("answers*"))


def test_answers_that_break_the_contract_or_miss_the_rule_are_not_added(world, drawn, tmp_path):
    def careless(body, number):
        text = says(body, number)
        order = int(body["messages"][-1]["content"].split("Order ")[1].split(":")[0])
        return (text, reply(f"Order {order}!"), reply("Nord here. It went by cart."))[order // 74 % 3]

    with serving(careless) as service:
        asked = ["--teacher", f"openai:{service.url}", "--plan", str(drawn / "plan.yaml"), "--apply"]
        assert improve(world, tmp_path / "out", *asked, inputs=False) == 0
    made = json.loads((tmp_path / "out" / "summary.json").read_text())["made"]
    assert made["inputs"]["no answer that keeps the contract"] > 0
    assert not any("!" in pair.output for pair in trained(tmp_path / "out"))
    assert made["rules"][STARVED]["added"] == made["inputs"]["added"] < 19


def leaked(world, name):
    """Write traffic that holds the calls of held-out cases word for word, and one with another number."""
    cases = [json.loads(row) for row in (world / "run" / "eval" / "cases.jsonl").read_text().splitlines()]
    system = line(0, missing=True)["messages"][0]
    rows = [
        {
            "messages": [
                system,
                {
                    "role": "user",
                    "content": f"Context:\n{one['slots']['context']}\n\nQuestion: {one['slots']['question']}",
                },
            ]
        }
        for one in cases
    ]
    (world / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return len(rows)


def test_cases_of_the_evaluation_are_never_asked(world, tmp_path):
    count = leaked(world, "leaked.jsonl")
    assert improve(world, tmp_path / "out", "--inputs", str(world / "leaked.jsonl"), inputs=False) == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())["plan"]
    assert (summary["ask"], summary["gathered"]["evaluated"]) == (0, count)


def test_a_case_that_gets_in_all_the_same_fails_it(world, tmp_path, capsys):
    """A held-out row smuggled into the training part, as a careless hand would."""
    run = tmp_path / "run"
    shutil.copytree(world / "run", run)
    train = pl.read_parquet(run / "curate" / "train.parquet")
    stolen = pl.read_parquet(run / "curate" / "test.parquet").head(1)
    pl.concat([train, stolen]).write_parquet(run / "curate" / "train.parquet")
    out = ["--out", str(tmp_path / "out"), "--quiet"]
    assert execute(["improve", str(run), *out]) == 0
    plan = yaml.safe_load((tmp_path / "out" / "plan.yaml").read_text())
    assert [(one["id"], one["why"]) for one in plan["drop"]] == [(stolen["id"][0], "evaluated")]
    plan["drop"] = []
    (tmp_path / "out" / "plan.yaml").write_text(yaml.safe_dump(plan))
    capsys.readouterr()
    with serving(says) as service:
        assert execute(["improve", str(run), *out, "--teacher", f"openai:{service.url}", "--apply"]) == 1
    assert stolen["id"][0] in capsys.readouterr().err
    assert not (tmp_path / "out" / "curate").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evaluation": "x"}, "$.evaluation"),
        ({"data": "x"}, "$.data"),
        ({"drop": [{"id": "nobody", "why": "breaks"}]}, "$.drop[0].id"),
        ({"ask": [{"id": "nobody", "rules": [STARVED], "source": "traffic"}]}, "$.ask[0].id"),
        ({"rules": []}, ""),
        ({"aks": []}, "unknown key 'aks'"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_its_place(world, drawn, tmp_path, capsys, change, said):
    shutil.copytree(drawn, tmp_path / "plan")
    held = yaml.safe_load((drawn / "plan.yaml").read_text()) | change
    (tmp_path / "plan" / "plan.yaml").write_text(yaml.safe_dump(held))
    with serving(says) as service:
        asked = [
            "--plan",
            str(tmp_path / "plan" / "plan.yaml"),
            "--teacher",
            f"openai:{service.url}",
            "--apply",
        ]
        code = improve(world, tmp_path / "out", *asked, inputs=False)
    assert code == (2 if said else 0)
    assert said in capsys.readouterr().err


def test_without_a_teacher_it_says_what_to_give(world, tmp_path, capsys):
    assert improve(world, tmp_path / "out", "--apply") == 2
    assert "--teacher" in capsys.readouterr().err


def test_the_plan_does_not_depend_on_the_order_of_traffic(world, drawn, tmp_path):
    lines = (world / "further.jsonl").read_text().splitlines()
    (tmp_path / "turned.jsonl").write_text("\n".join(lines[::-1]) + "\n")
    assert improve(world, tmp_path / "out", "--inputs", str(tmp_path / "turned.jsonl"), inputs=False) == 0
    one, other = (read_plan(place / "plan.yaml") for place in (drawn, tmp_path / "out"))
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


def test_rows_that_break_the_lost_rule_near_lost_cases_go_and_are_asked_again(world, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(world / "run", run)
    path = run / "curate" / "train.parquet"
    frame = pl.read_parquet(path)
    bad = frame.filter(pl.col("rules").list.contains(STARVED))
    wrong = [[{"role": "assistant", "content": "Nord here. It went by cart."}]]
    frame.with_columns(
        completion=pl.when(pl.col("id") == bad["id"][0])
        .then(pl.lit(wrong[0], dtype=frame.schema["completion"]))
        .otherwise("completion")
    ).write_parquet(path)
    assert execute(["improve", str(run), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    plan = read_plan(tmp_path / "out" / "plan.yaml")
    assert [(one.id, one.why, one.rule) for one in plan.drop] == [(bad["id"][0], "breaks", STARVED)]
    assert [one.source for one in plan.ask] == ["dropped"]
    assert "more inputs are wanted" in plan.rules[0].note


def test_the_how_to_page_is_true(world, tmp_path, monkeypatch, capsys):
    page = (Path(__file__).resolve().parents[2] / "docs" / "improve.md").read_text(encoding="utf-8")
    shutil.copytree(world / "run", tmp_path / "run")
    shutil.copy(world / "further.jsonl", tmp_path)
    monkeypatch.chdir(tmp_path)
    parts = re.search(r"```console\n(.*?)```", page, re.DOTALL)[1].split("$ ")[1:]
    assert len(parts) == 3
    with serving(says) as service:
        for part in parts:
            command, *shown = part.strip().split("\n")
            command = command.replace("local:samples/base", f"openai:{service.url}")
            assert execute(shlex.split(command)[1:]) == 0, command
            printed = capsys.readouterr().out
            assert all(line in printed for line in shown)
    outputs = {path.name for path in (tmp_path / "next").iterdir()} - {"manifest.json", "summary.json"}
    assert outputs >= {"plan.yaml", "inputs.parquet", "convert", "curate", "asked", "attribution"}


def test_an_evaluation_alone_gives_the_same_plan(world, drawn, tmp_path):
    shutil.copytree(world / "run" / "eval", tmp_path / "evaluated")
    told = ["--data", world / "run" / "curate", "--templates", world / "run" / "convert", "--target", 20]
    more = ["--inputs", world / "further.jsonl", "--out", tmp_path / "out", "--quiet"]
    assert execute(["improve", str(tmp_path / "evaluated"), *map(str, [*told, *more])]) == 0
    assert (tmp_path / "out" / "plan.yaml").read_bytes() == (drawn / "plan.yaml").read_bytes()


def drafted(world, **settings):
    from workbench.pipeline.attribution import Places
    from workbench.pipeline.improve.plan import Drafting
    from workbench.pipeline.improve.run import Improving, improve_into

    with tempfile.TemporaryDirectory() as place:
        told = Improving(
            places=Places.of(world / "run"), inputs=(world / "further.jsonl",), drafting=Drafting(**settings)
        )
        improve_into(Path(place), told)
        return read_plan(Path(place) / "plan.yaml")


@pytest.mark.parametrize(
    ("settings", "other"),
    [
        ({"target": 20}, {"target": 10}),
        ({"target": 2}, {"target": 2, "grow": 4.0}),
        ({"target": 10}, {"target": 10, "spare": 2.0}),
        ({"target": 10}, {"target": 10, "margin": 1.0, "several": 99}),
        ({"target": 1}, {"target": 1, "several": 99}),
    ],
)
def test_every_setting_changes_the_plan(world, settings, other):
    one, two = drafted(world, **settings), drafted(world, **other)
    assert (one.rules, one.ask) != (two.rules, two.ask)
