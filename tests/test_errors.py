import pickle
import re

import pytest

from workbench import errors


def every_error():
    stack = [errors.WorkbenchError]
    while stack:
        kind = stack.pop()
        yield kind
        stack.extend(kind.__subclasses__())


def test_the_drawn_tree_is_the_real_one():
    drawn = set(re.findall(r"\b([A-Z]\w+Error)\b", errors.__doc__))
    assert drawn == {kind.__name__ for kind in every_error()}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.InputError, 2),
        (errors.ConfigError, 2),
        (errors.UndecidedError, 3),
        (errors.InvariantError, 70),
    ],
)
def test_exit_codes(kind, code):
    assert kind.exit_code == code


def test_a_finding_says_all_four_things():
    finding = errors.Finding(where="a.jsonl:7", found="cut JSON", expected="an object", fix="Mend it.")
    assert str(finding) == "a.jsonl:7: found cut JSON, expected an object. Mend it."


def test_user_errors_survive_pickling_with_all_findings():
    finding = errors.Finding(where="a", found="b", expected="c", fix="d")
    error = pickle.loads(pickle.dumps(errors.InputError([finding, finding])))
    assert error.findings == (finding, finding)


def test_missing_extra_names_the_command():
    error = errors.MissingExtraError.of("torch", extra="train", purpose="training")
    assert "sft-workbench[train]" in str(error)
