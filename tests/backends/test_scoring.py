"""The scorer under the tiny base: what it says of an answer is what the base's logits say."""

import pytest

torch = pytest.importorskip("torch")

from workbench.backends.scoring import LocalScorer  # noqa: E402 - torch is asked for above
from workbench.io.bundled import bundled  # noqa: E402
from workbench.records import Message  # noqa: E402


def messages(asked, said):
    return (Message(role="user", content=asked),), (Message(role="assistant", content=said),)


ROWS = [
    messages("Where is order 17?", "It left today."),
    messages("再见", "好的，再见。"),
    messages("", "Yes. " * 30),
]


@pytest.fixture(scope="module")
def scorer():
    return LocalScorer.open(bundled("samples/base"))


def test_the_likelihood_is_that_of_the_answers_tokens_under_the_base(scorer):
    asked, said = ROWS[0]
    example = scorer.base.renderer.example(asked, said)
    with torch.inference_mode():
        logits = scorer.base.model(input_ids=torch.tensor([example.input_ids])).logits[0].float()
    chances = logits.log_softmax(-1)
    pieces = [
        -float(chances[at - 1, label]) for at, label in enumerate(example.labels) if at and label != -100
    ]
    found = scorer.score([ROWS[0]])[0]
    assert found.tokens == len(pieces) > 3
    assert found.nll == pytest.approx(sum(pieces), rel=1e-4)


def test_neither_the_batch_nor_the_order_decides(scorer):
    alone = [scorer.score([row])[0] for row in ROWS]
    together = scorer.score(ROWS[::-1])[::-1]
    narrow = LocalScorer(scorer.base, batch_tokens=1).score(ROWS)
    for one, other, third in zip(alone, together, narrow, strict=True):
        assert one.tokens == other.tokens == third.tokens
        assert one.nll == pytest.approx(other.nll, rel=1e-4) == pytest.approx(third.nll, rel=1e-4)


def test_a_row_longer_than_the_context_has_no_tokens_scored(scorer):
    found = scorer.score([messages("a", "word " * 5_000), ROWS[0]])
    assert found[0].tokens == 0
    assert found[1].tokens > 0
