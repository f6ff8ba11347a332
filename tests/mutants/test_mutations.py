"""The changes are what they say, each one alone, and nothing but code is changed."""

import ast
import os
import time
from pathlib import Path

import pytest

from tests.mutants.child import Work, side_by_side
from tests.mutants.equivalents import EQUIVALENTS
from tests.mutants.kept import Kept, digest
from tests.mutants.kernels import KERNELS, Kernel
from tests.mutants.known import Known, Watch
from tests.mutants.mutations import Mutation, mutations
from tests.mutants.place import ROOT, put_in_place, source
from tests.mutants.trial import _Gathered

pytest_plugins = ["pytester"]

CODE = '''"""A docstring."""
from typing import TYPE_CHECKING, cast
if TYPE_CHECKING:
    from x import Y
LIMIT: int = 3
def judge(a: "int", b=2) -> "int":
    """Say 5."""
    if not a < b and a != LIMIT:
        raise ValueError("no 7")
    total = cast("int", a) + b
    while total > 0:
        total -= 1
    return min(total, True)
'''


def every():
    tree = ast.parse(CODE)
    return {(m.what, m.line): ast.unparse(m.applied(tree)) for m in mutations("made", tree)}


def test_each_change_is_made_once_and_alone():
    whole = ast.unparse(ast.parse(CODE)).splitlines()
    found = every()
    assert {what for what, _ in found} == {
        "3 → 4", "2 → 3", "0 → 1", "1 → 2", "True → False", "condition negated", "and → or", "not left out",
        "Lt → LtE", "NotEq → Eq", "raise left out", "Add → Sub", "loop never entered", "Gt → GtE",
        "augassign left out", "returns None", "min → max",
    }  # fmt: skip
    for what, text in found.items():
        changed = [a for a, b in zip(whole, text.splitlines(), strict=True) if a != b]
        assert len(changed) == 1, what


def test_texts_annotations_and_imports_stay():
    for text in every().values():
        assert "Say 5." in text
        assert "if TYPE_CHECKING" in text
        assert "cast('int', a)" in text


def test_each_explained_change_can_still_be_made():
    for one in EQUIVALENTS:
        file = source(one.module)
        made = {
            (file.read_text().splitlines()[change.line - 1].strip(), change.what)
            for change in mutations(one.module, ast.parse(file.read_text()))
        }
        assert (one.line, one.what) in made, one
        assert one.why


def test_what_shows_that_a_change_is_reached():
    lines = {(m.what, m.line): m.lines for m in mutations("made", ast.parse(CODE))}
    assert lines["3 → 4", 5] == ()
    assert lines["2 → 3", 6] == ()
    assert lines["condition negated", 8] == (8,)
    assert lines["raise left out", 9] == (9,)
    assert lines["loop never entered", 11] == (11,)


PRODUCT = """from functools import cache

LIMIT = 3

@cache
def made():
    if LIMIT > 5:
        return 5
    return 3

def alone(n=1):
    def inner():
        return n + 1
    return inner() + 2"""
TESTS = """
import pytest
from product import alone, made

GATHERED = alone(5)

@pytest.fixture(scope="module")
def shared():
    return made()

def test_first(shared):
    assert alone() == 4

def test_second(shared):
    assert shared == 3

def test_third():
    assert made() == 3

def test_fourth():
    assert made() == 4
"""


@pytest.fixture
def gathered(pytester, monkeypatch):
    """Return a function that has something done where the tests of a made-up product are gathered."""
    product = pytester.makepyfile(product=PRODUCT)
    pytester.makepyfile(test_made=TESTS)
    monkeypatch.setattr("tests.mutants.place.source", lambda _: product)

    def gather(work):
        watch = Watch({str(product)})
        plugin = _Gathered(work, watch)
        with watch:
            pytester.inline_run("-p", "no:cacheprovider", plugins=[plugin])
        assert plugin.error == ""
        return product

    return gather


def line(text):
    return PRODUCT.splitlines().index(text) + 1


def test_each_test_is_known_by_the_lines_it_runs(gathered):
    known = Known()

    def learn(session, watch):
        session.config.pluginmanager.register(watch)
        with watch:
            known.add(watch.run(session.items))

    product = gathered(learn)
    lines = {
        number: [one.rpartition("::")[2] for one in tests]
        for number, tests in known.lines[str(product)].items()
    }
    assert lines[line("    return 3")] == ["test_first", "test_fourth", "test_second", "test_third"]
    assert lines[line("        return n + 1")] == ["", "test_first"]
    assert line("        return 5") not in lines
    assert [one.rpartition("::")[2] for one in known.failing] == ["test_fourth"]
    changes = {(m.what, m.line): m for m in mutations("product", ast.parse(PRODUCT))}

    def telling(what, text):
        return [one.rpartition("::")[2] for one in known.telling(product, changes[what, line(text)])]

    assert sorted(telling("3 → 4", "    return 3")) == ["test_first", "test_second", "test_third"]
    assert telling("returns None", "        return 5") == []
    assert sorted(telling("3 → 4", "LIMIT = 3")) == ["test_first", "test_second", "test_third"]
    assert not known.imported(product, changes["3 → 4", line("    return 3")])
    assert known.imported(product, changes["3 → 4", line("LIMIT = 3")])
    assert known.imported(product, changes["1 → 2", line("        return n + 1")])


@pytest.mark.parametrize(
    ("what", "text", "put", "found"),
    [
        ("3 → 4", "    return 3", True, (4, 4)),
        ("1 → 2", "        return n + 1", True, (3, 5)),
        ("3 → 4", "LIMIT = 3", False, (3, 4)),
    ],
)
def test_a_change_is_put_into_what_is_loaded(gathered, what, text, put, found):
    (change,) = [
        m for m in mutations("product", ast.parse(PRODUCT)) if (m.what, m.line) == (what, line(text))
    ]
    results = []

    def swap(session, _watch):
        (made, alone) = (getattr(session.items[0].module, name) for name in ("made", "alone"))
        assert made() == 3
        results.append((put_in_place(change), (made(), alone())))

    gathered(swap)
    assert results == [(put, found)]


def test_tests_that_share_what_is_dear_stay_together():
    known = Known(
        lines={"f": {1: ["a.py::x", "b.py::y", "a.py::z", "c.py::w"]}},
        seconds={"a.py::x": 0.1, "b.py::y": 0.3, "a.py::z": 0.5, "c.py::w": 0.01},
        shared={"a.py::x": 2.0, "b.py::y": 2.0, "a.py::z": 2.0},
    )
    change = Mutation("m", 0, 1, (1,), "", lambda node: node)
    assert known.telling(Path("f"), change) == ["c.py::w", "a.py::x", "a.py::z", "b.py::y"]
    whole = known.telling(Path("f"), change)
    assert [known.first(whole, seconds) for seconds in (0, 2.0, 2.7, 9)] == [
        whole[:1], whole[:1], whole[:3], whole,
    ]  # fmt: skip
    known.failing.append("a.py::x")
    assert known.telling(Path("f"), change) == ["c.py::w", "b.py::y", "a.py::z"]


def test_work_is_bounded_in_processor_time_and_not_on_the_clock(tmp_path):
    def sleeps():
        time.sleep(1.5)
        return {"slept": True}

    def spins():
        while True:
            pass

    works = [Work("sleeps", sleeps, 0.5), Work("spins", spins, 0.5), Work("dies", lambda: os._exit(0), 1)]
    found = {work.name: answer for work, answer, _ in side_by_side(works, 2, tmp_path)}
    assert found == {"sleeps": {"slept": True}, "spins": None, "dies": None}


def test_what_was_found_stands_until_what_it_rests_on_changes(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    product, one, two = (
        tmp_path / "product.py",
        tmp_path / "tests/test_one.py",
        tmp_path / "tests/test_two.py",
    )
    product.write_text(PRODUCT)
    one.write_text("1")
    two.write_text("2")
    for place in ("kept", "place"):
        monkeypatch.setattr(f"tests.mutants.{place}.ROOT", tmp_path)
    kernel = Kernel("made", ("product",), ("test_one.py", "test_two.py"))
    killed, survived, *_ = mutations("product", ast.parse(PRODUCT))

    def stands():
        digest.cache_clear()
        kept = Kept(tmp_path / "state")
        return [found and found.outcome for found in (kept.stands(kernel, m) for m in (killed, survived))]

    assert stands() == [None, None]
    Kept(tmp_path / "state").add(kernel, killed, "killed", "tests/test_one.py::test", 1.0)
    Kept(tmp_path / "state").add(kernel, survived, "survived", "", 1.0)
    with (tmp_path / "state" / "made.jsonl").open("a") as file:
        file.write('{"module": "cut sho')
    assert stands() == ["killed", "survived"]
    two.write_text("3")
    assert stands() == ["killed", None]
    one.write_text("3")
    assert stands() == [None, None]
    one.write_text("1")
    assert stands() == ["killed", None]
    product.write_text(PRODUCT + "\n")
    assert stands() == [None, None]


def test_each_kernel_names_modules_and_tests_that_are_there():
    for kernel in KERNELS:
        assert all(source(module).is_file() for module in kernel.modules), kernel.name
        assert all((ROOT / "tests" / test).exists() for test in kernel.tests), kernel.name
        for file, _, name in (test.partition("::") for test in kernel.slow):
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(), name
