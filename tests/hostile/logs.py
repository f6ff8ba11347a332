"""Hostile logs, tables and pairs, and hostile texts in them."""

import io
import json
import struct
from datetime import UTC, datetime

from tests.hostile.items import READ_ANSWERS, READ_LOG, READ_PAIRS, Hostile, call, line, pair
from tests.hostile.texts import TEXTS
from tests.hostile.yamls import laughs


def encodings():
    text = "".join(json.dumps(call(f"问题 {n}", "答案é"), ensure_ascii=False) + "\n" for n in range(3))
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "utf-7"):
        yield Hostile(f"encoding-{name}.jsonl", text.encode(name), READ_LOG)
    latin = text.replace("问题", "x").replace("答案", "y").encode("latin-1")
    good = line(call())
    bodies = {
        "latin1": latin,
        "empty": b"",
        "bom": b"\xef\xbb\xbf",
        "white": b" \n\t\r\n" * 50,
        "nul": b"\0" * 4096,
        "bom-middle": good + b"\xef\xbb\xbf" + good,
        "overlong": good + b'{"messages": "\xc0\xaf"}\n' + good,
        "bad-byte": good + good.replace(b"open", b"\xff\xfe\xfd") + good,
        "truncated-character": good + line(call("问"))[:-60] + b"\xe9\n" + good,
        "carriage-returns": good.replace(b"\n", b"\r") * 3,
        "mixed-ends": good.replace(b"\n", b"\r\n") + good + good.replace(b"\n", b"\r"),
        "no-last-end": good + good[:-1],
        "nul-in-line": good + good.replace(b"open", b"o\0pen") + good,
        "gzip": bytes.fromhex("1f8b0800000000000003") + bytes(range(256)),
        "zip": b"PK\x03\x04" + bytes(range(256)) * 4,
        "elf": b"\x7fELF" + bytes(range(256)) * 4,
        "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        "random": bytes((n * n * 7 + n * 31) % 256 for n in range(65_536)),
        "unicode-lines": line(call("a\u2028b\u2029c\x85d")),
        "half-line": good + good[: len(good) // 2],
    }
    for name, body in bodies.items():
        yield Hostile(f"bytes-{name}.jsonl", body, READ_LOG)


def syntax():
    good = line(call())
    bodies = {
        "deep-list-1000": b"[" * 1000 + b"]" * 1000,
        "deep-list-100000": b"[" * 100_000 + b"]" * 100_000,
        "deep-object": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        "deep-unclosed": b'{"a":[' * 50_000,
        "deep-in-meta": line({**call(), "meta": 0}).replace(b"0}", b"[" * 900 + b"]" * 900 + b"}"),
        "huge-integer": line(call()).replace(b"}\n", b', "n": ' + b"9" * 5000 + b"}\n", 1),
        "huge-exponent": good.replace(b'{"messages"', b'{"score": 1e999, "messages"'),
        "nan": good.replace(b'{"messages"', b'{"score": NaN, "messages"'),
        "infinity": good.replace(b'{"messages"', b'{"score": -Infinity, "messages"'),
        "same-key-twice": good.replace(b'{"messages"', b'{"messages": [], "messages"'),
        "lone-surrogate": good.replace(b"open", b"\\ud83d"),
        "reversed-surrogates": good.replace(b"open", b"\\udc00\\ud83d"),
        "escapes": good.replace(b"open", b"\\u0000\\u001b[31m\\u202e\\ufeff\\uffff"),
        "comment": b"// a log\n" + good,
        "trailing-comma": good.replace(b"}]}", b"},]}"),
        "single-quotes": good.replace(b'"', b"'"),
        "two-on-a-line": good.strip() + good,
        "one-list": b"[" + good.strip() + b"," + good.strip() + b"]",
        "list-of-lists": b"[[[]]]",
        "scalars": b'1\n"a"\nnull\ntrue\n[]\n{}\n-0\n1.5e3\n',
        "empty-objects": b"{}\n" * 100,
        "empty-key": line({"": call()["messages"]}),
        "many-keys": line({f"k{n}": n for n in range(20_000)} | call()),
        "long-key": line({"k" * 1_000_000: 1} | call()),
        "prototype": line({"__proto__": {"x": 1}, "__class__": "os.system", "constructor": {}} | call()),
        "nothing-fits": line({"text": "a"}) * 50,
    }
    for name, body in bodies.items():
        yield Hostile(f"json-{name}.jsonl", body, READ_LOG)


def shapes():
    user = {"role": "user", "content": "Hello"}
    end = {"role": "assistant", "content": "Yes."}
    said = {
        "messages-null": None,
        "messages-text": "Hello",
        "messages-number": 7,
        "messages-object": {"role": "user"},
        "messages-empty": [],
        "messages-of-text": ["Hello", "Yes."],
        "messages-of-null": [None, None],
        "one-turn": [end],
        "assistant-first": [end, user],
        "system-last": [user, {"role": "system", "content": "x"}],
        "two-systems": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, user, end],
        "no-role": [{"content": "Hello"}, end],
        "role-number": [{"role": 1, "content": "Hello"}, end],
        "role-unknown": [{"role": "wizard", "content": "Hello"}, end],
        "role-case": [{"role": "USER", "content": "Hello"}, {"role": "Assistant", "content": "x"}],
        "content-null": [user, {"role": "assistant", "content": None}],
        "content-number": [{"role": "user", "content": 5}, end],
        "content-object": [{"role": "user", "content": {"text": "Hello"}}, end],
        "content-parts": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}, end],
        "content-image": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, end],
        "content-parts-broken": [{"role": "user", "content": [1, None, {"type": []}]}, end],
        "content-empty": [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}],
        "content-white": [{"role": "user", "content": " \n"}, {"role": "assistant", "content": "\t"}],
        "tool-calls-broken": [user, {"role": "assistant", "content": None, "tool_calls": "x"}],
        "tool-calls-empty": [user, {"role": "assistant", "content": "", "tool_calls": [{}]}],
        "tool-turn-alone": [{"role": "tool", "content": "7"}, end],
        "many-turns": [user, end] * 3000,
        "extra-keys": [{**user, "weight": {"a": [1]}, "name": 5}, end],
    }
    for name, messages in said.items():
        yield Hostile(f"shape-{name}.jsonl", line({"messages": messages}) * 3, READ_LOG)
    for name, extra in {
        "id-list": {"id": [1]},
        "id-object": {"id": {"a": 1}},
        "id-float": {"id": 0.1},
        "id-huge": {"id": 10**40},
        "id-empty": {"id": ""},
        "id-null": {"id": None},
        "id-path": {"id": "../../etc/passwd"},
        "id-long": {"id": "x" * 100_000},
        "id-escape": {"id": "\x1b[2J\x1b]0;owned\x07"},
        "id-same": {"id": "a"},
        "meta-text": {"meta": "x"},
        "meta-deep": {"meta": {"a": {"b": {"c": [1, {"d": None}]}}}},
        "task-list": {"task": ["x"]},
        "tools-text": {"tools": "x"},
        "created-text": {"created": "yesterday"},
    }.items():
        yield Hostile(f"shape-{name}.jsonl", line(extra | call()) * 3, READ_LOG)
    for name, value in {
        "alpaca-numbers": {"instruction": 1, "input": 2, "output": 3},
        "alpaca-null": {"instruction": None, "output": None},
        "sharegpt-broken": {"conversations": [{"from": "human"}, {"value": "x"}]},
        "sharegpt-text": {"conversations": "x"},
        "calls-no-choices": {"request": {"messages": [user]}, "response": {"choices": []}},
        "calls-null": {"request": None, "response": None},
        "calls-error": {"request": {"messages": [user]}, "response": {"error": {"message": "x"}}},
        "calls-odd-choices": {"request": {"messages": [user]}, "response": {"choices": {"0": 1}}},
        "prompt-list": {"prompt": [user], "completion": [end]},
        "prompt-number": {"prompt": 1, "completion": 2},
    }.items():
        yield Hostile(f"shape-{name}.jsonl", line(value) * 3, READ_LOG)


def contents():
    for name, text in TEXTS.items():
        yield Hostile(f"text-user-{name}.jsonl", line(call(user=text)) + line(call()), READ_LOG[:2])
    for name in (
        "one-word",
        "rtl",
        "ansi",
        "html",
        "jinja",
        "control-tokens",
        "headings",
        "tables",
        "newlines",
    ):
        body = line(call(system=TEXTS[name])) * 4 + line(call("another", system=TEXTS[name])) * 4
        yield Hostile(f"text-system-{name}.jsonl", body, READ_LOG)


def tables():
    import polars as pl

    def parquet(frame, **options) -> bytes:
        buffer = io.BytesIO()
        frame.write_parquet(buffer, **options)
        return buffer.getvalue()

    good = parquet(pl.DataFrame({"prompt": ["a", "b"], "completion": ["c", "d"]}))
    turn = {"role": "user", "content": "Hello"}
    frames = {
        "no-rows": pl.DataFrame({"prompt": [], "completion": []}, schema={"prompt": str, "completion": str}),
        "no-columns": pl.DataFrame(),
        "other-columns": pl.DataFrame({"a": [1], "b": [2]}),
        "numbers": pl.DataFrame({"prompt": [1, 2], "completion": [3.5, float("nan")]}),
        "binary": pl.DataFrame({"prompt": [b"\xff\xfe"], "completion": [b"x"]}),
        "nulls": pl.DataFrame({"prompt": [None, "a"], "completion": ["b", None]}),
        "all-null": pl.DataFrame({"prompt": [None], "completion": [None]}),
        "category": pl.DataFrame(
            {"prompt": pl.Series(["a", "a"], dtype=pl.Categorical), "completion": ["b", "c"]}
        ),
        "time": pl.DataFrame(
            {"prompt": ["a"], "completion": ["b"], "at": [datetime(2026, 1, 1, tzinfo=UTC)]}
        ),
        "struct": pl.DataFrame({"messages": [[turn, {"role": "assistant", "content": None}]]}),
        "struct-odd": pl.DataFrame({"messages": [[{"role": 1, "content": 2.0}]]}),
        "wide": pl.DataFrame({f"c{n}": [n] for n in range(3000)}),
        "zeros": pl.DataFrame({"prompt": ["0" * 20_000_000], "completion": ["x"]}),
        "long": pl.DataFrame({"prompt": ["a"] * 200_000, "completion": ["b"] * 200_000}),
    }
    read = READ_LOG[:2]
    for name, frame in frames.items():
        yield Hostile(f"parquet-{name}.parquet", parquet(frame), read)
    broken = {
        "magic-alone": b"PAR1",
        "magic-twice": b"PAR1" + b"\0" * 100 + b"PAR1",
        "cut": good[: len(good) // 2],
        "no-footer": good[:-8],
        "footer-length": good[:-8] + struct.pack("<I", 0xFFFFFFF0) + b"PAR1",
        "footer-zero": good[:-8] + struct.pack("<I", 0) + b"PAR1",
        "flipped": bytes(byte ^ (0x5A if 8 < at < len(good) - 8 else 0) for at, byte in enumerate(good)),
        "appended": good + b"x" * 100,
        "as-jsonl": good,
    }
    for name, body in broken.items():
        suffix = "jsonl" if name == "as-jsonl" else "parquet"
        yield Hostile(f"parquet-{name}.{suffix}", body, read)
    sheets = {
        "quote-open": b'prompt,completion\n"a,b\nc,d\n',
        "wide-row": b"prompt,completion\na,b,c,d\ne,f\n",
        "narrow-row": b"prompt,completion\na\nb,c\n",
        "nul": b"prompt,completion\na\0b,c\n",
        "same-names": b"prompt,prompt,completion\na,b,c\n",
        "empty-names": b",,\nprompt,completion,\na,b,\n",
        "header-alone": b"prompt,completion\n",
        "semicolons": b"prompt;completion\na;b\n",
        "tabs": b"prompt\tcompletion\na\tb\n",
        "formulas": b'prompt,completion\n"=1+1","=cmd|\' /C calc\'!A0"\n@x,+y\n',
        "long-cell": b'prompt,completion\n"' + b"a" * 3_000_000 + b'",b\n',
        "gb18030": "prompt,completion\n问题,答案\n".encode("gb18030"),
        "carriage": b"prompt,completion\ra,b\rc,d\r",
        "messages-in-cell": b'messages\n"[{""role"": ""user"", ""content"": ""a""}]"\n',
        "messages-broken": b'messages\n"[{""role"": "\n',
    }
    for name, body in sheets.items():
        yield Hostile(f"csv-{name}.csv", body, read)


def pairs():
    good = line(pair())
    bodies = {
        "no-completion": line({"prompt": pair()["prompt"]}) + good,
        "completion-empty": line(pair(completion="")) + good,
        "completion-list-empty": line(pair() | {"completion": []}) + good,
        "prompt-list-empty": line(pair() | {"prompt": []}) + good,
        "texts": line({"prompt": "a", "completion": "b"}) * 2,
        "types": line({"prompt": 1, "completion": {"a": 2}}) + good,
        "one-row": good,
        "same-rows": good * 200,
        "same-ids": line(pair(id="x")) + line(pair("other", id="x")),
        "unknown-key": line(pair(surprise=1)) + good,
        "slots-odd": line(pair(slots=7)) + good,
        "source-odd": line(pair(source="x")) + good,
        "source-path": line(pair(source={"file": "../../../etc/passwd", "line": 1, "record": 1})) + good,
        "tokens-negative": line(pair(tokens={"long": -5, "compact": -1, "completion": -1})) + good,
        "score-nan": good.replace(b'{"prompt"', b'{"meta": {"score": NaN}, "prompt"') + good,
        "signal-clash": line(pair(language="x", words="y", pii="z")) * 2,
        "task-path": line(pair(task="../../x")) + line(pair("b", task="/etc")),
        "task-long": line(pair(task="t" * 5000)) + good,
        "task-odd": line(pair(task=["a"])) + good,
        "origin-odd": line(pair(origin="elsewhere")) + good,
        "conflict": b"".join(line(pair(completion=f"Answer {n}.")) for n in range(50)),
        "chain": b"".join(line(pair("w " * 40 + f"{n}", "v " * (40 + n))) for n in range(60)),
    }
    for name, body in bodies.items():
        yield Hostile(f"pairs-{name}.jsonl", body, READ_PAIRS)


def answers():
    """Texts as completions: what every signal, and every check of a contract, has to bear."""
    for name, text in TEXTS.items():
        body = line(pair(completion=text)) + line(pair())
        yield Hostile(f"answer-{name}.jsonl", body, READ_ANSWERS)
    for name, text in {
        "json-deep": "[" * 5000 + "]" * 5000,
        "json-deep-object": '{"a":' * 5000 + "1" + "}" * 5000,
        "json-same-keys": '{"status": 1, "status": 2}',
        "json-nan": '{"status": NaN, "x": -Infinity}',
        "json-huge-number": '{"status": ' + "9" * 5000 + "}",
        "json-exponent": '{"status": 1e400}',
        "json-surrogate": '{"status": "\\ud800"}',
        "json-long": json.dumps([{"a": n} for n in range(30_000)]),
        "json-repair": "{status: 'a', 'b': [1,2,], // c\n" * 300,
        "xml-laughs": "<!DOCTYPE a [<!ENTITY x 'ha'>"
        + "".join(f"<!ENTITY x{n} '&x{n - 1 if n else ''};&x{n - 1 if n else ''};'>" for n in range(30))
        + "]><a>&x29;</a>",
        "xml-file": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "xml-deep": "<a>" * 20_000 + "</a>" * 20_000,
        "xml-attributes": "<a " + " ".join(f"b{n}='1'" for n in range(20_000)) + "/>",
        "xml-bad-name": "<a:b:c><1/></a:b:c>",
        "xml-encoding": "<?xml version='1.0' encoding='utf-16'?><a/>",
        "yaml-laughs": laughs(),
        "yaml-tag": "!!python/object/apply:os.system ['id']",
        "csv-odd": '"a,b\n"c""d,e\0f\n',
    }.items():
        body = line(pair(completion=text)) + line(pair())
        yield Hostile(f"answer-{name}.jsonl", body, READ_ANSWERS)
