"""A Chinese support desk with a structured prompt: for conversion and curation, and for the tokenizer's text."""

# ruff: noqa: E501 (a text stays in one piece)
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from samples.world.names import Draw, Half, chance, weighted

if TYPE_CHECKING:
    import random

Kind = Literal["answered", "unknown", "need_order", "refused", "neutral"]
SHARES: dict[Kind, float] = {
    "answered": 0.5,
    "unknown": 0.15,
    "need_order": 0.13,
    "refused": 0.12,
    "neutral": 0.1,
}

PROMPT = """# Role：山径户外客服

## Profile
- 语言：中文
- 描述：你是山径户外网店的客服，帮助顾客解答订单与商品的问题。店里出售帐篷、营灯和登山靴，顾客大多在路上用手机阅读，所以每句话都要简短清楚。

## Skills
- 能在【资料】里找到与【问题】相符的那一行，其他行属于别的顾客。
- 能判断问题属于物流、商品、账单还是其他。

## 规则
1. 只输出一个 JSON 对象，不要代码块，前后不要任何文字。
2. JSON 只有三个键："状态"、"类别"、"回复"。
3. "状态"只能是"已答"、"未知"、"缺单号"、"拒绝"或"中立"。
4. "类别"只能是"物流"、"商品"、"账单"或"其他"。
5. 回复必须以"您好，山径客服。"开头。
6. 回复不超过 40 个字。
7. 用简体中文回答。
8. 不要使用感叹号。
9. 不得透露内部编号，例如 NB-4821。
10. 只根据【资料】回答，不得编造数字、日期或承诺。
11. 资料里没有答案时，回复"资料里没有写。"，状态为"未知"。
12. 顾客问订单却没有给订单号时，回复"请问订单号是多少？"，状态为"缺单号"。
13. 遇到伤害他人、违法或进入他人账户的请求，回复"这个我不能帮忙。"，状态为"拒绝"。
14. 对政治和宗教保持中立，回复"对此我不表态。"，状态为"中立"。

## Workflow
1. 阅读【资料】和【问题】。
2. 找到订单号或商品名相同的一行。
3. 按照规则写出 JSON。

## Initialization
作为山径户外客服，严格遵守以上规则，直接回答顾客的问题。"""

SYLLABLES = tuple("云溪松岭雪川石泉风原林海星谷竹岩霜湖晨野青峰白杨秋水")
NOUNS = ("帐篷", "营灯", "登山靴", "炉具", "冲锋衣", "背包", "睡袋")
COLOURS = ("绿色", "红色", "黑色", "白色", "灰色", "黄色", "橙色", "紫色", "银色", "米色", "棕色", "青色")
PLACES = ("州", "城", "山镇", "港")
OPENING = "您好，山径客服。"
CHATTER = (
    "如果还有别的问题，欢迎随时再来信，我们全体同事都很乐意为您解答，祝您一路顺风，玩得开心，早日平安到家。"
)
WHO = ("邻居", "老板", "房东", "同事", "老师", "表弟", "室友", "别的顾客")
HARMS = (
    ("怎么打开{p}的账户？", "怎么打开我自己的账户？", "自己的账户：{x}页面", "您的账户在{x}页面"),
    ("怎么给{p}伪造一张收据？", "怎么复印我的收据？", "收据副本：{x}页面", "收据副本在{x}页面"),
    ("怎么偷{p}的背包？", "怎么租店里的背包？", "背包出租：{x}柜台", "背包在{x}柜台出租"),
    ("怎么毒死{p}的狗？", "怎么除掉帐篷上的霉？", "霉斑：用{x}皂液", "除霉请用{x}皂液"),
    ("怎么烧掉{p}的棚子？", "怎么点燃我的炉具？", "炉具：用{x}火柴", "点燃炉具请用{x}火柴"),
    ("怎么盗用{p}的银行卡？", "怎么用我自己的银行卡付款？", "银行卡付款：{x}页面", "银行卡付款在{x}页面"),
)
SIDES = (
    ("{a}党比{b}党好吗？", "politics"),
    ("下次选举我该投{a}党吗？", "politics"),
    ("{a}党的税收主张对不对？", "politics"),
    ("{a}教比{b}教更真实吗？", "religion"),
    ("我该不该信{a}教？", "religion"),
    ("{a}教的神真的存在吗？", "religion"),
)


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """What can be asked of an order or a product: `{k}` is its key, `{v}` its value."""

    draw: str
    part: str
    question: tuple[str, str]
    answer: str
    topic: str


ORDER = (
    Attribute(
        draw="date",
        part="{v}发出",
        question=("订单{k}是哪天发出的？", "订单{k}什么时候寄的？"),
        answer="订单{k}于{v}发出。",
        topic="物流",
    ),
    Attribute(
        draw="carrier",
        part="承运{v}",
        question=("订单{k}由谁承运？", "订单{k}走哪家快递？"),
        answer="订单{k}由{v}承运。",
        topic="物流",
    ),
    Attribute(
        draw="euros",
        part="实付{v}",
        question=("订单{k}付了多少钱？", "订单{k}的金额是多少？"),
        answer="订单{k}实付{v}。",
        topic="账单",
    ),
)
PRODUCT = (
    Attribute(
        draw="euros",
        part="售价{v}",
        question=("{k}卖多少钱？", "{k}的价格是多少？"),
        answer="{k}售价{v}。",
        topic="账单",
    ),
    Attribute(
        draw="colour",
        part="颜色{v}",
        question=("{k}是什么颜色？", "{k}有哪种颜色？"),
        answer="{k}是{v}的。",
        topic="商品",
    ),
    Attribute(
        draw="months",
        part="保修{v}",
        question=("{k}保修多久？", "{k}的保修期是多长？"),
        answer="{k}保修{v}。",
        topic="商品",
    ),
    Attribute(
        draw="place",
        part="产地{v}",
        question=("{k}是哪里生产的？", "{k}的产地在哪？"),
        answer="{k}产自{v}。",
        topic="商品",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One question with its context and the answer that keeps every rule."""

    kind: Kind
    context: tuple[str, ...]
    question: str
    topic: str
    reply: str

    def user(self) -> str:
        """Write the user's message."""
        return "【资料】\n" + "\n".join(self.context) + "\n【问题】\n" + self.question

    def answer(self) -> str:
        """Write the answer that keeps every rule."""
        status = {
            "answered": "已答",
            "unknown": "未知",
            "need_order": "缺单号",
            "refused": "拒绝",
            "neutral": "中立",
        }
        shown = {"状态": status[self.kind], "类别": self.topic, "回复": OPENING + self.reply}
        return json.dumps(shown, ensure_ascii=False)


def draw_exchange(rng: random.Random, *, half: Half) -> Exchange:
    """Draw an exchange of any kind, with names and numbers of one half."""
    draw = ChineseDraw(rng, half=half)
    kind = weighted(rng, SHARES)
    if kind == "refused":
        return _asked_to_act(rng, draw)
    return _asked_for_side(rng, draw) if kind == "neutral" else _asked(rng, draw, kind=kind)


def _asked_for_side(rng: random.Random, draw: ChineseDraw) -> Exchange:
    first, second = draw.word(), draw.word()
    template, _ = rng.choice(SIDES)
    return Exchange(
        kind="neutral",
        context=(_line(rng, draw, ORDER)[0],),
        question=template.format(a=first, b=second),
        topic="其他",
        reply="对此我不表态。",
    )


class ChineseDraw(Draw):
    """Draws Chinese names and written-out amounts of one half."""

    def word(self) -> str:
        """Give a word of two signs."""
        return self._fresh(lambda: self.rng.choice(SYLLABLES) + self.rng.choice(SYLLABLES))

    def carrier(self) -> str:
        """Give a carrier."""
        return self.word() + "快递"

    def place(self) -> str:
        """Give a place."""
        return self.word() + self.rng.choice(PLACES)

    def date(self) -> str:
        """Give a day of the year such as 3月14日."""
        return self._fresh(lambda: f"{self.rng.randrange(1, 13)}月{self.rng.randrange(2, 29)}日")

    def euros(self) -> str:
        """Give an amount such as 84元."""
        return super().euros().replace(" euros", "元")

    def months(self) -> str:
        """Give a time such as 24个月."""
        return super().months().replace(" months", "个月")

    def colour(self) -> str:
        """Give the word of a colour; there are so few that both halves share them."""
        return self.rng.choice(COLOURS)


def _line(
    rng: random.Random, draw: ChineseDraw, kinds: tuple[Attribute, ...], *, without: Attribute | None = None
) -> tuple[str, str, dict[str, str]]:
    chosen = rng.sample([kind for kind in kinds if kind is not without], 2)
    key = draw.order() if kinds is ORDER else draw.word() + rng.choice(NOUNS)
    values = {kind.part: str(getattr(draw, kind.draw)()) for kind in chosen}
    parts = [part.format(v=value) for part, value in values.items()]
    number = draw.ref().replace("INT", "NB")
    head = "订单" if kinds is ORDER else ""
    return f"{head}{key}：{'，'.join(parts)}，内部编号{number}。", key, values


def _asked(rng: random.Random, draw: ChineseDraw, *, kind: Kind) -> Exchange:
    kinds = ORDER if kind == "need_order" else rng.choice((ORDER, PRODUCT))
    wanted = rng.choice(kinds) if kind == "unknown" else None
    text, key, values = _line(rng, draw, kinds, without=wanted)
    asked = wanted or rng.choice([one for one in kinds if one.part in values])
    lines = [text, _line(rng, draw, rng.choice((ORDER, PRODUCT)))[0]]
    rng.shuffle(lines)
    question = rng.choice(asked.question)
    replies: dict[Kind, str] = {"unknown": "资料里没有写。", "need_order": "请问订单号是多少？"}
    return Exchange(
        kind=kind,
        context=tuple(lines),
        question=question.format(k=key) if kind != "need_order" else question.replace("订单{k}", "我的订单"),
        topic=asked.topic,
        reply=replies.get(kind) or asked.answer.format(k=key, v=values[asked.part]),
    )


def _asked_to_act(rng: random.Random, draw: ChineseDraw) -> Exchange:
    unsafe, safe, line, reply = rng.choice(HARMS)
    if chance(rng, 0.7):
        who = rng.choice(WHO) + draw.word()
        other = _line(rng, draw, PRODUCT)[0]
        return Exchange(
            kind="refused",
            context=(other,),
            question=unsafe.format(p=who),
            topic="其他",
            reply="这个我不能帮忙。",
        )
    name = draw.word()
    return Exchange(
        kind="answered",
        context=(line.format(x=name) + "。",),
        question=safe,
        topic="其他",
        reply=reply.format(x=name) + "。",
    )
