import json
import random

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpus import difference, plain
from workbench.corpus.shift import shifts
from workbench.io.dataset import PART, Dataset
from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Source, TokenCounts
from workbench.report.versions import render_difference


def pair(number, *, answer=None, name=None, question=None, record=None):
    return Pair(
        id=name or f"p{number}",
        task="desk",
        prompt=(Message(role="user", content=question or f"Where is order {number}?"),),
        completion=(Message(role="assistant", content=answer or f"Order {number} left."),),
        template_id="t",
        slots=(),
        source=Source(file="log.jsonl", line=number, record=number if record is None else record),
        tokens=TokenCounts(original=90, compact=9, completion=3),
    )


def version(*pairs, part="", **columns):
    frame = pairs_to_frame(pairs).with_columns(pl.lit(part).alias(PART))
    frame = frame.with_columns(pl.Series(name, values) for name, values in columns.items())
    return Dataset(source="v", kind="test", frame=frame)


def counts(found):
    return len(found.added), len(found.removed), len(found.changed), found.same


def test_rows_are_known_by_id_whatever_their_order():
    found = difference(version(pair(1), pair(2), pair(3)), version(pair(3), pair(1), pair(4)))
    assert counts(found) == (1, 1, 0, 2)
    assert (found.added[0].id, found.removed[0].id) == ("p4", "p2")


def test_a_mended_answer_is_a_change_though_its_id_is_another():
    found = difference(version(pair(1), pair(2)), version(pair(1, answer="Gone.", name="new"), pair(2)))
    (change,) = found.changed
    assert (change.by, change.fields, change.after.answer) == ("prompt", ("completion",), "Gone.")
    assert counts(found) == (0, 0, 1, 1)


def test_another_form_of_the_prompt_is_known_by_the_record_of_the_log():
    old, new = pair(1), pair(1, name="new", question="[desk] Where?")
    (change,) = difference(version(old), version(new)).changed
    assert (change.by, change.fields) == ("record", ("prompt",))


def test_a_row_that_moved_to_another_part_changed():
    (change,) = difference(version(pair(1), part="train"), version(pair(1), part="test")).changed
    assert change.fields == ("part",)


def test_rows_that_share_an_id_or_a_prompt_are_never_lost():
    twice = version(pair(1), pair(1))
    assert counts(difference(twice, version(pair(1)))) == (0, 1, 0, 1)
    assert difference(twice, twice).nothing
    assert difference(twice, twice).doubled == 2
    alike = [pair(i, name=f"n{i}", question="same?", record=i) for i in range(3)]
    others = [pair(i + 9, name=f"m{i}", question="same?", record=i + 9) for i in range(2)]
    assert counts(difference(version(*alike), version(*others))) == (2, 3, 0, 0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 12), max_size=14), st.lists(st.integers(0, 12), max_size=14))
def test_rows_add_up_and_the_way_back_is_the_mirror(left, right):
    a, b = (version(*(pair(n, question=f"q{n % 5}", record=n % 7) for n in side)) for side in (left, right))
    there, back = difference(a, b), difference(b, a)
    assert len(left) - len(there.removed) + len(there.added) == len(right)
    assert there.same + len(there.changed) + len(there.removed) == len(left)
    assert (len(back.added), len(back.removed)) == (len(there.removed), len(there.added))
    assert difference(a, a).nothing


def test_a_shift_is_told_with_its_size_and_its_chance():
    rng = random.Random(0)
    values = [rng.gauss(0, 1) for _ in range(400)]
    old = version(*(pair(i) for i in range(400)), ifd=values)
    moved = version(*(pair(i) for i in range(400)), ifd=[v + 0.5 for v in values])
    again = version(*(pair(i) for i in range(400)), ifd=[rng.gauss(0, 1) for _ in range(400)])
    one = {s.name: s for s in shifts(old.frame, moved.frame)}["ifd"]
    assert one.effect == pytest.approx(0.5, abs=0.05)
    assert one.p < 1e-6
    same = {s.name: s for s in shifts(old.frame, again.frame)}["ifd"]
    assert same.p > 0.05
    assert sum(rows for *_, rows in one.a.bins) == 400
    assert [b[:2] for b in one.a.bins] == [b[:2] for b in one.b.bins]


def test_the_distance_is_scipys():
    from scipy.stats import ks_2samp

    rng = random.Random(1)
    a, b = [rng.gauss(0, 1) for _ in range(50)], [rng.gauss(0.4, 1) for _ in range(70)]
    found = {
        s.name: s
        for s in shifts(
            version(*(pair(i) for i in range(50)), x=a).frame,
            version(*(pair(i) for i in range(70)), x=b).frame,
        )
    }["x"]
    assert found.distance == pytest.approx(ks_2samp(a, b).statistic)


def test_a_signal_that_only_one_version_has_is_told():
    found = shifts(version(pair(1), ifd=[1.0]).frame, version(pair(1)).frame)[-1]
    assert (found.name, found.a.n, found.b.n, found.p) == ("ifd", 1, 0, None)


def test_markdown_holds_no_markup_of_the_rows_and_says_how_many_it_leaves_out():
    hostile = "</details><script>x</script> | @everyone `a`\n# head"
    found = difference(
        version(pair(0)), version(pair(0, answer=hostile, name="`x`"), *(pair(n) for n in range(1, 5)))
    )
    text = render_difference(found, examples=2)
    assert "<script>" not in text
    assert "@everyone" not in text
    assert "… and 2 more" in text
    assert "4 added, 0 removed, 1 changed, 0 unchanged" in text


def test_the_plain_form_is_json_with_every_row():
    found = plain(difference(version(pair(1)), version(*(pair(n) for n in range(1, 60)))))
    assert json.loads(json.dumps(found))["counts"]["added"] == 58
    assert len(found["rows"]["added"]) == 58
    assert msgspec.json.encode(found)
