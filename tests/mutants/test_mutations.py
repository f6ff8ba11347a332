"""The changes are what they say, each one alone, and nothing but code is changed."""

import ast

from tests.mutants.equivalents import EQUIVALENTS
from tests.mutants.kernels import KERNELS
from tests.mutants.mutations import mutations
from tests.mutants.trial import ROOT, _Watch, source

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


def test_a_shared_fixture_counts_for_each_of_its_tests(pytester):
    product = pytester.makepyfile(product="def made():\n    return 3\n\n\ndef alone():\n    return 4\n")
    pytester.makepyfile("""
        import pytest
        from product import alone, made

        @pytest.fixture(scope="module")
        def shared():
            return made()

        def test_first(shared):
            assert alone() == 4

        def test_second(shared):
            assert shared == 3
    """)
    watch = _Watch({str(product)})
    pytester.inline_run("-p", "no:cacheprovider", plugins=[watch])
    names = {
        line: [one.rpartition("::")[2] for one in tests]
        for line, tests in watch.known.entered[str(product)].items()
    }
    assert names == {1: ["test_first", "test_second"], 5: ["test_first"]}


def test_each_kernel_names_modules_and_tests_that_are_there():
    for kernel in KERNELS:
        assert all(source(module).is_file() for module in kernel.modules), kernel.name
        assert all((ROOT / "tests" / test).exists() for test in kernel.tests), kernel.name
