import json
from collections import Counter

import pytest

from workbench.errors import InputError
from workbench.evaluation import bounded, load_suite, load_suites
from workbench.io.bundled import bundled


def line(number, **fields):
    return json.dumps({"id": f"c{number}", "behaviour": "harm", "slots": {"question": "q"}} | fields)


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def found(error):
    return [str(finding) for finding in error.value.findings]


def test_a_file_and_a_folder_of_files_are_suites(tmp_path):
    write(tmp_path / "b.jsonl", line(2), "", line(3))
    one = write(tmp_path / "a.jsonl", line(1, lang="zh", slots={"question": "几点？"}))
    assert [case.id for case in load_suite(tmp_path)] == ["c1", "c2", "c3"]
    assert load_suite(one)[0].slots == {"question": "几点？"}


def test_twins_without_a_cluster_share_one(tmp_path):
    path = write(tmp_path / "a.jsonl", line(1, twin="c2"), line(2, twin="c1"), line(3), line(4, cluster="x"))
    assert [case.cluster for case in load_suite(path)] == ["c1", "c1", "c3", "x"]


def test_all_faults_are_told_at_once_with_their_lines(tmp_path):
    path = write(tmp_path / "a.jsonl", line(1), "{cut", line(2, clutser="x"), line(1), '{"id": "c9"}')
    with pytest.raises(InputError) as error:
        load_suite(path)
    told = found(error)
    assert [text.split(":")[1] for text in told] == ["2", "3", "5", "4"]
    assert "'clutser'" in told[1]
    assert "a.jsonl:1 already" in told[3]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([line(1, twin="c2")], "isn't in any suite"),
        ([line(1, twin="c1")], "own twin is 'c1'"),
        ([line(1, twin="c2"), line(2)], "own twin is None"),
        ([line(1, id="")], "empty id"),
        (["", ""], "no case at all"),
        (['{"id": "a", "behaviour": "harm", "slots": {"q": 3}}'], "Expected `str`"),
    ],
)
def test_what_a_suite_may_not_be(tmp_path, lines, said):
    with pytest.raises(InputError, match=said):
        load_suite(write(tmp_path / "a.jsonl", *lines))


def test_missing_empty_and_wrongly_encoded_files(tmp_path):
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "gb.jsonl").write_bytes(
        line(1, slots={"question": "x"}).replace("x", "你好").encode("gb18030")
    )
    (tmp_path / "folder").mkdir()
    for name in ("missing.jsonl", "empty.jsonl", "gb.jsonl", "folder"):
        with pytest.raises(InputError):
            load_suite(tmp_path / name)


def test_ids_are_unique_over_several_suites(tmp_path):
    with pytest.raises(InputError, match="already"):
        load_suites([write(tmp_path / "a.jsonl", line(1)), write(tmp_path / "b.jsonl", line(1))])


@pytest.mark.parametrize("behaviour", ["grounding", "harm", "schema", "neutrality"])
def test_the_bundled_suites_are_suites_with_opposites(behaviour):
    cases = load_suite(bundled(f"evals/{behaviour}"))
    assert len(cases) >= 40
    assert {case.behaviour for case in cases} == {behaviour}
    assert all(case.twin for case in cases)


def test_bounding_keeps_twins_together_and_does_not_depend_on_neighbours(tmp_path):
    lines = [line(n, twin=f"c{n + 1 if n % 2 else n - 1}") for n in range(1, 21)]
    cases = load_suite(write(tmp_path / "a.jsonl", *lines))
    few = bounded(cases, 7)
    assert len(few) == 6
    assert {case.twin for case in few} == {case.id for case in few}
    assert [case.id for case in bounded(cases[::-1], 7)] == [case.id for case in few][::-1]
    assert bounded(cases, None) == cases


def test_bounding_takes_languages_and_slices_in_turn():
    cases = load_suite(bundled("evals/grounding"))
    strata = {(case.lang, case.slice) for case in cases}
    few = bounded(cases, 4 * len(strata))
    assert Counter((case.lang, case.slice) for case in few) == dict.fromkeys(strata, 4)
    assert bounded(cases, 4 * len(strata)) == few


def test_a_folder_of_suites_is_read_whole():
    from workbench.evaluation import load_suite
    from workbench.io.bundled import bundled

    whole = load_suite(bundled("evals"))
    assert {case.behaviour for case in whole} == {"bias", "grounding", "harm", "schema", "neutrality"}
    assert len(whole) == sum(
        len(load_suite(bundled(f"evals/{name}"))) for name in {c.behaviour for c in whole}
    )
