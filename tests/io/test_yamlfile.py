import pytest

from workbench.io.yamlfile import MAX_DEPTH, YamlError, read_yaml


def test_plain_documents_are_read():
    assert read_yaml("a: 1\nb: [x, {c: null}]\n") == {"a": 1, "b": ["x", {"c": None}]}
    assert read_yaml("") is None
    assert read_yaml("a: &x {b: 1}\nc: *x\nd: *x\n") == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1}}


def laughs(levels):
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    return "\n".join([*rows, *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels))])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "key 'a' stands twice"),
        ("? [x]\n: 1\n", "no plain value"),
        (laughs(9), "aliases that mean more than"),
        ("a: &a [*a]\n", "holds itself"),
        ("&a b: *a\n", None),
        ("[" * 150 + "]" * 150, "nested deeper"),
        ("[" * 5000 + "]" * 5000, "nested"),
        ("a: !!python/object/apply:os.system ['id']\n", "tag"),
        ("a: 2026-13-45\n", "month"),
        ("a: b: c\n", "mapping values"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a\0b", "special characters"),
    ],
)
def test_what_a_stranger_may_write_is_refused(text, problem):
    if problem is None:
        assert read_yaml(text) == {"b": "b"}
        return
    with pytest.raises(YamlError, match=problem):
        read_yaml(text)


def test_the_line_of_a_key_that_stands_twice_is_known():
    with pytest.raises(YamlError) as refused:
        read_yaml("a: 1\nb: 2\na: 3\n")
    assert refused.value.problem_mark.line == 2


def test_depth_counts_what_aliases_bring():
    half = MAX_DEPTH // 2 + 5
    text = f"a: &a {'[' * half}{']' * half}\nb: {'[' * half}*a{']' * half}\n"
    with pytest.raises(YamlError, match="nested deeper"):
        read_yaml(text)
