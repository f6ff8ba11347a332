import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.io import frames
from workbench.records import Message, Pair, Slot, Source, TokenCounts

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def pair(identity, prompt, answer, meta):
    return Pair(
        id=identity,
        task="t",
        prompt=(Message(role="user", content=prompt),),
        completion=(Message(role="assistant", content=answer),),
        template_id="x",
        slots=(Slot(name="q", type="question", value=prompt),),
        source=Source(file="f", line=1, record=0),
        tokens=TokenCounts(original=3, compact=2, completion=1),
        meta=meta,
    )


@given(st.lists(st.tuples(texts, texts, st.dictionaries(texts, texts, max_size=2)), max_size=4))
def test_pairs_come_back_from_a_frame(rows):
    pairs = [pair(str(i), a, b, m) for i, (a, b, m) in enumerate(rows)]
    frame = frames.pairs_to_frame(pairs)
    assert frame.schema == frames.PAIR_SCHEMA
    assert frames.frame_to_pairs(frame) == pairs


def test_a_pairs_file_is_checked(tmp_path):
    pl.DataFrame({"id": ["a"], "prompt": [1]}).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match="columns missing"):
        frames.read_pairs(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_text("not parquet")
    with pytest.raises(InputError, match=r"y\.parquet"):
        frames.read_parquet(tmp_path / "y.parquet")
    with pytest.raises(InputError, match="a directory"):
        frames.read_parquet(tmp_path)


def test_ledger_rows_fill_up_with_null():
    ledger = frames.ledger_frame([{"id": "a", "step": "s", "reason": "r"}])
    assert ledger.schema == frames.LEDGER_SCHEMA
    assert ledger["kept_id"].to_list() == [None]
