"""Hostile YAML: bombs, cycles, tags, and what only looks like a configuration."""


def laughs() -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 12)]
    return "\n".join(rows) + "\n"


YAMLS = {
    "empty": b"",
    "null": b"null\n",
    "text": b"hello\n",
    "number": b"7\n",
    "list": b"- a\n- b\n",
    "tabs": b"a:\n\t- b\n",
    "two-documents": b"a: 1\n---\nb: 2\n",
    "laughs": laughs().encode(),
    "cycle": b"rules: &a\n- *a\n",
    "cycle-map": b"&a\nrules: *a\n",
    "python-tag": b"rules: !!python/object/apply:os.system ['id']\n",
    "unknown-tag": b"rules: !secret x\n",
    "binary": b"rules: !!binary aGVsbG8=\n",
    "set": b"rules: !!set {a, b}\n",
    "deep-flow": b"rules: " + b"[" * 3000 + b"]" * 3000 + b"\n",
    "deep-block": b"".join(b" " * n + b"a:\n" for n in range(1500)),
    "same-key-twice": b"task: a\ntask: b\nrules: []\n",
    "merge": b"a: &a {b: 1}\nrules:\n  <<: *a\n",
    "odd-keys": b"1: a\n? [x, y]\n: b\n2026-01-01: c\n",
    "unclosed": b"rules: [a, b\n",
    "latin1": "task: caf\u00e9\n".encode("latin-1"),
    "utf16": "task: a\n".encode("utf-16"),
    "nul": b"task: a\0b\n",
    "escape": b'task: "\\e[31m\\a"\nsurprise: 1\n',
    "norway": b"task: no\nversion: 1e3\nrules: ~\n",
    "long": b"task: " + b"x" * 3_000_000 + b"\n",
    "too-long": b"task: " + b"x" * 5_000_000 + b"\n",
    "json-nan": b'{"task": NaN}',
    "surrogate": b'{"task": "\\ud800"}',
}
