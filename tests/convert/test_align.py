import random
import time

import pytest

from workbench.convert.align import align, lex
from workbench.convert.families import families, spread

WORDS = [
    "order",
    "lamp",
    "tent",
    "boot",
    "when",
    "sent",
    "price",
    "euros",
    "colour",
    "blue",
    "red",
    "refund",
    "warranty",
    "city",
    "a",
    "the",
    "of",
    "to",
    "is",
]


def sentence(rng, low=3, high=8):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(low, high)))


def notes(rng):
    lines = [
        f"- Order {rng.randrange(10**5)}: {sentence(rng)}, ref INT-{rng.randrange(9999)}." for _ in range(3)
    ]
    return "\n".join(lines[: rng.randrange(1, 4)])


MAKERS = {
    ("Context:\n", None, "\n\nQuestion: ", None): lambda r: (
        f"Context:\n{notes(r)}\n\nQuestion: {sentence(r)}?"
    ),
    ("<notes>\n", None, "\n</notes>\n<ask>", None, "</ask>\nAnswer now."): lambda r: (
        f"<notes>\n{notes(r)}\n</notes>\n<ask>{sentence(r)}?</ask>\nAnswer now."
    ),
    (
        "You talk to ",
        None,
        ", a guest of ",
        None,
        ". Today is ",
        None,
        " May. Be kind.\n\n",
        None,
    ): lambda r: (
        f"You talk to {r.choice(WORDS[:8])}, a guest of {r.choice(WORDS[:8])}. "
        f"Today is {r.randrange(28)} May. Be kind.\n\n{notes(r)}"
    ),
    ("Translate from ", None, " to ", None, ": ", None): lambda r: (
        f"Translate from {r.choice(WORDS[:9])} to {r.choice(WORDS[:9])}: {sentence(r)}"
    ),
    ("【资料】", None, "【问题】", None): lambda r: (
        f"【资料】{''.join(r.choices('订单灯帐篷靴在是的', k=20))}"
        f"【问题】{''.join(r.choices('订单灯何时在', k=6))}?"
    ),
    ("Sum up.\r\n\r\nText:\r\n", None, "\r\n\r\nSummary:"): lambda r: (
        f"Sum up.\r\n\r\nText:\r\n{notes(r)}\r\n\r\nSummary:"
    ),
    ("Notes:\n", None, "\n\nAudience: ", None): lambda r: (
        f"Notes:\n{f'NB-{r.randrange(9999)}: {sentence(r)}' if r.random() < 0.7 else ''}\n\nAudience: "
        f"{r.choice(WORDS)} in {r.choice(WORDS)}"
    ),
    ("用户姓名:", None, ",等级:", None, "\n资料:\n", None, "\n问题:", None): lambda r: (
        f"用户姓名:{r.choice(WORDS)},等级:{r.choice('金银铜')}\n资料:\n{notes(r)}\n问题:{sentence(r)}?"
    ),
    (None,): lambda r: f"{sentence(r, 20, 40)} in the end {sentence(r, 20, 40)}",
}


@pytest.mark.parametrize("parts", MAKERS, ids=lambda parts: str(parts[0])[:12])
@pytest.mark.parametrize("size", [30, 300])
def test_static_text_is_what_the_author_wrote(parts, size):
    rng = random.Random(len(str(parts)) + size)
    assert align([MAKERS[parts](rng) for _ in range(size)], sample=64) == list(parts)


def test_a_few_texts_are_enough_for_labels():
    rng = random.Random(5)
    texts = [f"Context:\n{notes(rng)}\n\nQuestion: When {sentence(rng)}?" for _ in range(3)]
    assert align(texts, sample=64) == ["Context:\n", None, "\n\nQuestion: ", None]


def test_a_stranger_among_the_texts_does_not_spoil_the_template():
    rng = random.Random(6)
    texts = [f"Context:\n{notes(rng)}\n\nQuestion: {sentence(rng)}?" for _ in range(40)]
    texts[7] = "hello there"
    assert align(texts, sample=64) == ["Context:\n", None, "\n\nQuestion: ", None]


def test_atoms_cover_everything_but_spaces():
    text = " Hi,  订单 42\r\nx-y_z!\n"
    lexed = lex(text)
    assert lexed.atoms == ("Hi", ",", "订", "单", "42", "\r\n", "x", "-", "y_z", "!", "\n")
    gaps = "".join(
        lexed.gap(i) + (lexed.atoms[i] if i < len(lexed.atoms) else "") for i in range(len(lexed.atoms) + 1)
    )
    assert gaps == text


def prompt(rng, task, labels):
    return task + "".join(f"\n{label}: {sentence(rng)}" for label in labels)


def test_tasks_in_one_log_fall_apart_into_families():
    rng = random.Random(2)
    tasks = [f"{' '.join(rng.sample(WORDS, 12))} number {k}." for k in range(6)]
    texts = [prompt(rng, tasks[i % 6], ["Text", "Question"]) for i in range(300)]
    found = families(texts, support=3, prompted=False)
    assert (
        sorted(len({t for t in tasks if text.startswith(t)}) for family in found for text in family[:1])
        == [1] * 6
    )
    assert all(
        len({tasks.index(t) for text in family for t in tasks if text.startswith(t)}) == 1 for family in found
    )
    assert sorted(text for family in found for text in family) == sorted(texts)


def test_a_passage_that_many_calls_quote_makes_no_family():
    rng = random.Random(3)
    popular = " ".join(rng.choice(WORDS) for _ in range(40))
    texts = [
        f"Context:\n{notes(rng)}\n{popular if i % 5 == 0 else sentence(rng)}\n\nQuestion: {i} {sentence(rng)}"
        for i in range(200)
    ]
    assert len(families(texts, support=3, prompted=True)) == 1


def test_wordings_of_short_questions_make_no_family_below_a_long_prompt():
    rng = random.Random(4)
    texts = [f"{rng.choice(['What did I pay for order', 'When was this sent to'])} {i}?" for i in range(200)]
    assert len(families(texts, support=3, prompted=True)) == 1
    assert len(families(texts, support=3, prompted=False)) == 2


@pytest.mark.parametrize(("size", "limit"), [(0, 5), (3, 5), (5, 5), (11, 5), (1000, 64)])
def test_spread_takes_at_most_the_limit_from_all_over(size, limit):
    taken = spread(map(str, range(size)), limit=limit)
    assert len(taken) <= limit
    assert size == 0 or int(taken[-1]) >= size * 0.6
    assert len(taken) == min(size, len(taken)) == len(set(taken))


@pytest.mark.parametrize("size", [100, 400])
def test_long_shared_ends_change_nothing_but_the_time(size):
    rng = random.Random(5)
    words = ["lamp", "boots", "order", "sent", "blue", "heavy", "north", "river", "desk", "paper"]
    long = "\n".join(f"- {' '.join(rng.choices(words, k=9))} {i}." for i in range(size))

    def texts(head, tail):
        said = random.Random(6)
        notes = [f"{' '.join(said.choices(words, k=12))} {i}" for i in range(20)]
        return [
            f"{head}Customer: kim{i}\nContext:\n{note}\n\nAnswer in English.{tail}"
            for i, note in enumerate(notes)
        ]

    head, tail = f"You act for Nordwind.\n{long}\n", f"\n{long}\nThe end."
    short = align(texts("You act for Nordwind.\n", "\nThe end."), sample=64)
    whole = align(texts(head, tail), sample=64)
    assert short == [
        "You act for Nordwind.\nCustomer: ",
        None,
        "\nContext:\n",
        None,
        "\n\nAnswer in English.\nThe end.",
    ]
    assert whole == [f"{head}Customer: ", *short[1:-1], f"\n\nAnswer in English.{tail}"]
    assert align(texts(head, tail), sample=64, characters=1000) == whole


@pytest.mark.parametrize("where", ["start", "middle", "end"])
def test_a_prompt_of_200_kb_is_aligned_in_seconds(where):
    rng = random.Random(7)
    long = "\n".join(f"- {''.join(rng.choices('abcdefgh', k=40))} {i}." for i in range(4200))
    frame = {"start": "{0}\n{1}", "middle": "{1}\n{0}\n{1}", "end": "{1}\n{0}"}[where]
    texts = [frame.format(long, f"Date: 2026-01-{i + 1:02}\nCustomer: kim{i}") for i in range(28)]
    begun = time.process_time()
    found = align(texts, sample=64, characters=3_000_000)
    assert time.process_time() - begun < 20
    assert any(part is not None and long in part for part in found)


def test_equal_atoms_are_paired_in_order_ends_first():
    from workbench.convert.align import _matches

    left, right = list("abXcdYef"), list("abcdZZef")
    assert _matches(left, right) == [(0, 0), (1, 1), (3, 2), (4, 3), (6, 6), (7, 7)]
    assert _matches(list("ab"), list("ab")) == [(0, 0), (1, 1)]
    assert _matches([], list("ab")) == []


def test_runs_that_stand_once_pair_each_of_their_atoms_once():
    from workbench.convert.align import _GRAM, _fixed_pairs, lex

    words = " ".join(f"w{n}" for n in range(12))
    first, other = lex(words), lex(f"more {words}")
    shift = len(other.atoms) - len(first.atoms)
    found = _fixed_pairs([(0, shift), (1, 1 + shift)], first, other)
    assert found == [(i, i + shift) for i in range(_GRAM + 1)]
    assert _fixed_pairs([(len(first.atoms) - 1, len(other.atoms) - 1)], first, other) == [
        (len(first.atoms) - 1, len(other.atoms) - 1)
    ]


def test_texts_without_anything_in_common_are_one_hole():
    assert align(["alpha beta", "一二三四"], sample=10) == [None]


def test_texts_that_repeat_themselves_are_aligned_in_time():
    lines = [f"Item {n % 7}, {n % 5}." for n in range(900)]
    turned = ["\n".join(lines[k:] + lines[:k]) for k in (0, 31, 67)]
    # Before the steps were bounded, their number grew with the square of the lines.
    for texts in (["\x08" * 59_000 + "\nEnd.", "Start.\n" + "a\x08" * 20_000], turned):
        begun = time.process_time()
        segments = align(texts, sample=9)
        assert time.process_time() - begun < 3
        assert any(segment is None for segment in segments)
        for text in texts:
            at = 0
            for segment in segments:
                at = text.index(segment, at) + len(segment) if segment else at
