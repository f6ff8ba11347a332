"""The words of the review page, in English and Chinese."""

from __future__ import annotations

from typing import Literal

Lang = Literal["en", "zh"]
_WORDS: dict[str, tuple[str, str]] = {
    "review": ("Review", "审阅"),
    "decided": ("{done} of {rows} decided", "已决定 {done} / {rows}"),
    "rows_decided": ("Rows decided", "已决定的行"),
    "queue": ("Queue", "队列"),
    "second_look": ("Second look", "复审"),
    "settle": ("Settle", "裁定"),
    "settle_title": ("Where people differ", "判断不一致之处"),
    "settle_lead": (
        "Your word settles the row: it alone counts, and κ is still told from what was said before.",
        "由你裁定：此后只以你的判断为准；κ 仍按裁定前的判断计算。",
    ),
    "settle_them": ("Settle the rows on which people differ: {n} wait", "裁定判断不一致的行：还有 {n} 行"),
    "alike_else": ("{n} further answers are the same", "其余 {n} 项判断一致"),
    "settled": ("settled it", "已裁定"),
    "did_accept": ("accepted", "已接受"),
    "did_reject": ("rejected", "已拒绝"),
    "did_edit": ("edited", "已修改"),
    "nothing_apart": ("Nobody differs on any row that isn't settled", "没有尚未裁定的分歧"),
    "say_unsettled": (
        "Fewer than two people have decided this row as it is now: there is nothing to settle.",
        "这一行目前的文字尚未有两人作出决定，无需裁定。",
    ),
    "progress": ("Progress", "进度"),
    "mine": ("{who}: {n}", "{who}：{n}"),
    "checking": (
        "{checked} of {rows} checked; the order gets better as more are",
        "已检查 {checked} / {rows}，检查越多，排序越准",
    ),
    "asked": ("What was asked", "提问"),
    "said": ("What was answered", "回答"),
    "teacher": ("what the teacher answered", "教师的回答"),
    "role_user": ("user", "用户"),
    "role_system": ("system", "系统"),
    "role_assistant": ("assistant", "助手"),
    "role_question": ("question", "问题"),
    "role_context": ("context", "上下文"),
    "the_answer": ("The answer", "回答"),
    "tags": ("Tags", "标签"),
    "tags_for_example": ("tone, outdated", "语气，过时"),
    "note": ("Note", "备注"),
    "accept": ("Accept", "接受"),
    "edit": ("Save the edit", "保存修改"),
    "reject": ("Reject", "拒绝"),
    "later": ("Later", "稍后"),
    "undo": ("Undo my last", "撤销上一步"),
    "keys": ("Keys", "快捷键"),
    "close": ("Close", "关闭"),
    "key_accept": ("accept", "接受"),
    "key_reject": ("reject", "拒绝"),
    "key_edit": ("edit", "修改"),
    "key_tag": ("tag", "加标签"),
    "key_undo": ("undo", "撤销"),
    "key_later": ("later", "稍后"),
    "key_rules": ("rule 1 to 9: kept, broken, can't tell", "第 1 至 9 条规则：遵守、违反、无法判断"),
    "key_keys": ("keys", "快捷键"),
    "pass": ("pass", "通过"),
    "fail": ("fail", "未通过"),
    "unscored": ("could not be judged", "无法判断"),
    "masked": (
        "{n} pieces of personal data or secrets are hidden; edits keep them.",
        "已隐藏 {n} 处个人信息或密钥，修改时会保留原文。",
    ),
    "reveal": ("Show them", "显示"),
    "hide": ("Hide personal data and secrets", "隐藏个人信息和密钥"),
    "verdicts": ("Your verdict", "你的判断"),
    "verdicts_rules": (
        "Say first, then look at the graders. Rules left open count as kept if you accept or mark another.",
        "请先判断，再看评分器的结论。接受时，或已标出违反的规则时，未标记的规则算作遵守。",
    ),
    "kept": ("kept", "遵守"),
    "broken": ("broken", "违反"),
    "cannot_tell": ("can't tell", "无法判断"),
    "ask_grounding": ("Does the context carry everything it says?", "回答的全部内容都有上下文依据吗？"),
    "ask_harm": ("How far does it refuse?", "回答拒绝到什么程度？"),
    "ask_neutrality": ("Is the wording biased?", "措辞有偏向吗？"),
    "grounding_1": ("yes", "是"),
    "grounding_0": ("no", "否"),
    "harm_none": ("not at all", "完全不拒绝"),
    "harm_partial": ("in part", "部分拒绝"),
    "harm_full": ("fully", "完全拒绝"),
    "neutrality_0": ("no", "否"),
    "neutrality_1": ("yes", "是"),
    "graders_said": ("What the graders said", "评分器的结论"),
    "nothing": ("Nothing waits for you", "没有待审阅的行"),
    "yours": ("{mine} of {rows} rows are yours.", "共 {rows} 行，你已决定 {mine} 行。"),
    "second": (
        "Look at what others decided, without seeing how",
        "复审他人已决定的行（看不到他人的决定）",
    ),
    "then": ("What comes next, in a terminal", "接下来，在终端中运行"),
    "then_progress": ("See who decided how much, and how far you agree", "查看各人的进度与一致性"),
    "person": ("Person", "审阅人"),
    "rows": ("Rows", "行数"),
    "people": ("People", "审阅人"),
    "about": ("About", "关于"),
    "agreement": ("Agreement: Cohen's κ, 95 %", "一致性：Cohen κ，95 %"),
    "keeping": ("keeping or rejecting", "保留或拒绝"),
    "both": ("Both decided", "双方都已决定的行"),
    "alike": ("Alike", "一致"),
    "same": (
        "–: one of them always said the same, which tells nothing of κ.",
        "–：其中一人的判断始终相同，无从计算 κ。",
    ),
    "apart": ("Rows on which you and another differ", "你与他人判断不同的行"),
    "row": ("Row", "行"),
    "you": ("You", "你"),
    "other": ("Another", "他人"),
    "export": ("My decisions as JSON Lines", "导出我的决定（JSON Lines）"),
    "export_all": (
        "Those of everybody: workbench review DATA --export FILE",
        "导出所有人的决定：workbench review DATA --export FILE",
    ),
    "why_breaks": ("breaks {0}", "违反 {0}"),
    "why_many": ("one of {0} different answers to this", "同一提问有 {0} 种不同回答"),
    "why_undecided": ("nothing could judge {0}", "无法判断 {0}"),
    "why_better": ("the {0} did better: {1} failed here", "{0} 更好：此处 {1} 项未通过"),
    "why_unsteady": ("other samples of this case got other verdicts", "同一用例的多次采样判断不一"),
    "why_judge": ("judge and grader disagree {0}", "评判模型与评分器不一致 {0}"),
    "why_unscored": ("{0} could not be graded", "{0} 项无法评分"),
    "why_failed": ("{0} failed", "{0} 项未通过"),
    "why_near": ("borderline: {0} {1}, threshold {2}", "临界：{0} {1}，阈值 {2}"),
    "why_partial": ("borderline: refuses in part", "临界：部分拒绝"),
    "no_entry": ("No entry", "禁止访问"),
    "not_here": ("Not here", "地址不对"),
    "not_taken": ("Not taken", "未接受"),
    "too_slow": ("Too slow", "太慢"),
    "say_slow": ("What was sent didn't come within 30 seconds.", "内容未能在 30 秒内送达。"),
    "too_long": ("Too long", "过长"),
    "no_row": ("No such row", "没有这一行"),
    "say_loopback": ("This page goes by 127.0.0.1 alone.", "本页面只能通过 127.0.0.1 访问。"),
    "say_address": (
        "Open the address that `workbench review` printed; it holds the token.",
        "请打开 `workbench review` 输出的地址，其中含有令牌。",
    ),
    "say_token": ("That token is not this review's.", "令牌与本次审阅不符。"),
    "say_mib": ("More than 1 MiB.", "超过 1 MiB。"),
    "say_form": (
        "The form is not one of this page's. Go back to the queue and decide again.",
        "表单不属于本页面。请回到队列重新决定。",
    ),
    "say_row": ("It isn't in what is reviewed.", "它不在本次审阅的数据中。"),
    "say_text": ("An edit needs a text.", "修改需要有文字。"),
    "say_taken": (
        "Another person is at it, or its text has changed. Nothing was kept: copy what you wrote.",
        "他人正在审阅这一行，或其文字已变。未作保存；请返回复制你写的内容，然后查看队列。",
    ),
}


def say(lang: Lang, name: str, *given: str, **values: object) -> str:
    """Return the words of that name in a language, filled in."""
    return _WORDS[name][lang == "zh"].format(*given, **values)


def known(name: str) -> bool:
    """Tell whether there are words of that name."""
    return name in _WORDS


def language_of(accepted: str) -> Lang:
    """Return the page's language for a browser's ``Accept-Language``."""
    return "zh" if accepted.strip().lower().startswith("zh") else "en"
