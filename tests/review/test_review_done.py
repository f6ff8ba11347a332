import shlex
from pathlib import Path

import pytest
from test_review import pair
from test_review_blind import serve

from workbench.cli.review import _onward
from workbench.io.decisions import Decision
from workbench.io.frames import pairs_to_frame
from workbench.review.items import pair_items
from workbench.review.store import Store
from workbench.review.telling import Checker


@pytest.fixture
def decided(tmp_path):
    """Return a store in which every row is decided."""
    out = tmp_path / "pairs.parquet"
    pairs_to_frame([pair(0, "An answer.")]).write_parquet(out)
    store = Store(tmp_path / "x.sqlite")
    store.fill(pair_items(out))
    row = store.next("ann")
    store.decide(Decision(id=row, hash=store.item(row).item.hash, action="accept", reviewer="ann"))
    yield store
    store.close()


def test_when_all_is_decided_the_page_says_what_comes_next(decided):
    then = _onward(Path("my pairs; $(touch x)"))
    page = serve(decided, Checker([]), then=then)("ann").get("/").text
    assert "Nothing waits for you" in page
    assert (
        '<pre class="pre">workbench review &#x27;my pairs; $(touch x)&#x27; --export decisions.jsonl\n'
        in page
    )
    assert "workbench curate &#x27;my pairs; $(touch x)&#x27; --decisions decisions.jsonl" in page
    assert 'href="/progress"' in page
    assert "接下来" in serve(decided, Checker([]), then=then, lang="zh")("ann").get("/").text
    assert '<pre class="pre">' not in serve(decided, Checker([]), then=then)("ann").get("/?second=1").text


def test_what_comes_next_follows_what_was_reviewed(tmp_path):
    (tmp_path / "completions.jsonl").write_text("")
    run, pairs = _onward(tmp_path), _onward(tmp_path / "pairs.parquet")
    assert shlex.split(run[1])[:4] == ["workbench", "eval", "--replay", str(tmp_path)]
    assert shlex.split(pairs[1])[:3] == ["workbench", "curate", str(tmp_path / "pairs.parquet")]
