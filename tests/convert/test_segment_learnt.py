"""Weights learnt from sentences and headings, beside the cues."""

import runpy
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from workbench.contracts import SpanKind
from workbench.convert.segment_learnt import learnt_weights, load_learnt, plain


@pytest.mark.parametrize("reads", ["sentence", "heading"])
def test_weights_are_for_the_kinds_that_there_are(reads):
    model = load_learnt(reads)
    assert model.kinds == get_args(SpanKind)
    assert model.value.shape == (len(model.at), len(model.kinds))
    assert np.all(np.diff(model.at) > 0)


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
    found = learnt_weights(text, "sentence")
    assert max(found, key=found.get) == kind
    assert np.exp(list(found.values())).sum() == pytest.approx(len(found), rel=0.1)


@pytest.mark.parametrize("text", ["", " \n", "12 + 3", '"all of it quoted"', "—"])
def test_no_words_say_nothing(text):
    assert learnt_weights(text, "sentence") == {}


def test_numbers_and_quotations_are_not_learnt():
    assert plain('Write 20 words like "this one"') == plain('Write 350 words like "that two"')


def test_sentences_with_choices_are_drawn_alike_and_use_every_choice():
    drawn = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "train_spans.py"))["drawn"]
    found = drawn("(Be|Stay) (kind|calm|brief), please")
    assert found == drawn("(Be|Stay) (kind|calm|brief), please")
    assert {word for text in found for word in text.replace(",", "").split()} == {
        *("Be", "Stay", "kind", "calm", "brief", "please")
    }
    assert drawn("Be kind (always).") == ["Be kind (always)."]
