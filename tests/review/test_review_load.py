"""A quick form of `bench.load`: every decision that was taken is in the export."""

import asyncio

import pytest
from test_review import pair, running

from bench.load_review import Desk
from workbench.io.frames import pairs_to_frame


@pytest.fixture
def desk(tmp_path):
    from workbench.review.app import Manner, Session, application
    from workbench.review.items import pair_items
    from workbench.review.store import Store
    from workbench.review.telling import Checker

    file, store = tmp_path / "pairs.parquet", Store(tmp_path / "review.sqlite")
    rows = (pair(number, f"Answer {number}. 已发货") for number in range(120))
    pairs_to_frame(rows).write_parquet(file)
    store.fill(pair_items(file))
    app = application(store, Checker([]), Session("tok"), Manner())
    with running(app) as address:
        desk = Desk(int(address.rpartition(":")[2]), token="tok")  # noqa: S106
        asyncio.run(desk.enter(4))
        yield desk, store
    store.close()


@pytest.mark.parametrize("scene", ["steady", "slowed", "deserted"])
def test_every_decision_that_was_taken_is_in_the_export(desk, scene):
    desk, store = desk
    tally = asyncio.run(getattr(desk, scene)(24))
    assert tally.lost == []
    assert tally.served + tally.left >= 24
    assert store.progress("x")["done"] > 10
    assert (tally.left > 0) == (scene == "deserted")


def test_a_decision_that_is_gone_is_counted_as_lost(desk):
    desk, store = desk
    asyncio.run(desk.steady(8))
    store._base.execute("UPDATE decisions SET undone = 1")
    assert len(asyncio.run(desk._held()).lost) > 0
