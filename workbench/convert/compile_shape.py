"""Reads the shape of the answer out of prose: JSON keys, their types and values, and XML tags."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from workbench.checks.phrases import Contains, OneOf
from workbench.checks.schema import JsonOnly, JsonSchema
from workbench.checks.xmltext import TagCount, XmlOnly, XmlStructure
from workbench.convert.compile_range import states_range
from workbench.convert.compile_text import NUMBER, Demand, Shape, number, quoted, quoted_spans, unquoted

_JSON_ONLY = re.compile(
    r"\b(?:only|nothing else|nothing but|no (?:other )?text|alone|single|one|valid|strictly|"
    r"whole)\b.{0,60}\bjson\b|\bjson\b.{0,60}\b(?:only|nothing else|no (?:other )?text|alone|"
    r"nothing before)\b|"
    r"(?:只|仅|直接|必须|严格).{0,12}json|json.{0,20}(?:不要|无需|不得|之外)",
    re.IGNORECASE,
)
_ARRAY = re.compile(r"\bjson (?:array|list)\b|JSON ?(?:数组|列表)", re.IGNORECASE)
_JSON_ASKED = re.compile(
    r"\b(?:answer|respond|reply|return|output)\b.{0,24}\bjson (?:array|object|list)\b|"
    r"(?:返回|输出|回复).{0,8}JSON ?(?:对象|数组|列表)",
    re.IGNORECASE,
)
_KEYS = re.compile(r"\b(?:keys?|fields?|properties|attributes)\b|(?<!关)键(?!词|盘)|字段", re.IGNORECASE)
_CLOSED = re.compile(r"\b(?:exactly|only|no others?|nothing else)\b|只有|仅有|且仅|恰好", re.IGNORECASE)
_ENUM = re.compile(
    r"^\s*(?:set )?[\"“「`]?(?P<key>(?<=[\"“「`])[^\"”」`]{1,40}|[a-z_]\w{0,39})[\"”」`]?\s*(?:to\b|is\b|"
    r"must be|should be|can be|only|"
    r":|：|"
    r"是|为|只能|必须|取值|的值)",
    re.IGNORECASE,
)
_TYPE = re.compile(
    r"[\"“「`](?P<key>[^\"”」`]{1,40})[\"”」`]\s*(?:[(（]|is|must be|should be|holds|contains|:|：|是|"
    r"为)?\s*(?:an? )?(?P<type>string|number|integer|boolean|bool|list|array|object|字符串|数字|整数|"
    r"布尔值?|列表|数组|对象)",
    re.IGNORECASE,
)
_TEXT_KEY = re.compile(
    r"\b(?:words|text|message|reply|answer)\b.{0,30}\binto [\"“`](?P<key>[^\"”`]+)[\"”`]", re.IGNORECASE
)
_TYPES = {
    "string": "string", "number": "number", "integer": "integer", "boolean": "boolean", "bool": "boolean",
    "list": "array", "array": "array", "object": "object", "字符串": "string", "数字": "number",
    "整数": "integer", "布尔": "boolean", "布尔值": "boolean", "列表": "array", "数组": "array",
    "对象": "object",
}  # fmt: skip
_OBJECT = re.compile(r"(?<![a-z])json(?![a-z])|\bobject\b|对象", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:\b(?:keys?|fields?|properties|attributes)\b(?: named| called| are|:)?|(?<!关)(?:键|字段)(?:为|是|"
    r"有|包括|包含|[:：])?)\s*"
    r"(?P<list>[A-Za-z_]\w*(?:\s*(?:,\s*and\b|,|\band\b|、|，|和|及|以及)\s*[A-Za-z_]\w*)+)"
)
_WORD = "|".join(sorted(_TYPES, key=len, reverse=True))
_FIELD = re.compile(
    rf"\s*[`\"“]?(?P<key>[a-z_]\w{{0,39}})[`\"”]?\s*(?:[(（](?P<t1>{_WORD})\b[^)）]*[)）]\s*[:：]?|"
    rf"[:：]\s*(?:(?P<t2>{_WORD})|取值|只能|必须|one of|either))"
)
_MAX_KEY = 40
_MIN_LIST = 2
_TAG = re.compile(r"<(?P<tag>[A-Za-z_][\w.-]*)>")
_TAGS_CLOSED = re.compile(r"\b(?:exactly|only|no others?)\b|只|仅", re.IGNORECASE)
_BARE = re.compile(
    r"\b(?:nothing|no text|not(?:hing)? stands?)\b.{0,30}\bbefore\b.{0,20}<(?P<a>[\w.-]+)>|"
    r"<(?P<b>[\w.-]+)>.{0,10}之前",
    re.IGNORECASE,
)
_PUT_INSIDE = re.compile(
    r"\b(?:put|wrap|enclose|place|write|give|output|surround|provide|think|reason|answer)\w*\b.{0,80}"
    r"\b(?:in|inside|within|between|with|using)\b.{0,12}<|(?:放在|写在|包裹|置于|放入|填入)",
    re.IGNORECASE,
)
# Tags that the prompt's own data stands in: nothing is asked of the answer.
_GIVEN_INSIDE = re.compile(
    r"\b(?:following|provided|given|delimited|denoted|contained|supplied|found)\b|"
    r"(?:标记|标签)?(?:中|内|里)的?(?:内容|资料|知识|文本|描述)",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"^(?:close|end|finish) with <(?P<a>[\w.-]+)>|\blast tag is <(?P<b>[\w.-]+)>", re.IGNORECASE
)
_MOST = re.compile(
    rf"(?:at most|no more than|up to|maximum of|至多|最多|"
    rf"不超过)\s*(?P<n>{NUMBER})\s*(?:个)?<?(?P<tag>[A-Za-z]+?)s?>?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class JsonShape:
    """The keys that the prompt names, whether others are forbidden, and what is said of each."""

    keys: tuple[str, ...]
    closed: bool
    enums: dict[str, tuple[str, ...]]
    types: dict[str, str]
    array: bool = False

    def schema(self) -> dict[str, Any]:
        """Write the shape as JSON Schema (2020-12)."""
        properties: dict[str, Any] = {key: {"type": self.types.get(key, "string")} for key in self.keys}
        if not self.closed:
            properties = {
                key: value if key in self.types or key in self.enums else {}
                for key, value in properties.items()
            }
        schema: dict[str, Any] = {"type": "object", "required": list(self.keys), "properties": properties}
        schema |= {"additionalProperties": False} if self.closed else {}
        return {"type": "array", "items": schema} if self.array else schema


def read_shape(texts: list[str]) -> tuple[JsonShape | None, Shape]:
    """Read all rule texts of a prompt for the keys of its JSON, their values, and its own phrases."""
    keys, closed = _keys(texts)
    fields = {} if keys else _fields(texts)
    keys = keys or tuple(fields)
    enums = {key: values for text in texts for key, values in _enum(text, keys)}
    types = {
        m["key"]: _TYPES[m["type"].casefold()]
        for text in texts
        for m in _TYPE.finditer(text)
        if m["key"] in keys
    }
    types |= {key: kind for key, kind in fields.items() if kind}
    free = [key for key in keys if key not in enums and types.get(key, "string") == "string"]
    said = [m["key"] for text in texts for m in _TEXT_KEY.finditer(text) if m["key"] in keys]
    values = {value for row in enums.values() for value in row} | set(keys)
    phrases = tuple(dict.fromkeys(q for text in texts for q in quoted(text) if q not in values))
    array = any(_ARRAY.search(text) for text in texts)
    # The fields of a list's elements are no fields of the answer: no rule can look at one alone.
    shape = Shape(
        keys=() if array else keys,
        text_key=None if array else said[0] if said else free[0] if len(free) == 1 else None,
        enums=enums,
        phrases=phrases,
    )
    if not keys:
        return None, shape
    return JsonShape(keys=keys, closed=closed, enums=enums, types=types, array=array), shape


def compile_json(text: str, shape: Shape) -> Demand | None:
    """Compile "JSON only", an example object, and the values of one key (see also :func:`shape_rule`)."""
    whole = (0, len(text))
    example = _example(text)
    if example is not None:
        return Demand(
            kind="format", slug="json-shape", check=JsonSchema(schema=_schema_of(example)), span=whole
        )
    for key, values in _enum(text, shape.keys):
        return Demand(
            kind="format", slug=f"one-of-{key}", check=OneOf(values=values, path=f"$.{key}"), span=whole
        )
    if _JSON_ONLY.search(text) and not (_KEYS.search(text) and shape.keys):
        return Demand(kind="format", slug="json-only", check=JsonOnly(root=_root(text)), span=whole)
    if _JSON_ASKED.search(text) and not (_KEYS.search(text) and shape.keys):
        return Demand(kind="format", slug="json", check=JsonOnly(root=_root(text), fence=True), span=whole)
    return None


def shape_rule(shape: JsonShape, span: tuple[int, int]) -> Demand:
    """Make the one rule for the keys and types of the object."""
    return Demand(kind="format", slug="json-keys", check=JsonSchema(schema=shape.schema()), span=span)


def speaks_of_shape(text: str, shape: JsonShape | None) -> bool:
    """Tell whether a text only says which keys there are, or what type a key has."""
    if shape is None:
        return False
    if states_range(text):
        return False
    plain = unquoted(text)
    named = [key for key in quoted(text) or _named(text) if key in shape.keys]
    if _KEYS.search(plain) and len(named) == len(shape.keys):
        return True
    field = _FIELD.match(text)
    if field is not None and field["key"] in shape.keys and (field["t1"] or field["t2"]):
        return True
    typed = _TYPE.search(text)
    return bool(named) and (
        (typed is not None and typed["key"] in shape.keys) or _TEXT_KEY.search(text) is not None
    )


def compile_xml(text: str, shape: Shape) -> list[Demand]:
    """Compile which tags the XML has, what may stand around it, and what it closes with."""
    del shape
    whole = (0, len(text))
    tags = tuple(dict.fromkeys(match["tag"] for match in _TAG.finditer(text)))
    if tags and _PUT_INSIDE.search(text):
        return [_enclosed(tag, len(text)) for tag in tags]
    if tags and _GIVEN_INSIDE.search(text):
        return []
    bare = _BARE.search(text)
    if bare:
        check = XmlOnly(root=bare["a"] or bare["b"])
        return [Demand(kind="format", slug="xml-only", check=check, span=whole)]
    last = _LAST.search(text)
    if last:
        check_last = XmlStructure(last=last["a"] or last["b"])
        return [
            Demand(kind="format", slug=f"closes-with-{last['a'] or last['b']}", check=check_last, span=whole)
        ]
    if re.search(r"\bxml\b|\btags?\b|标签", text, re.IGNORECASE) and tags:
        closed = tags if _TAGS_CLOSED.search(text) else ()
        counts = tuple(TagCount(tag=tag, min=1) for tag in tags)
        return [
            Demand(
                kind="format",
                slug="xml-tags",
                check=XmlStructure(root=tags[0], tags=closed, counts=counts),
                span=whole,
            )
        ]
    return []


def _enclosed(tag: str, length: int) -> Demand:
    """Ask for a pair of tags somewhere in the answer, whatever stands between and around them."""
    check = Contains(pattern=rf"<{re.escape(tag)}>[\s\S]*</{re.escape(tag)}>")
    return Demand(kind="format", slug=f"tags-{tag}", check=check, span=(0, length))


def compile_count(text: str, tags: tuple[str, ...]) -> Demand | None:
    """Compile "at most three points", where ``point`` is a tag of the answer."""
    match = _MOST.search(text)
    tag = match["tag"].casefold() if match else ""
    if match is None or tag not in tags:
        return None
    check = XmlStructure(counts=(TagCount(tag=tag, max=number(match["n"])),))
    return Demand(kind="length", slug=f"max-{tag}", check=check, span=(0, len(text)))


def tags_of(texts: list[str]) -> tuple[str, ...]:
    """List the XML tags that the rule texts name."""
    return tuple(dict.fromkeys(match["tag"] for text in texts for match in _TAG.finditer(text)))


def _keys(texts: list[str]) -> tuple[tuple[str, ...], bool]:
    for text in texts:
        if not _KEYS.search(unquoted(text)):
            continue
        names = [q for q in quoted(text) if len(q) <= _MAX_KEY and " " not in q.strip()] or _named(text)
        if len(names) >= _MIN_LIST or (names and re.search(r"\bjson\b|object|对象", text, re.IGNORECASE)):
            return tuple(dict.fromkeys(names)), bool(_CLOSED.search(unquoted(text)))
    for text in texts:
        example = _example(text)
        if isinstance(example, dict) and example:
            return tuple(example), False
    return (), False


def _fields(texts: list[str]) -> dict[str, str | None]:
    """Read fields that stand one a line, each with its type or its values ("- file (string): …")."""
    found = [match for text in texts if (match := _FIELD.match(text))]
    if len(found) < _MIN_LIST:
        return {}
    return {m["key"]: _TYPES.get((m["t1"] or m["t2"] or "").casefold()) for m in found}


def _named(text: str) -> list[str]:
    """List the keys that are named without quotes ("with the fields title, summary and tags")."""
    match = _NAMED.search(text) if _OBJECT.search(text) else None
    return (
        [one for one in re.split(r"\s*(?:,\s*and\b|,|\band\b|、|，|和|及|以及)\s*", match["list"]) if one]
        if match
        else []
    )


def _enum(text: str, keys: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    match = _ENUM.search(text)
    if match is None or match["key"] not in keys:
        return []
    values = tuple(q for start, _, q in quoted_spans(text) if start >= match.end() - 1)
    return [(match["key"], values)] if len(values) >= _MIN_LIST else []


def _root(text: str) -> str:
    return (
        "array"
        if re.search(r"json (?:array|list)|JSON ?数组", text, re.IGNORECASE)
        else "object"
        if re.search(r"object|对象", text, re.IGNORECASE)
        else "any"
    )


def _example(text: str) -> Any:
    body = re.sub(r"\A```\w*", "", text.strip()).removesuffix("```").strip()
    if not body.startswith("{"):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _schema_of(value: Any) -> dict[str, Any]:
    """Infer the schema of an example: same keys, same types; values are free."""
    match value:
        case dict():
            return {
                "type": "object",
                "required": list(value),
                "properties": {key: _schema_of(inner) for key, inner in value.items()},
            }
        case list():
            return {"type": "array", **({"items": _schema_of(value[0])} if value else {})}
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return {"type": "number"}
        case None:
            return {}
        case _:
            return {"type": "string"}
