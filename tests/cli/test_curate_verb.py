import json

import polars as pl
import pytest

from workbench.cli import execute
from workbench.io.bundled import bundled
from workbench.signals import Tools


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    place = tmp_path_factory.mktemp("log") / "converted"
    log = place.with_name("log.jsonl")
    lines = bundled("samples/support/logs.jsonl").read_text(encoding="utf-8").splitlines()[:160]
    log.write_text("\n".join(lines), encoding="utf-8")
    assert execute(["convert", str(log), "--out", str(place), "--quiet"]) == 0
    return place


def curate(data, out, *options):
    return execute(["curate", str(data), "--out", str(out), "--quiet", "--workers", "1", *options])


def summary(out):
    return json.loads((out / "summary.json").read_text(encoding="utf-8"))


def test_signals_are_written_for_every_row_and_summed_up(converted, tmp_path):
    assert curate(converted, tmp_path / "out", "--signals", "lengths, languages") == 0
    signals = pl.read_parquet(tmp_path / "out" / "signals.parquet")
    pairs = pl.read_parquet(converted / "pairs.parquet")
    assert signals["id"].to_list() == pairs["id"].to_list()
    figures = summary(tmp_path / "out")["signals"]
    assert figures["answer_words"]["mean"] == pytest.approx(signals["answer_words"].mean(), rel=1e-5)
    assert figures["answer_lang"]["values"]["en"] > 100
    assert "pii" not in figures
    train = pl.read_parquet(tmp_path / "out" / "train.parquet")
    assert train.columns == [*pairs.columns, *signals.columns[2:], "cluster"]


def test_a_filter_drops_rows_that_explain_accounts_for(converted, tmp_path, capsys):
    out = tmp_path / "out"
    assert curate(converted, out, "--drop", "answer_words > 13", "--signals", "lengths") == 0
    found = summary(out)
    assert found["in"] == found["kept"] + found["dropped"]
    assert found["filters"] == {"answer_words > 13": found["reasons"]["filtered"]}
    gone = pl.read_parquet(out / "ledger.parquet").filter(pl.col("reason") == "filtered").row(0, named=True)
    assert execute(["explain", str(out), gone["id"]]) == 0
    told = capsys.readouterr().out
    assert "answer_words > 13" in told
    assert f"answer_words = {gone['measured']:g}" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--drop", "pi > 0"), ["pi > 0", "pii"]),
        (("--drop", "ifd > 1"), ["--base"]),
        (("--signals", "lengts"), ["lengts", "lengths"]),
        (("--drop", "pii > 0", "--signals", "none"), ["'pii'", "add it"]),
        (("--signals", "likelihood,judge"), ["--base MODEL", "--judge MODEL"]),
    ],
)
def test_options_that_make_no_sense_are_refused(converted, tmp_path, capsys, options, words):
    assert curate(converted, tmp_path / "out", *options) == 2
    error = capsys.readouterr().err
    assert all(word in error for word in words)
    assert not (tmp_path / "out").exists()


def test_a_raw_log_is_sent_to_convert(tmp_path, capsys):
    log = tmp_path / "log.jsonl"
    log.write_text("{}\n")
    assert curate(log, tmp_path / "out") == 2
    assert "workbench convert" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert curate(tmp_path / "empty", tmp_path / "out") == 2
    assert "workbench convert" in capsys.readouterr().err


def test_pairs_without_a_contract(converted, tmp_path, capsys):
    alone = tmp_path / "pairs.parquet"
    alone.write_bytes((converted / "pairs.parquet").read_bytes())
    assert curate(alone, tmp_path / "out") == 2
    assert "--contract" in capsys.readouterr().err


def test_selection_and_decontamination_from_the_command_line(converted, tmp_path, capsys):
    suite = tmp_path / "suite.jsonl"
    asked = pl.read_parquet(converted / "pairs.parquet")["slots"].to_list()[0]
    suite.write_text(json.dumps({"slots": [slot["value"] for slot in asked]}))
    out = tmp_path / "out"
    options = ["--against", str(suite), "--rows", "40", "--quality", "answer_words", "--quota", "task=1.0"]
    assert curate(converted, out, "--signals", "lengths", *options) == 0
    found = summary(out)
    assert found["kept"] == found["selection"]["selected"] == 40
    assert found["leakage"]["against"][str(suite)]["records"] == 1
    assert curate(converted, tmp_path / "no", "--rows", "4", "--quota", "task") == 2
    assert "task=0.5" in capsys.readouterr().err
    assert curate(converted, tmp_path / "no", "--rows", "4", "--tokens", "4") == 2
    assert "one of the two" in capsys.readouterr().err


def test_a_bundled_suite_is_found_from_any_folder(converted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert curate(converted, tmp_path / "out", "--signals", "none", "--against", "evals/harm") == 0
    assert len(summary(tmp_path / "out")["leakage"]["against"]) >= 2


def test_the_recipe_names_the_base_that_scores(converted, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    asked = []

    def opened(signals, *, base, **_):
        asked.append((base, [signal.__struct_config__.tag for signal in signals]))
        return Tools()

    monkeypatch.setattr("workbench.pipeline.asking.open_tools", opened)
    base, recipe = bundled("samples/base"), tmp_path / "recipe.yaml"
    (tmp_path / "log.jsonl").write_text("{}")
    said = f"base: {base}\nconvert: {{logs: [log.jsonl]}}\ncurate: {{signals: [{{use: %s}}], steps: []}}\n"
    for signal, found in (("likelihood", str(base)), ("lengths", None)):
        recipe.write_text(said % signal)
        curate(converted, tmp_path / signal, "--recipe", str(recipe))
        assert asked.pop() == (found, [signal])
    assert not asked


def test_a_contract_given_as_a_recipe(converted, tmp_path, capsys):
    assert curate(converted, tmp_path / "out", "--recipe", str(converted / "contract.yaml")) == 2
    assert "--contract" in capsys.readouterr().err


def test_minima_are_kept_and_what_falls_short_is_told(converted, tmp_path, capsys):
    common = ("curate", str(converted), "--workers", "1", "--signals", "lengths,languages", "--rows", "12")
    line = [*common, "--at-least", "lang:en=8", "--at-least", "lang:fi=2", "--out", str(tmp_path / "out")]
    assert execute(line) == 0
    told = capsys.readouterr().out
    assert "too few" in told
    assert "0 of at least 2 rows of lang 'fi'; the data has 0" in told
    minima = {one["value"]: one for one in summary(tmp_path / "out")["selection"]["minima"]}
    assert minima["en"]["met"]
    kept = [pl.read_parquet(tmp_path / "out" / f"{part}.parquet") for part in ("train", "valid", "test")]
    assert sum((part["answer_lang"] == "en").sum() for part in kept) >= 8
    assert sum(part.height for part in kept) == 12
    for bound, words in (("rule", "rule=20"), ("lang:en=13", "at least 13 rows"), ("colour=1", "colour")):
        assert execute([*common, "--at-least", bound, "--out", str(tmp_path / "not"), "-q"]) == 2
        assert words in capsys.readouterr().err


def chats(path, count):
    """Write chats of which the second is none, and the last says what the first does."""
    said = [(f"订单 {n} 在哪?", f"第 {n} 件在路上。") for n in [*range(count - 1), 0]]
    rows = [[{"role": "user", "content": a}, {"role": "assistant", "content": b}] for a, b in said]
    lines = [json.dumps({"messages": row}, ensure_ascii=False) for row in rows]
    path.write_text("\n".join([lines[0], '{"messages": []}', *lines[1:]]), encoding="utf-8")
    return path


def test_chats_are_curated_as_they_stand(tmp_path, capsys):
    log = chats(tmp_path / "chats.jsonl", 30)
    assert curate(log, tmp_path / "out", "--signals", "lengths") == 0
    found = summary(tmp_path / "out")
    assert (found["in"], found["kept"], found["dropped"], found["rejected"]) == (31, 29, 1, 1)
    assert found["as_they_stand"] == 30
    rejected = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert [(one["line"], one["reason"]) for one in rejected] == [(2, "no assistant turn")]
    assert execute(["curate", str(log), "--out", str(tmp_path / "told"), "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "1 rows are no pair" in said
    assert "workbench convert" in said


def test_a_saved_folder_is_curated_and_deduplicated(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = [{"instruction": f"Add {n} and {n}.", "output": f"That is {2 * n}."} for n in range(20)]
    whole = datasets.Dataset.from_list(rows)
    datasets.DatasetDict({"train": whole, "test": whole.select(range(5))}).save_to_disk(
        str(tmp_path / "saved")
    )
    assert curate(tmp_path / "saved", tmp_path / "out", "--signals", "none") == 0
    assert summary(tmp_path / "out")["reasons"] == {"exact duplicate": 5}
    deduped = ["dedupe", str(tmp_path / "saved"), "--on", "instruction,output", "--out", str(tmp_path / "d")]
    assert execute([*deduped, "--quiet"]) == 0
    kept = pl.read_parquet(tmp_path / "d" / "kept.parquet")
    assert kept["instruction"].n_unique() == kept.height == 20
    assert set(kept["split"]) <= {"train", "test"}


def test_a_contract_that_is_named_is_held_against_chats(tmp_path, capsys):
    log = chats(tmp_path / "chats.jsonl", 5)
    missing = ["--contract", str(tmp_path / "none.yaml")]
    assert curate(log, tmp_path / "out", *missing) == 2
    assert "no such file" in capsys.readouterr().err
