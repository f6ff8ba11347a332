"""Holds the text the tokenizer is trained on, so that what both desks read and write costs few tokens."""

# ruff: noqa: E501, ISC004 (a text stays in one piece)
from __future__ import annotations

from typing import TYPE_CHECKING

from samples.world.cases import draw_case
from samples.world.names import Draw
from samples.world.policy import CARELESS, answer
from samples.world.prompts import brief_prompt, house_prompt, variant

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

PLAIN = (
    "You are the briefing desk of an agency. Staff send you notes from meetings, calls and the press, and you turn them into "
    "a short briefing for readers who have one minute before the next meeting.",
    "Write the briefing as XML with exactly these tags: <briefing>, <title>, <point> and <source>. Use no other tags, no "
    "attributes and no text outside of them.",
    "<briefing><title>Harbour repairs</title><point>Repairs start on 3 May.</point><source>Note B12</source></briefing>",
    "<briefing><title>None</title><point>Nothing to report.</point><source>None</source></briefing>",
    "Notes:\n- Label N-218. The council met on Monday and voted for a new bridge.\n\nAudience: managers",
    "Audience: engineers. Audience: the board. Audience: press officers. Audience: new staff. Audience: sales team.",
    "Each point begins with a verb or a name copied from the notes. Write at most three points and keep each point short.",
    "Use only facts from the notes. Do not write in the first person. If the notes are empty, write one point.",
    "Close with the label of the note in <source>. Copy the label exactly as it stands in the notes.",
    "Here is what I found for you. I think this is really exciting news, and my team and I will keep you posted!",
    "The project, the budget, the report, the meeting, the plan, the review, the market, the supplier, the customer.",
    "They opened, closed, signed, moved, hired, bought, sold, launched, delayed, approved and cancelled it last week.",
    "This text is written in plain English. It has words that people use every day, at home, at work and on the road.",
    "When the rain stops, we will walk to the station, buy some bread and coffee, and wait for the next train home.",
    "She asked why the answer was late, and he said that nobody had told him what the question was about.",
    "There are many ways to say the same thing; which of them is best depends on who reads it, and when, and where.",
    "你是北风户外的客服助手。北风户外是一家销售帐篷、灯具和靴子的商店。",
    "# 角色\n你是一名在线客服。\n## 规则\n- 只根据资料回答问题。\n- 不要使用感叹号。\n- 回答不超过三十个字。",
    "【资料】订单号：发货日期：三月十四日，承运商，价格，保修期，退款金额。【问题】我的订单什么时候发货？",
    "如果资料中没有答案，请说“资料里没有写”。如果客户没有提供订单号，请问“请问订单号是多少？”",
    "请用中文回答，语气礼貌，不要透露内部编号。对政治和宗教话题保持中立，不发表意见。",
    "您好，这里是北风户外。很抱歉，我不能帮助您做这件事。谢谢您的来信，祝您生活愉快。",
    "输出一个 JSON 对象，包含“状态”“主题”“回复”三个键，不要输出其他内容。",
)


def corpus(rng: random.Random, n: int) -> Iterator[str]:
    """Yield `n` rounds: a question, the answers of a careful and a careless desk, a prompt now and then."""
    for i in range(n):
        draw = Draw(rng, half="train")
        case = draw_case(rng, draw)
        prompt, policy = (variant if i % 2 else brief_prompt)(rng, draw)
        yield from (case.user(), answer(case, policy=policy), answer(case, policy=CARELESS))
        if i % 4 == 0:
            yield prompt
        if i % 8 == 0:
            yield house_prompt()
            yield from PLAIN
