import pytest

from workbench.checks.formats import read_csv, read_markdown, repair_json
from workbench.checks.yamltext import read_yaml


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        ('{"a": 1}', {"a": 1}, ()),
        ('Here: {"a": 1} Bye.', {"a": 1}, ("taken out of the text around it",)),
        ('So:\n```json\n{"a": 1}\n```\nBye', {"a": 1}, ("taken out of the text around it",)),
        ('{"a": 1,}', {"a": 1}, ("trailing commas",)),
        ("{'a': 'b'}", {"a": "b"}, ("single quotes",)),
        ("{a: 1}", {"a": 1}, ("bare keys",)),
        ('{"a": True}', {"a": True}, ("Python constants",)),
        ("{“a”：1}", {"a": 1}, ("typographic quotes",)),
        (
            '{"a": [1, {"b": "c"',
            {"a": [1, {"b": "c"}]},
            ("taken out of the text around it", "closing brackets"),
        ),
        ('{\n// one\n"a": 1}', {"a": 1}, ("comments removed",)),
    ],
)
def test_damaged_json_is_read_and_each_repair_named(text, value, repairs):
    found = repair_json(text)
    assert found.value == value
    assert set(found.repairs) <= set(repairs) | {"taken out of the text around it"}
    assert set(repairs) <= set(found.repairs) | {"taken out of the text around it"}


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "hello", ""])
def test_what_is_no_damage_is_not_repaired(text):
    assert repair_json(text).problem


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("a: 1\nb: [x, 中]\n", {"a": 1, "b": ["x", "中"]}, ""),
        ("a: 1\na: 2\n", None, "stands twice"),
        ("a: [1", None, "expected"),
        ("!!python/object/apply:os.system ['x']", None, "could not determine"),
    ],
)
def test_yaml_is_read_strictly(text, value, problem):
    found, said = read_yaml(text)
    assert found == value
    assert (problem in said) if problem else not said


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", ""),
        ('a,b\n"1,5",2\n', ""),
        ("a,b\n1\n", "row 2 has 1 columns, the head has 2"),
        ("a,a\n1,2\n", "column 'a' stands twice"),
        ('a,b\n"1,2\n', "unexpected end"),
        ("", "no rows"),
    ],
)
def test_csv_is_read_strictly(text, problem):
    said = read_csv(text)[1]
    assert (problem in said) if problem else not said


def test_markdown_is_read_from_its_tree():
    text = "# One\n\n- a\n- b\n\n```py\n# no heading\n```\n\n"
    text += "| x | y |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n## 二\n"
    found = read_markdown(text)
    assert found.headings == [(1, "One"), (2, "二")]
    assert (found.lists, found.items, found.fences, found.tables) == (1, 2, ["py"], [(3, 2)])
