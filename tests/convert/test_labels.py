import pytest

from workbench.convert.labels import label_before, slot_name, slot_type


@pytest.mark.parametrize(
    ("static", "label", "kind", "name"),
    [
        ("Context:\n", "Context", "context", "context"),
        ("\n\nQuestion: ", "Question", "question", "question"),
        ("Be brief.\n\n## Retrieved passages\n", "Retrieved passages", "context", "retrieved_passages"),
        ("<chat_history>\n", "chat_history", "history", "chat_history"),
        ("Today is ", "Today is", "date", "today"),
        (". Order number: #", "Order number", "id", "order_number"),
        ("【资料】", "资料", "context", "资料"),
        ("。\n用户问题:", "用户问题", "question", "用户问题"),
        ("对话历史:\n", "对话历史", "history", "对话历史"),
        ("\nQuestion: When was ", "Question", "question", "question"),
        ("Audience: ", "Audience", "other", "audience"),
        ("Use only what stands in the text that follows here ", "", "other", "other"),
    ],
)
def test_the_label_names_and_types_the_slot(static, label, kind, name):
    assert label_before(static) == label
    found, why = slot_type(label, ["x"], last=False)
    assert found == kind
    assert not label or repr(label) in why
    assert slot_name(label, kind) == name


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2026-03-01", "2025-12-24"], "date"),
        (["14 March 2026", "March 3, 2026"], "date"),
        (["2026年3月1日"], "date"),
        (["INT-4821", "48213"], "id"),
        (["User: hi\nAssistant: hello", "用户:在吗\n客服:在"], "history"),
        (["Why?", "在哪里?"], "question"),
        (["word " * 60], "context"),
        (["Kim", "Lee"], "other"),
        ([], "other"),
    ],
)
def test_values_type_a_slot_that_has_no_label(values, kind):
    found, why = slot_type("", values, last=False)
    assert found == kind
    assert kind == "other" or f"{len(values)} of {len(values)} values" in why


def test_the_last_hole_of_the_turn_is_the_question_unless_something_says_otherwise():
    assert slot_type("", ["tell me"], last=True)[0] == "question"
    assert slot_type("", ["2026-03-01"], last=True)[0] == "date"
    assert slot_type("Audience", ["all"], last=True)[0] == "other"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("הקשר:\n", "context"),
        ("המסמכים:\n", "context"),
        ("שאלה: ", "question"),
        ("\u200fהיום: ", "date"),
        ("السياق:\n", "context"),
        ("السؤال: ", "question"),
        ("التاريخ: ", "date"),
        ("رقم الطلب: ", "question"),
        ("Вопрос: ", "question"),
        ("質問：", "question"),
        ("질문: ", "question"),
        ("תשובה: ", "other"),
        ("الاسم: ", "other"),
    ],
)
def test_labels_of_other_scripts_say_what_english_ones_do(label, kind):
    found = label_before(f"أجب باختصار. ענה בקצרה.\n{label}")
    assert slot_type(found, ["x", "y"], last=False)[0] == kind


@pytest.mark.parametrize(
    "value", ["2026-01-03", "٢٠٢٦-٠١-٠٣", "3 يناير 2026", "3 בינואר 2026", "3. März 2026"]
)
def test_dates_of_other_scripts_are_dates(value):
    assert slot_type("", [value], last=False)[0] == "date"


def test_an_arabic_question_mark_tells_a_question():
    assert slot_type("", ["أين الطلب؟", "متى يصل؟"], last=False)[0] == "question"
