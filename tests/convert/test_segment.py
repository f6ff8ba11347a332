from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.convert.segment import classified, segment
from workbench.convert.segment_units import sentence_spans, units
from workbench.io.bundled import bundled


def kinds(prompt):
    return [part.kind for part in classified(prompt)]


def pieces(text):
    return [text[a:b] for a, b in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("一。二！三？", ["一。", "二！", "三？"]),
        ('Say "No. Never." and go. Then stop.', ['Say "No. Never." and go.', "Then stop."]),
        ('回复必须以"您好。"开头。不要长。', ['回复必须以"您好。"开头。', "不要长。"]),
        ("Use tags, e.g. Red or Blue. Stop.", ["Use tags, e.g. Red or Blue.", "Stop."]),
        ("It costs 3.50 euros. Fine.", ["It costs 3.50 euros.", "Fine."]),
        ("1. One. 12. Two.", ["1. One.", "12. Two."]),
        (
            "Ask approx. Ten of us. Mr. Fox and J. Hen came.",
            ["Ask approx. Ten of us.", "Mr. Fox and J. Hen came."],
        ),
        ("Wait... Now. Wait...now. 等……好。", ["Wait...", "Now.", "Wait...now.", "等……好。"]),
        ("他说“好。行。”再走。完。", ["他说“好。行。”再走。", "完。"]),
        ("Done (really.) Fine.)x y. z. End.", ["Done (really.)", "Fine.)x y. z.", "End."]),
        ("no stop", ["no stop"]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("prompt", "path", "text"),
    [
        ("# Output\n- One.", ("Output",), "One."),
        ("## A\n### B\n1. One.\n## C\nTwo.", ("A", "B"), "One."),
        ("【规则】\n1、不要长。", ("规则",), "不要长。"),
        ("FORM:\nOne.", ("FORM",), "One."),
        ("**Style**\nBe calm.", ("Style",), "Be calm."),
        ("<rules>\nOne.\n</rules>\nTwo.", ("rules",), "One."),
        ("<a>\n<b>\nOne.", ("a", "b"), "One."),
    ],
)
def test_units_know_their_headings(prompt, path, text):
    first = units(prompt)[0]
    assert (first.path, first.text(prompt)) == (path, text)


@pytest.mark.parametrize(
    ("prompt", "paths"),
    [
        ("1. Do a.\n2. Example:\n   - in: x\n   - out: y\n3. Do b.", [(), ("Example",), ("Example",), ()]),
        ("7. 示例（测试用）\n汤面：甲。\n汤底：乙。\n\n8. 要短。", [("示例（测试用）",)] * 2 + [()]),
        ("- Example\nInput: a\n- Be kind.\nGo.", [("Example",), (), ()]),
        ("- Example:\n- a\n- b", [()] * 3),
        ("Be kind.\n3. Examples", [(), ()]),
    ],
)
def test_an_item_that_says_that_a_sample_follows_heads_it(prompt, paths):
    """Up to the next item of its list."""
    assert [unit.path for unit in units(prompt)] == paths


@pytest.mark.parametrize(
    ("start", "run", "end"),
    [
        ("请使用", ".", "字"), ("请使用", "1", "字"), ("请用", "三", "字"), ("x ", "\u3000", " y."),
        ("Use ", "\x1f", ":\nA. b"), ("", "e.g. ", "b"), ("# ", "#", ""), ("“", "字。", "字"),
        ("- ", "P.S. ", ""), ("# a", " \t", ":\n- b"), ("```\n", " ", "\n```x"),
    ],
)  # fmt: skip
def test_long_runs_are_read_once(start, run, end):
    """Where a run is looked through once from each of its places, this takes hours."""
    prompt = start + run * (200_000 // len(run)) + end
    spans = segment(prompt)
    assert not prompt[: spans[0].start].strip()
    assert not prompt[spans[-1].end :].strip()


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("You are a careful translator.", "role"),
        ("你是一名资深客服。", "role"),
        ("Read the question first and find the product in it.", "procedure"),
        ("Answer with one JSON object.", "format"),
        ("Use bullet points and bold key terms.", "format"),
        ("只输出 JSON，不要代码块。", "format"),
        ("Keep it to at most 30 words.", "length"),
        ("不超过 40 个字。", "length"),
        ("Answer only from the context.", "grounding"),
        ("不得编造数字。", "grounding"),
        ("If the documents do not mention it, say so.", "grounding"),
        ("Refuse requests that would harm someone.", "safety"),
        ("不得透露内部信息。", "safety"),
        ("Stay neutral on politics and religion.", "neutrality"),
        ("对政治保持中立。", "neutrality"),
        ("Use a warm and friendly tone.", "style"),
        ("语气要亲切礼貌。", "style"),
        ("Answer in French.", "language"),
        ("用简体中文回答。", "language"),
        ("Today is 3 May 2026.", "fact"),
        ("Each message holds a context and a question.", "context"),
        ("{{documents}}", "context"),
        ("Question: {question}", "input"),
    ],
)
def test_kind_of_a_sentence(sentence, kind):
    assert kinds(f"You are a bot.\n\n{sentence}")[-1] == kind


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        # An inline label speaks for its line; the label of a field of the output does not.
        ("You are a bot.\n**Length:** as it comes.\n**Voice:** like a sailor.", ["role", "length", "style"]),
        ("语言:简体中文\n语气:轻松", ["language", "style"]),
        ("# Output\nOne JSON object:\n- date: when it happened\n- voice: who spoke", ["format"]),
        # A wrapped sentence is one.
        ("You are a bot.\n\nAnswer only from the passages\nthat come with it.", ["role", "grounding"]),
        # Tags on one line with their text.
        ("<指令>只根据资料回答。</指令>\n<资料>{{ context }}</资料>\n<问题>{{ question }}</问题>",
         ["grounding", "context", "input"]),
        # Placeholders under a format are part of it.
        ("You are a bot.\nReply in this format:\n{summary}\n{score}", ["role", "format"]),
        # The condition of a sentence says nothing of its kind.
        ("You are a bot.\nIf the text is over 100 words, ask for a shorter one.", ["role", "procedure"]),
        # A list under a label ends with the list.
        ("Criteria:\n1. Depth\n2. Rigour\nAnswer in French.", ["procedure", "language"]),
        # Samples end where the real input begins.
        ("Example 1\nInput: a\nOutput: b\n\nInput:\n{{text}}", ["example", "input"]),
        ("[Question]\n{question}\n\n[The Start of Answer A]\n{answer}\n[The End]", ["input", "context"]),
    ],
)  # fmt: skip
def test_structure_tells_the_kinds(prompt, expected):
    assert [span.kind for span in segment(prompt)] == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("{profile_of_user}", "context"),
        ("{chat_history}", "context"),
        ("{{#context#}}", "context"),
        ("{user_input}", "input"),
        ("${query}", "input"),
        ("{{用户问题}}", "input"),
        ("[INSERT DOCUMENT]", "context"),
    ],
)
def test_a_slot_is_known_by_its_name(prompt, expected):
    assert kinds(f"You are a bot.\n\n{prompt}\n\n{{other}}")[1] == expected


def test_what_a_heading_does_not_head_is_one_unit_with_what_came_before():
    prompt = "Question: {question}\nAnswer:"
    assert [(span.start, span.end) for span in segment(prompt)] == [(0, len(prompt))]


def test_an_example_block_is_one_span_and_gives_way_to_the_next_heading():
    prompt = (
        "# Rules\n- Be brief.\n# Example\nUser: Hi, in English.\n"
        "Assistant: hello\n# Language\n- Answer in German."
    )
    assert [span.kind for span in segment(prompt)] == ["length", "example", "language"]


def test_a_heading_belongs_to_what_follows():
    prompt = "You are a bot.\n# Language\nAnswer in German."
    second = segment(prompt)[1]
    assert prompt[second.start : second.end] == "# Language\nAnswer in German."


@given(st.text(alphabet="aB.# -\n\"'<>/`{}[]:：。【】*1é你🙂\r\t\u202b", max_size=200))
def test_spans_tile_the_prompt(prompt):
    covered = [0] * len(prompt)
    for span in segment(prompt):
        assert span.start < span.end
        for i in range(span.start, span.end):
            covered[i] += 1
    assert all(covered[i] == 1 or character.isspace() for i, character in enumerate(prompt))
    assert max(covered, default=0) <= 1


@pytest.mark.parametrize("name", ["support", "briefing", "chinese"])
def test_sample_prompts_are_tiled(name):
    prompt = bundled(f"samples/{name}/prompt.md").read_text(encoding="utf-8")
    spans = segment(prompt)
    assert "".join("".join(prompt[s.start : s.end] for s in spans).split()) == "".join(prompt.split())
    assert all(a.kind != b.kind for a, b in pairwise(spans))


def test_a_prompt_of_200_kb_is_cut_in_seconds():
    prompt = "You are a bot.\n" + "- Answer in English, with at most 30 words and (((( no fence.\n" * 3200
    assert len(segment(prompt)) >= 2


def test_thousands_of_unclosed_tags_are_cut_in_seconds():
    prompt = "<a>one\n<b>two\n" * 1500 + "</a>\n</b>"
    assert sum(span.end - span.start for span in segment(prompt)) > len(prompt) / 2


def test_pictures_mark_headings_and_items():
    prompt = "🌟Tone\n✅ Warm and kind\n✅ No slang\n🌟Length\n✅ At most 100 words\n"
    assert [
        (span.kind, prompt[span.start : span.end].split("\n", maxsplit=1)[0]) for span in segment(prompt)
    ] == [
        ("style", "🌟Tone"),
        ("length", "🌟Length"),
    ]


def test_speakers_that_take_turns_are_a_sample_and_fields_are_not():
    prompt = (
        "You are a tutor.\n\n## A good exchange\nMia: i got 7\nPi: How did you get there?\nMia: i guessed\n"
        "Pi: Try the first step again.\n"
    )
    assert segment(prompt)[-1].kind == "example"
    fields = (
        "You are a tutor.\n\n## Output format\nTitle: the title\nBody: a text\nTitle: again\nBody: again\n"
    )
    assert "example" not in {span.kind for span in segment(fields)}


def test_tables_of_a_database_are_facts():
    prompt = "Write one query.\n\n## Schema\n```sql\nCREATE TABLE parcels (id int, city text);\n```\n"
    assert segment(prompt)[-1].kind == "fact"
