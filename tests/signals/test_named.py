"""The signal `presidio`: the real analyzer over a small model made here, and what is said without either."""

import sys

import pytest
from made_rows import frame

from workbench.errors import ConfigError, MissingExtraError
from workbench.signals import Named, measure
from workbench.signals.named import analyzer

ROWS = [
    {"question": "Where does Anna live?", "answer": "Anna lives in Bergen, as does Per."},
    {"question": "And the weather?", "answer": "It rains."},
]


@pytest.fixture
def model(tmp_path):
    """Make a spaCy model of a blank pipeline that knows three names."""
    pytest.importorskip("presidio_analyzer")
    spacy = pytest.importorskip("spacy")
    made = spacy.blank("en")
    ruler = made.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": "PERSON", "pattern": name} for name in ("Anna", "Per")]
        + [{"label": "GPE", "pattern": "Bergen"}]
    )
    made.to_disk(tmp_path / "names")
    return str(tmp_path / "names")


def test_names_of_people_and_places_are_counted_and_not_kept(model):
    found = measure(frame(*ROWS), [Named(model=model)])
    assert found.to_dicts() == [
        {"named": 4, "named_answer": 3, "named_kinds": "location 1, person 3"},
        {"named": 0, "named_answer": 0, "named_kinds": ""},
    ]
    people = measure(frame(*ROWS), [Named(model=model, entities=("PERSON",))])
    assert people["named_kinds"].to_list() == ["person 3", ""]
    assert measure(frame(*ROWS), [Named(model=model, min_score=1.0)])["named"].to_list() == [0, 0]


def test_a_model_that_is_not_here_is_told_and_not_fetched():
    pytest.importorskip("presidio_analyzer")
    with pytest.raises(ConfigError, match="spacy download"):
        measure(frame(*ROWS), [Named(model="en_core_web_nowhere")])


def test_without_presidio_the_extra_is_named(monkeypatch):
    analyzer.cache_clear()
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(MissingExtraError, match=r"sft-workbench\[presidio\]"):
        measure(frame(*ROWS), [Named()])
