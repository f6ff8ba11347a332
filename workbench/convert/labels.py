"""Names and types a slot by the label that stands before it, and by its values where there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.text import count_han, count_words, has_han, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.records import SlotType

LABEL_WORDS = 4
# What may stand around a label, marks of writing direction included.
_MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LABEL_ENDS = f":：>】]）)=-—“\"'`*# \t\r\n{_MARKS}"
_LABEL_STARTS = f" \t-*#>“\"'`【[（(<0123456789.、{_MARKS}"
# By kind: English words, words of other scripts with spaces between words, and of scripts without.
_WORDS: tuple[tuple[SlotType, str, str, str], ...] = (
    (
        "history",
        r"history|conversations?|dialog(?:ue)?s?|transcript|previous",
        "היסטוריה|שיחה|ה?שיחות|ال?محادث(?:ة|ات)|ال?حوار|история|диалог|переписка|대화",
        "历史|对话|聊天|上文|履歴|会話",
    ),
    (
        "date",
        r"dates?|today",
        "ה?תאריך|היום|ال?تاريخ|اليوم|تاریخ|امروز|дата|сегодня|날짜|오늘",
        "日期|时间|今天|日付|今日|本日",
    ),
    (
        "context",
        (
            "contexts?|passages?|notes?|documents?|docs?|sources?|background|facts?|knowledge|articles?"
            "|records?|excerpts?|evidence|snippets?"
        ),
        (
            "ה?הקשר|ה?מסמ(?:ך|כים)|ה?מקור(?:ות)?|ה?קטע(?:ים)?|ה?רקע|ה?מידע|ה?הערות|ה?עובדות"
            "|ال?سياق|ال?مستند(?:ات)?|ال?وثيقة|ال?وثائق|ال?مصدر|ال?مصادر|ال?مقطع|ال?مقاطع|ال?معلومات|ال?ملاحظات"
            "|контекст|документы?|источники?|заметки|сведения|문맥|맥락|자료|문서|컨텍스트"
        ),
        "资料|背景|上下文|文档|材料|参考|知识|原文|记录|笔记|段落|文脈|コンテキスト|資料",
    ),
    (
        "question",
        r"questions?|query|queries|asked|request|message",
        (
            "ה?שאל(?:ה|ות|ת)|ה?בקשה|ה?פנייה|ה?הודעה|ال?سؤال|ال?أسئلة|ال?استفسار|الاستفسار|ال?طلب|ال?رسالة"
            "|вопросы?|запрос|сообщение|질문|문의"
        ),
        "问题|提问|请求|咨询|来信|留言|質問|問い合わせ",
    ),
    (
        "id",
        r"ids?|no|number|ref(?:erence)?|ticket",
        "ה?מספר|מזהה|ال?رقم|ال?معرف|номер",
        "编号|单号|工单|号码|番号",
    ),
)
_LEXICON: tuple[tuple[SlotType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![a-z])(?:{english})(?![a-z])|(?<!\w)(?:{spaced})(?!\w)|{unspaced}"))
    for kind, english, spaced, unspaced in _WORDS
)
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    r"|(?:\w+day,? )?\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}\.?(?: \d{4})?"
    r"|(?:\w+day,? )?[A-Z][a-z]{2,8} \d{1,2}(?:,? \d{4})?"
    r"|\d{1,2}\.? [^\W\d_]{3,12} \d{4}"
)
_ID = re.compile(r"#?[A-Z]{0,5}[-_]?\d{3,}[\w-]*|[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_TURN = re.compile(
    r"^[^\S\n]*(?:user|assistant|human|customer|agent|用户|助手|客户|客服)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_MOST = 0.9
_LONG_WORDS = 40


def label_before(static: str) -> str:
    """Return the label at the end of ``static``: at most a few words, on one line, directly before a hole."""
    text = static.rstrip(_LABEL_ENDS)
    line = re.split(r"[\r\n]|[.!?;](?:\s|$)|[。！？；，,؟؛،۔]", text)[-1].lstrip(_LABEL_STARTS)
    line = re.split(r"\s*[:：]", line)[0]
    return line if 0 < width(line) <= LABEL_WORDS else ""


def slot_type(label: str, values: Sequence[str], *, last: bool) -> tuple[SlotType, str]:
    """Type a slot, and say on what evidence.

    ``last`` says that it is the last hole of the user's turn, which is taken for the question where neither
    label nor values say otherwise.
    """
    folded = label.casefold()
    for kind, pattern in _LEXICON:
        if pattern.search(folded):
            return kind, f"label {label!r}"
    given = [value.strip() for value in values if value.strip()]
    if given and not label:
        for kind, test in _BY_VALUE:
            fitting = sum(test(value) for value in given)
            if fitting >= _MOST * len(given):
                return kind, f"{fitting} of {len(given)} values {_SAYS[kind]}"
    if last and not label:
        return "question", "the last slot of the user's turn"
    return "other", f"label {label!r}" if label else "no label, and values of no one kind"


def slot_name(label: str, kind: SlotType) -> str:
    """Name a slot by its label's words (Chinese ones as they stand), or by its type."""
    found = [w for w in words(label) if w.casefold() not in {"the", "a", "an", "of", "your", "is"}]
    if not found:
        return kind
    if has_han(label):
        return "".join(found)
    return "_".join(re.sub(r"\W+", "_", word.casefold()) for word in found)


def width(text: str) -> float:
    """Count the words of a label; a Chinese character counts for half of one."""
    return count_words(text) - 0.5 * count_han(text)


def _is_history(value: str) -> bool:
    return len(_TURN.findall(value)) > 1


_BY_VALUE: tuple[tuple[SlotType, Callable[[str], bool]], ...] = (
    ("date", lambda value: bool(_DATE.fullmatch(value))),
    ("id", lambda value: bool(_ID.fullmatch(value))),
    ("history", _is_history),
    ("question", lambda value: value.endswith(("?", "？", "؟"))),
    ("context", lambda value: count_words(value) > _LONG_WORDS),
)
_SAYS: dict[SlotType, str] = {
    "date": "are dates",
    "id": "are identifiers",
    "history": "are turns of a conversation",
    "question": "end in a question mark",
    "context": f"have more than {_LONG_WORDS} words",
}
