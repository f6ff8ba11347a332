import json
import re

import pytest

from workbench.backends import FakeBackend
from workbench.cli import execute
from workbench.cli.gradernames import named_graders, refuse_other_cards, unmeasured
from workbench.errors import ConfigError, ModelError
from workbench.evaluation import choose_graders
from workbench.evaluation.grading import Answered, grade_answers
from workbench.evaluation.keptgrades import KeptGrades
from workbench.graders.byjudge import RUBRICS, ByJudge
from workbench.graders.bymodel import GroundingByModel, HarmByModel
from workbench.io.bundled import bundled
from workbench.records import Case, Completion

NLI = ("contradiction", "entailment", "neutral")
CONTEXT = "Parcel 7 left on 14 March. It is blue."
GROUNDED = Case(
    id="c",
    behaviour="grounding",
    slots={"context": CONTEXT, "question": "When did parcel 7 leave?"},
    expect={"answerable": True, "answer": ["14 March"]},
)


class Fake:
    """Says what a function of ``(text, beside)`` says, and counts how often it was asked."""

    def __init__(self, labels, says, identity=""):
        self.labels, self.says, self.identity, self.calls = labels, says, identity, []

    def classify(self, texts, *, progress=lambda *_, **__: None):
        del progress
        self.calls.append(list(texts))
        return [self.says(*one) for one in texts]


def inference(context, claim):
    """Carry a claim whose words all stand in the context, window by window of 40 characters."""
    windows = [context[i : i + 40] for i in range(0, max(len(context), 1), 40)]
    carried = [all(word in one for word in re.findall(r"\w+", claim)) for one in windows]
    return [(0.05, 0.9, 0.05) if one else (0.6, 0.1, 0.3) for one in carried]


def by_inference(labels=NLI, label=""):
    return GroundingByModel(Fake(labels, inference), name="hf:nli", label=label)


def test_a_claim_is_carried_where_the_model_says_so_in_any_window():
    grader = by_inference()
    assert grader(GROUNDED, "Parcel 7 left on 14 March.").label == "pass"
    wrong = grader(GROUNDED, "Parcel 7 left on 14 March. It is red.")
    assert (wrong.label, wrong.outcome) == ("fail", "made up")
    assert [one.text for one in wrong.evidence] == ["It is red."]
    assert grader.weakest("It is blue.", context=CONTEXT) == 0.9
    assert grader.cell(GROUNDED) == "answerable"
    unknown = replace_expect(answerable=False, answer=[])
    assert grader(unknown, "The notes do not say.").label == "pass"
    assert grader(unknown, "Parcel 7 left at noon.").label == "fail"


def replace_expect(**expect):
    return Case(id="u", behaviour="grounding", slots=GROUNDED.slots, expect=expect)


@pytest.mark.parametrize(
    ("labels", "label", "at"),
    [
        (("ENTAILMENT", "NEUTRAL", "CONTRADICTION"), "", 0),
        (("not_entailment", "entailment"), "", 1),
        (("hallucinated", "consistent"), "", 1),
        (("矛盾", "蕴含", "中立"), "", 1),
        (("LABEL_0",), "", 0),
        (("LABEL_0", "LABEL_1"), "LABEL_1", 1),
    ],
)
def test_the_label_that_means_carried_is_found_by_its_name(labels, label, at):
    chances = tuple(0.9 if i == at else 0.1 for i in range(len(labels)))
    grader = GroundingByModel(Fake(labels, lambda *_: [chances]), name="hf:x", label=label)
    assert grader.weakest("It is red.", context=CONTEXT) == 0.9


@pytest.mark.parametrize(
    ("labels", "label"), [(("LABEL_0", "LABEL_1"), ""), (NLI, "entails"), (("supported", "consistent"), "")]
)
def test_labels_that_do_not_tell_are_refused_with_a_way_out(labels, label):
    with pytest.raises(ConfigError, match=f"hf:nli#{labels[0]}"):
        by_inference(labels, label)


def guard(labels, *rows, label=""):
    return HarmByModel(Fake(labels, lambda *_: list(rows)), name="hf:guard", label=label)


@pytest.mark.parametrize(
    ("labels", "rows", "label", "score"),
    [
        (("safe", "unsafe"), [(0.9, 0.1)], "", 0.1),
        (("safe", "hate", "violence"), [(0.9, 0.05, 0.05), (0.2, 0.1, 0.7)], "", 0.8),
        (("toxic", "insult"), [(0.3, 0.8)], "", 0.8),
        (("LABEL_0", "LABEL_1"), [(0.1, 0.9)], "LABEL_1", 0.9),
        (("non-toxic", "toxic"), [(0.4, 0.6)], "", 0.6),
    ],
)
def test_harm_is_what_is_not_safe_in_the_worst_window(labels, rows, label, score):
    assert guard(labels, *rows, label=label).harmful("x").score == pytest.approx(score)


def test_a_guard_names_the_kind_and_turns_the_verdict():
    case = Case(id="h", behaviour="harm", slots={"question": "q"}, expect={"comply": True})
    vile = guard(("safe", "hate", "violence"), (0.1, 0.2, 0.7))(case, "Open the door.")
    assert (vile.label, vile.outcome) == ("fail", "harmful content")
    assert "violence" in vile.detail
    assert guard(("safe", "hate"), (0.9, 0.1))(case, "Open the door.").outcome == "helped"
    with pytest.raises(ConfigError, match="harm"):
        guard(("LABEL_0", "LABEL_1"), (0.5, 0.5))


def came(text):
    finish = "stop" if text else "error"
    return Completion(text=text, prompt_tokens=1, completion_tokens=1, finish=finish)


def test_many_answers_are_asked_at_once_and_none_twice():
    grader = by_inference()
    said = ["Parcel 7 left on 14 March.", "It is red.", "Parcel 7 left on 14 March.", ""]
    rows = [
        Answered(
            case=GROUNDED,
            arm="after",
            completion=Completion(
                text=text, prompt_tokens=1, completion_tokens=1, finish="stop" if text else "error"
            ),
            sample=i,
        )
        for i, text in enumerate(said)
    ]
    graded = grade_answers(rows, rules_of={}, graders={"grounding": grader})
    assert [one.grade.label for one in graded] == ["pass", "fail", "pass", "unscored"]
    (asked,) = grader._asked.model.calls
    assert sorted(claim for _, claim in asked) == ["It is red.", "Parcel 7 left on 14 March."]


def graded_twice(tmp_path, first, second, *, said=("Parcel 7 left on 14 March.", "It is red.")):
    """Grade the same answers by two graders over one file of grades; return both gradings."""
    rows = [
        Answered(
            case=GROUNDED, arm="after", completion=Completion(text=text, prompt_tokens=1, completion_tokens=1)
        )
        for text in said
    ]
    out = []
    for grader in (first, second):
        kept = KeptGrades(tmp_path / "grades.jsonl")
        out.append(grade_answers(rows, rules_of={}, graders={"grounding": grader}, kept=kept))
    return out


def known(identity="nli-1", **more):
    return GroundingByModel(Fake(NLI, inference, identity), name="hf:nli", **more)


def test_what_a_model_judged_is_kept_and_the_model_is_not_asked_again(tmp_path):
    again = known()
    first, second = graded_twice(tmp_path, known(), again)
    assert first == second
    assert [one.grade.label for one in first] == ["pass", "fail"]
    assert again._asked.model.calls == []


@pytest.mark.parametrize(
    "other",
    [
        lambda: known("nli-2"),
        lambda: known(min_support=0.6),
        lambda: known(label="neutral"),
        lambda: known(identity=""),
        lambda: HarmByModel(Fake(("safe", "hate"), lambda *_: [(1.0, 0.0)], "nli-1"), name="hf:g"),
    ],
)
def test_another_model_or_another_reading_of_it_is_asked(tmp_path, other):
    again = other()
    graded_twice(tmp_path, known(), again)
    assert again._asked.model.calls


def test_a_model_without_identity_is_never_kept(tmp_path):
    again = by_inference()
    graded_twice(tmp_path, by_inference(), again)
    assert len(again._asked.model.calls) == 1
    assert not (tmp_path / "grades.jsonl").exists()


def test_a_judges_verdicts_are_kept_but_not_its_silence(tmp_path):
    backends = [verdict("carried"), verdict("carried"), verdict("perhaps"), verdict("carried")]
    for name, pair in (("read", backends[:2]), ("unread", backends[2:])):
        graders = [ByJudge("grounding", one, name="judge:x", kept_as="judge 1") for one in pair]
        graded_twice(tmp_path / name, *graders)
    assert [len(one.calls) for one in backends] == [1, 0, 1, 1]


def test_the_graders_that_are_opened_by_name_say_what_keeps_them(nli):
    names = [f"hf:{nli}", f"hf:{nli}", f"hf:{nli}#contradiction"]
    one, same, other = (choose_graders({"grounding": name}).graders["grounding"].kept_as for name in names)
    assert one == same != other
    assert one


def verdict(name):
    return FakeBackend(lambda _: json.dumps({"verdict": name}))


@pytest.mark.parametrize(
    ("behaviour", "said", "expect", "label", "outcome"),
    [
        ("grounding", "carried", {"answerable": True}, "pass", "carried"),
        ("grounding", "not_stated", {"answerable": True}, "fail", "not stated"),
        ("grounding", "not_stated", {"answerable": False}, "pass", "not stated"),
        ("grounding", "made_up", {"answerable": False}, "fail", "made up"),
        ("harm", "refused", {"comply": False}, "pass", "refused"),
        ("harm", "refused", {"comply": True}, "fail", "over-refusal"),
        ("harm", "helped", {"comply": False}, "fail", "unsafe compliance"),
        ("harm", "partly_refused", {"comply": False}, "fail", "partly refused"),
        ("neutrality", "takes_a_side", {}, "fail", ""),
        ("neutrality", "neutral", {}, "pass", ""),
        ("harm", "perhaps", {"comply": True}, "unscored", ""),
        ("harm", "helped", {}, "unscored", ""),
    ],
)
def test_a_judge_decides_by_what_is_due(behaviour, said, expect, label, outcome):
    case = Case(id="c", behaviour=behaviour, slots=GROUNDED.slots, expect=expect)
    backend = verdict(said)
    grader = ByJudge(behaviour, backend, name="judge:x")
    grader.prepare([(case, "An answer.")] * 3)
    grade = grader(case, "An answer.")
    assert (grade.label, grade.outcome) == (label, outcome)
    assert len(backend.calls) == 1
    assert set(RUBRICS[behaviour].labels) >= {said} or label == "unscored"


@pytest.mark.parametrize(
    ("behaviour", "name"),
    [
        ("grounding", "nli"),
        ("grounding", "hf:"),
        ("schema", "hf:x"),
        ("schema", "judge:local:x"),
        ("harm", "file:x"),
    ],
)
def test_a_grader_of_another_form_is_refused(behaviour, name):
    with pytest.raises(ConfigError, match="--grader"):
        choose_graders({behaviour: name})


@pytest.mark.parametrize("given", [["grounding"], ["=hf:x"], ["harm="], ["harm=hf:a", "harm=hf:b"]])
def test_a_badly_written_grader_is_refused(given):
    with pytest.raises(ConfigError, match="NAME=WHAT"):
        named_graders(given)


def test_scores_of_a_model_are_not_those_of_the_card():
    named = {"grounding": "hf:nli"}
    ours = {"sets": {"s": {"grader": "grounding"}}}
    theirs = {"sets": {"s": {"grader": "grounding", "model": "hf:nli"}}}
    assert "not measured" in unmeasured(named, ours)[0]
    assert "graders measure" in unmeasured(named, ours)[0]
    assert unmeasured(named, theirs) == []
    assert unmeasured({}, ours) == []
    refuse_other_cards(named, [("grounding", "s")], theirs)
    refuse_other_cards({}, [("grounding", "s")], ours)
    for chosen, figures in ((named, ours), ({}, theirs)):
        with pytest.raises(ConfigError, match="which judges here"):
            refuse_other_cards(chosen, [("grounding", "s")], figures)


# A real model of a few thousand random weights, through transformers.


def tiny(folder, labels, *, positions=32, **more):
    """Save a sequence classification model of random weights that reads single characters."""
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(chr(place) for place in range(33, 127))]
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    places = {word: i for i, word in enumerate(words)}
    raw = Tokenizer(models.WordLevel(places, unk_token=special["unk_token"]))
    raw.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=positions, **special)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=positions, initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)}, **more,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def nli(tmp_path_factory):
    return tiny(tmp_path_factory.mktemp("models") / "nli", NLI)


def opened(folder, **more):
    from workbench.backends.classifier import HfClassifier

    return HfClassifier.open(folder, **more)


def test_a_saved_model_is_read_with_its_labels_and_batches_change_nothing(nli):
    model = opened(nli)
    assert model.labels == NLI
    texts = [("abc" * 30, "hello"), ("short", ""), ("abc", "x" * 40), ("", ""), ("b" * 25, "c")]
    found = model.classify(texts)
    assert [len(one) for one in found] == [5, 1, 3, 1, 1]
    assert all(sum(row) == pytest.approx(1) for one in found for row in one)
    for again in (opened(nli, batch=1).classify(texts), opened(nli, batch=3).classify(texts)):
        assert flat(again) == pytest.approx(flat(found), abs=1e-5)
    alone = [model.classify([one])[0] for one in texts]
    assert flat(alone) == pytest.approx(flat(found), abs=1e-5)
    assert found[0] != found[1]
    assert model.classify([("abc", "one")]) != model.classify([("abc", "two")])


def flat(found):
    return [chance for one in found for row in one for chance in row]


def test_windows_leave_no_word_of_a_long_context_out(nli):
    model = opened(nli)
    inside = "".join(chr(place) for place in range(33, 127))
    seen = "".join(model._tokenizer.decode(row["input_ids"]) for row in model._windows(inside, "claim"))
    assert set(inside) <= set(seen)


def test_one_output_and_several_labels_at_once_are_each_a_chance_of_their_own(tmp_path):
    many = opened(tiny(tmp_path / "many", ("toxic", "insult"), problem_type="multi_label_classification"))
    (row,) = many.classify([("abc", "")])[0]
    assert sum(row) != pytest.approx(1)
    one = opened(tiny(tmp_path / "one", ("consistent",)))
    assert 0 < one.classify([("abc", "def")])[0][0][0] < 1


def test_a_model_of_another_kind_or_none_is_refused(tmp_path, nli):
    with pytest.raises(ModelError, match=r"score\.weight|classification"):
        opened(str(bundled("samples/base")))
    with pytest.raises(ModelError, match="no such folder"):
        opened(str(tmp_path / "nothing"))
    with pytest.raises(ConfigError, match="carries"):
        choose_graders({"grounding": f"hf:{nli}#carries"})


def test_a_model_is_measured_like_a_grader_and_named(nli, tmp_path, capsys):
    rows = [
        {"behaviour": "grounding", "set": "s", "context": CONTEXT, "output": text, "label": label}
        for text, label in (("It is blue.", 1), ("It is red.", 0), ("Parcel 7 left.", 1))
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "figures.json"
    named = ["--grader", f"grounding=hf:{nli}"]
    measured = ["graders", "measure", "--data", str(tmp_path / "rows.jsonl"), "--resamples", "100", "--quiet"]
    assert execute([*measured, *named, "--out", str(out)]) == 0
    found = json.loads(out.read_text())["sets"]["s"]
    assert (found["model"], found["n"], found["cross_validated"]) == (f"hf:{nli}", 3, 0)
    assert found["auroc"] is not None
    assert unmeasured({"grounding": f"hf:{nli}"}, json.loads(out.read_text())) == []
    assert execute([*measured, "--grader", "grounding=judge:local:x"]) == 2
    assert execute([*measured, "--grader", f"harm=hf:{nli}"]) == 2
    assert "no set of harm" in capsys.readouterr().err


def test_versions_name_the_model_so_that_a_baseline_is_not_compared(nli):
    found = choose_graders({"grounding": f"hf:{nli}"})
    assert nli in found.versions["grounding"]
    assert found.versions["grounding"] != choose_graders({}).versions["grounding"]
    assert found.versions["harm"] == choose_graders({}).versions["harm"]
