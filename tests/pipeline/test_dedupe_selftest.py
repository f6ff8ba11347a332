import json

import polars as pl
import pytest

from workbench.cli import execute
from workbench.errors import InputError
from workbench.pipeline.dedupe import DedupeOptions
from workbench.pipeline.dedupe.selftest import KINDS, self_test
from workbench.steps import NearDedup

WORDS = [
    a + b for a in ("ka", "lo", "mi", "ru", "se", "to", "vy", "xa") for b in ("bel", "dan", "fir", "gos")
]
HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"


def table(count=60):
    english = [
        " ".join(WORDS[(n * k + k * k) % 32] for k in range(1, 40)) + f" order {n}" for n in range(count)
    ]
    chinese = ["".join(HAN[(n * k + k * k) % 39] for k in range(1, 50)) for n in range(count)]
    return pl.DataFrame({"text": english + chinese})


def test_good_settings_find_all_that_is_due_and_nothing_else():
    found = self_test(table(), options=DedupeOptions())
    assert found["recall"] >= 0.97
    assert found["precision"] == 1.0
    kinds = found["kinds"]
    assert tuple(kinds) == KINDS
    assert kinds["exact"]["due"] == kinds["exact"]["found"] == found["rows"] > 60
    assert kinds["format"]["due"] == kinds["format"]["found"]
    assert kinds["number-swap"]["due"] == kinds["number-swap"]["found"] == 0
    assert kinds["template-only"]["found"] <= 1
    assert 0 < kinds["edit"]["due"] < found["rows"]


def test_settings_change_what_is_measured():
    ignoring = NearDedup(ngram=3, char_ngram=5, numbers="ignore")
    assert self_test(table(), options=DedupeOptions(near=ignoring))["kinds"]["number-swap"]["found"] > 20
    loose = NearDedup(ngram=3, char_ngram=5, threshold=0.3)
    strict = NearDedup(ngram=3, char_ngram=5, threshold=0.99)
    due = [self_test(table(), options=DedupeOptions(near=n))["kinds"]["edit"]["due"] for n in (loose, strict)]
    assert due[0] > due[1]


def test_a_search_that_misses_is_shown_to_miss():
    blind = NearDedup(ngram=3, char_ngram=5, num_perm=4, recall=0.01)
    found = self_test(table(), options=DedupeOptions(near=blind))
    assert found["kinds"]["edit"]["recall"] < 0.9
    assert found["wrong_in_all"] >= len(found["wrong"]) > 0


def test_the_command_writes_nothing_and_needs_no_out(tmp_path, capsys):
    table().write_ndjson(tmp_path / "in.jsonl")
    assert execute(["dedupe", str(tmp_path / "in.jsonl"), "--self-test", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == 1.0
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]
    assert execute(["dedupe", str(tmp_path / "in.jsonl")]) == 2
    assert "--out" in capsys.readouterr().err
    with pytest.raises(InputError, match="no row with text"):
        self_test(pl.DataFrame({"text": ["", None]}), options=DedupeOptions())
