"""The linear-chain model learnt from labelled prompts and from sentences by kind."""

import runpy
import sys
import time
from itertools import pairwise, product
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from workbench.contracts import SpanKind
from workbench.convert.segment_features import Features, features, of_sentence
from workbench.convert.segment_learnt import Learnt, grams, likeliest, load_learnt, plain, unit_weights
from workbench.convert.segment_units import units

SCRIPTS = Path(__file__).parents[2] / "scripts"


def script(name, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(SCRIPTS), *sys.path])
    return runpy.run_path(str(SCRIPTS / f"{name}.py"))


def test_weights_are_for_the_kinds_that_there_are():
    model = load_learnt()
    n = len(get_args(SpanKind))
    assert model.kinds == get_args(SpanKind)
    assert model.value.shape == (len(model.at), n)
    assert np.all(np.diff(model.at) > 0)
    assert model.follows.shape == (n, n)
    assert {len(weights) for weights in (*model.named.values(), *model.stays.values())} == {n}


def test_weights_stay_small():
    path = Path(__file__).parents[2] / "workbench" / "convert" / "weights" / "spans.npz"
    assert path.stat().st_size <= 1_000_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Speak gently and with patience.", "style"),
        ("Never hand out anyone's home address.", "safety"),
        ("讲话温和一点,别着急。", "style"),
        ("没有把握的内容不要写,材料里找不到就说找不到。", "grounding"),
    ],
)
def test_wording_that_no_cue_names(text, kind):
    model = load_learnt()
    unit = of_sentence(text)
    bare = Features(text=text, named={"isolated": 1.0})
    for found in (unit, bare):
        assert model.kinds[unit_weights(model, found).argmax()] == kind


@pytest.mark.parametrize("text", ["", " \n", "12 + 3", '"all of it quoted"', "—"])
def test_no_words_say_nothing(text):
    assert grams(text).size == 0


def test_numbers_and_quotations_are_not_learnt():
    assert plain('Write 20 words like "this one"') == plain('Write 350 words like "that two"')


def test_the_likeliest_sequence_is_the_best_of_all():
    random = np.random.default_rng(3)
    kinds = get_args(SpanKind)[:3]
    model = Learnt(
        kinds=kinds,
        at=np.empty(0, np.int64),
        value=np.empty((0, 3), np.float32),
        named={name: random.normal(size=3) for name in "abcd"},
        follows=random.normal(size=(3, 3)),
        stays={"block": random.normal(size=3)},
    )
    chain = [
        Features(named={name: 1.0}, bond=bond)
        for name, bond in zip("abcd", ("start", *["block"] * 3), strict=True)
    ]

    def worth(picks):
        total = sum(model.named[name][pick] for name, pick in zip("abcd", picks, strict=True))
        for a, b in pairwise(picks):
            total += model.follows[a, b] + (a == b) * model.stays["block"][a]
        return total

    best = max(product(range(3), repeat=4), key=worth)
    assert likeliest(model, chain) == [kinds[i] for i in best]
    assert likeliest(model, []) == []


@pytest.mark.parametrize(
    ("prompt", "at", "name"),
    [
        ("Guest: hi\nDesk: hello\nGuest: a room?\nDesk: yes", 2, "turn"),
        ("汤底:他走了\n甲:“是吗？”\n乙:“是”\n甲:“对？”", 2, "turn"),
        ("Be kind.\n\n{{message}}", 1, "last slot"),
        ("Judge.\n{{answer}}\nQuestion: {{question}}", 2, "judged input"),
        ("Be kind.\n{{name}} buys a lot here.", 1, "input sentence slot"),
        ("Example 1\nInput: a\nOutput: b\n\nNow it is your turn.", 2, "leaves sample"),
        ("- **Tone**\n  - brief\n- **Shape**", 1, "label style"),
        ("Be kind.\nNAME: …\nDAY: …", 1, "blank to fill"),
    ],
)
def test_form_is_told(prompt, at, name):
    assert name in features(prompt, units(prompt))[at].named


def test_labels_that_recur_in_threes_are_no_dialogue():
    prompt = "for: a\nhas: b\ntakes: c\nfor: d\nhas: e\ntakes: f"
    assert not any("turn" in unit.named for unit in features(prompt, units(prompt)))


def test_fitting_learns_what_it_is_shown(monkeypatch):
    chain = script("span_chain", monkeypatch)
    place = chain["PLACE"]
    told = [("Hum a tune.", "style"), ("Count the sheep.", "procedure"), ("It rains in May.", "fact")]
    shown = [
        chain["Chain"](units=[of_sentence(text)], kinds=[place[kind]], weight=9.0) for text, kind in told * 2
    ]
    model = chain["fit"](shown)
    for text, kind in told:
        assert model.kinds[unit_weights(model, of_sentence(text)).argmax()] == kind
    again = chain["fit"](shown)
    assert np.array_equal(model.value, again.value)


def test_sentences_with_choices_are_drawn_alike_and_use_every_choice(monkeypatch):
    drawn = script("train_spans", monkeypatch)["drawn"]
    found = drawn("(Be|Stay) (kind|calm|brief), please")
    assert found == drawn("(Be|Stay) (kind|calm|brief), please")
    assert {word for text in found for word in text.replace(",", "").split()} == {
        *("Be", "Stay", "kind", "calm", "brief", "please")
    }
    assert drawn("Be kind (always).") == ["Be kind (always)."]


def test_labels_without_end_take_time_that_follows_their_number():
    prompt = "A: b.\nB: c.\n" * 5_000
    cut = units(prompt)
    began = time.process_time()
    found = features(prompt, cut)
    assert time.process_time() - began < 5
    assert all("turn" in unit.named for unit in found)
