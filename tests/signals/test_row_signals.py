import pytest
from made_rows import measured

from workbench.contracts import Contract, Rule
from workbench.signals import (
    Compression,
    Conduct,
    Grounding,
    Languages,
    Lengths,
    Overlap,
    Personal,
    Reading,
    Repetition,
    Rules,
    Scripts,
    Secrets,
    Tools,
)
from workbench.signals.reading import common, syllables


def test_lengths_count_chinese_characters_as_words():
    found = measured(Lengths(), question="什么时候发货？", answer="明天。 Tomorrow at nine.")
    assert (found["asked_words"], found["answer_words"], found["answer_sentences"]) == (6, 5, 2)
    assert found["answer_per_asked"] == pytest.approx(5 / 6)
    assert found["saved_share"] == 0.75
    assert measured(Lengths())["answer_per_asked"] is None


def test_compression_falls_where_text_repeats():
    varied = " ".join(f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst")
    assert measured(Compression(), answer="again and again " * 20)["compression"] < 0.3
    assert measured(Compression(), answer=varied)["compression"] > 0.3
    assert measured(Compression(), answer="short")["compression"] is None
    assert measured(Compression(min_bytes=1), answer="short")["compression"] > 1


def test_repetition_in_words_and_lines():
    found = measured(Repetition(), answer="one two three four five\nsix\none two three four five")
    assert found["repeated_lines"] == pytest.approx(23 / 49)
    assert found["repeated_ngrams"] == pytest.approx(2 / 8)
    assert measured(Repetition(ngram=1), answer="a b a b")["repeated_ngrams"] == 0.5
    assert measured(Repetition(), answer="我们明天发货我们明天发货")["repeated_ngrams"] > 0.2
    assert measured(Repetition()) == {"repeated_ngrams": 0.0, "repeated_lines": 0.0}


@pytest.mark.parametrize(
    ("text", "script", "mix"),
    [
        ("Hello there", "latin", 0),
        ("我们发货", "han", 0),
        ("ひらがなカタカナ", "kana", 0),
        ("Привет мир", "cyrillic", 0),
        ("مرحبا", "arabic", 0),
        ("我们用ABC", "han", 0.5),
        ("123 !?", None, None),
    ],
)
def test_scripts(text, script, mix):
    found = measured(Scripts(), answer=text)
    assert found == {"script": script, "script_mix": pytest.approx(mix) if mix is not None else None}


def test_languages_and_whether_they_agree():
    found = measured(Languages(), question="Where is my order?", answer="您的订单明天发货。")
    assert (found["asked_lang"], found["answer_lang"], found["same_lang"]) == ("en", "zh", False)
    assert found["answer_lang_confidence"] > 0.8
    assert measured(Languages(), question="1", answer="2")["same_lang"] is None
    swedish = {"question": "Var är min beställning nu?", "answer": "Den är på väg till dig i dag."}
    found = measured(Languages(engine="langid"), **swedish)
    assert (found["asked_lang"], found["answer_lang"], found["same_lang"]) == ("sv", "sv", True)
    assert measured(Languages(engine="langid"), answer="")["answer_lang"] == "und"


def test_reading_ease_orders_texts_in_english_and_in_chinese():
    easy = measured(Reading(), answer="The cat sat on the mat. It was a good cat.")
    hard = measured(
        Reading(),
        answer="Notwithstanding organisational considerations, the administration "
        "of internationalisation is characterised by institutional complexity of the highest order.",
    )
    assert easy["reading_ease"] > 90
    assert hard["reading_ease"] < 20
    assert hard["hard_words"] > 0.4 > easy["hard_words"] == 0
    plain = measured(Reading(), answer="我们明天发货。请您放心。")
    stiff = measured(Reading(), answer="兹谨鉴于氤氲缱绻之翳翳彳亍踽踽遑论饕餮魑魅之徒觊觎而踟蹰不前者众矣。")
    assert plain["reading_ease"] > stiff["reading_ease"] + 30
    assert plain["sentence_words"] == pytest.approx(5)
    russian = measured(Reading(), answer="Мы отправим заказ завтра.")
    assert (russian["reading_ease"], russian["sentence_words"]) == (None, 4)
    assert measured(Reading(), answer="")["reading_ease"] is None


def test_kernels_of_reading():
    assert [syllables(word) for word in ("cat", "table", "make", "the", "banana")] == [1, 2, 1, 1, 3]
    assert [common(letter) for letter in "我發踽"] == [True, True, False]


def test_exposure_counts_and_never_quotes():
    found = measured(
        Personal(), question="mail jo@example.com", answer="手机１３８１２３４５６７８ 和 a@b.cn"
    )
    assert found == {"pii": 3, "pii_answer": 2, "pii_kinds": "email 2, phone 1"}
    assert measured(Personal(countries=()), answer="SSN 536-90-4399")["pii"] == 0
    assert measured(Personal(regions=()), answer="13812345678")["pii"] == 0
    assert measured(Personal(window=0), answer="PESEL 44051401359")["pii"] == 0
    secret = measured(Secrets(), answer="key AKIA" + "IOSFODNN7EXAMPLE")
    assert (secret["secrets"], secret["secrets_answer"], secret["secret_kinds"]) == (1, 1, "aws_key 1")
    assert measured(Secrets(min_entropy=9), answer="password: Tr0ub4dor&3")["secrets"] == 0


def conduct(**said):
    found = measured(Conduct(), **said)
    return {name: found[name] for name in ("refusal", "harm_asked", "harm_helped")}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            "You are worthless vermin, all you immigrants, and should be shot.",
            {"hate", "violence", "harassment"},
        ),
        ("你们这些移民都是垃圾，就该被打死。", {"hate", "violence", "harassment"}),
    ],
)
def test_toxicity_is_of_the_answer_and_names_its_kind(answer, kind):
    toxic = measured(Conduct(), answer=answer)
    assert toxic["toxicity"] > 0.5
    assert toxic["toxic_kind"] in kind
    plain = measured(Conduct(), question=answer, answer="The office opens at nine. 办事处九点开门。")
    assert plain["toxicity"] < 0.5
    assert plain["toxic_kind"] == "none"


def test_conduct():
    refusal = conduct(question="How do I poison my neighbour?", answer="I can't help with that.")
    assert refusal == {"refusal": "full", "harm_asked": True, "harm_helped": False}
    helped = conduct(question="How do I poison my neighbour?", answer="Buy it at night.")
    assert helped == {"refusal": "none", "harm_asked": True, "harm_helped": True}
    late = "It is late. It is dark. It is cold. I can't help with that."
    assert measured(Conduct(), answer=late)["refusal"] == "none"
    assert measured(Conduct(opening=4), answer=late)["refusal"] == "full"
    partly = "I can't help with that.\n- take this\n- take that"
    assert measured(Conduct(), answer=partly)["refusal"] == "full"
    assert measured(Conduct(partial_words=2), answer=partly)["refusal"] == "partial"


def test_grounding_needs_a_context():
    context = "The tent Alpha weighs 2 kg and has two doors."
    good = measured(Grounding(), context=context, question="How heavy?", answer="The tent weighs 2 kg.")
    bad = measured(Grounding(), context=context, question="How heavy?", answer="The tent weighs 9 kg.")
    assert good["grounding"] > bad["grounding"]
    assert (good["unsupported"], bad["unsupported"]) == (0, 1)
    assert measured(Grounding(), answer="x") == {"grounding": None, "unsupported": None}
    some = {"context": context, "answer": "The tent has windows, curtains, pillows and lamps."}
    assert (
        measured(Grounding(min_overlap=0.0), **some)["unsupported"]
        < measured(Grounding(), **some)["unsupported"]
    )


def test_overlap_and_copying():
    found = measured(
        Overlap(ngram=3), question="Where is my red parcel now", answer="where is my blue parcel"
    )
    assert found == {"overlap": 0.8, "copied": pytest.approx(1 / 3)}
    assert measured(Overlap(), question="a", answer="a b") == {"overlap": 0.5, "copied": None}
    assert measured(Overlap(ngram=2), question="我的订单", answer="我的订单")["copied"] == 1


CONTRACT = Contract(
    task="desk",
    rules=(
        Rule(
            id="opening", text="Begin with Hi.", kind="style", check={"use": "starts_with", "phrase": "Hi."}
        ),
        Rule(id="short", text="At most 3 words.", kind="length", check={"use": "length", "max": 3}),
        Rule(id="kind", text="Be kind.", kind="style"),
    ),
)


def test_rules_exercised_and_broken():
    found = measured(Rules(), tools=Tools(contracts=[CONTRACT]), answer="Hi. This one is too long")
    assert found == {
        "rules": ["opening", "short"],
        "rule_coverage": 1.0,
        "violations": 1,
        "violated": "short",
        "rules_unscored": 0,
    }
    other = measured(Rules(), tools=Tools(contracts=[CONTRACT]), answer="Hi.", task="other")
    assert set(other.values()) == {None}
