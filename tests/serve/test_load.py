"""A quick form of `bench.load`: nothing is lost, whoever is slow, goes away, or has to wait."""

import asyncio
import json
import random

import pytest
from serve_world import adapter_folders, listening, make_service

from bench.load_serve import Shop
from bench.traffic import Memory, Reply, read

__all__ = ["adapter_folders", "make_service"]  # fixtures


@pytest.fixture(scope="module")
def shop(make_service, adapter_folders):
    from workbench.serve.engine import Room

    extra = ("two", str(adapter_folders["two"]))
    adapters = {name: adapter_folders[name] for name in ("one",)}
    service = make_service(
        adapters=adapters, roots=(adapter_folders["one"].parent,), room=Room(rows=4, waiting=4)
    )
    with listening(service) as url:
        shop = Shop(int(url.rpartition(":")[2]), models=("base", "one"), extra=extra, tokens=5)
        asyncio.run(shop.learn())
        yield shop


@pytest.mark.parametrize(("scene", "calls"), [("steady", 16), ("deserted", 8), ("changed", 18)])
def test_nothing_is_lost(shop, scene, calls):
    tally = asyncio.run(getattr(shop, scene)(calls))
    assert tally.lost == []
    if scene == "deserted":
        assert tally.left == calls
    else:
        assert tally.served + tally.refused["404"] >= calls
        assert tally.served > 0
    assert scene != "changed" or shop.loads > 0


def test_slow_callers_lose_nothing(shop):
    tally = asyncio.run(shop.slowed(8, slow_ones=2))
    assert tally.lost == []
    assert tally.served >= 8
    assert len(tally.seconds) == 8


def test_who_finds_the_queue_full_is_refused_and_served_when_it_tries_again(shop):
    tally = asyncio.run(shop.steady(20, callers=20))
    assert (tally.served, tally.lost) == (20, [])
    assert tally.refused["429"] > 0


def test_the_tally_tells_half_an_answer_another_text_and_a_failure_from_a_served_one(shop):
    def told(reply, *, stream=False):
        return shop._judged(reply, "one", question, stream=stream)

    question = next(question for model, question in shop._texts if model == "one")
    text = shop._texts["one", question]
    good = b'{"choices": [{"message": {"content": %s}, "finish_reason": "length"}]}'
    good %= json.dumps(text).encode()
    assert told(Reply(200, {}, good, whole=True)) == "served"
    assert told(Reply(200, {}, good, whole=False)).startswith("200, cut")
    other = good.replace(b'"content": "', b'"content": "x')
    assert told(Reply(200, {}, other, whole=True)).startswith("another text")
    assert told(Reply(500, {}, b"{}", whole=True)).startswith("500")
    assert told(Reply(200, {}, b"data: {}\n\n", whole=True), stream=True).startswith("ended with 'no end'")
    busy = Reply(429, {}, b'{"error": {"code": "queue_full"}}', whole=True)
    assert told(busy).startswith("429"), "a refusal without Retry-After is none"


def test_an_answer_is_whole_when_its_length_or_last_chunk_came():
    assert read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab").whole
    assert not read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").whole
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"
    assert read(chunked + b"0\r\n\r\n") == Reply(200, {"transfer-encoding": "chunked"}, b"ab", whole=True)
    assert not read(chunked).whole
    assert not read(b"").whole


def test_a_leak_has_a_slope_whose_interval_leaves_nought_out():
    flat, leak = Memory(0), Memory(0)
    noise = random.Random(0)
    flat.samples = [(second, 500 + noise.random()) for second in range(300)]
    leak.samples = [(second, 500 + second / 30 + noise.random()) for second in range(300)]
    assert flat.row()["low"] < 0 < flat.row()["high"]
    assert leak.row()["low"] > 1.9
    assert leak.row()["high"] < 2.1
