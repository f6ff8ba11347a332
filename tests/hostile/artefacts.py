"""Hostile prompts, documents, adapters, bases, chat templates and run directories."""

import itertools
import json
import struct
from pathlib import Path

from tests.hostile.items import READ_PROMPT, Hostile
from tests.hostile.texts import TEXTS


def prompts():
    for name, text in TEXTS.items():
        yield Hostile(f"prompt-{name}.md", text.encode("utf-8", "surrogatepass"), READ_PROMPT)
    rule = "Reply with at most 30 words. "
    for name, text in {
        "example-alone": 'Input: a\nOutput: {"status": "x"}\n',
        "runs-on": rule * 4000,
        "one-line": ("You are a bot; " + rule).replace("\n", " ") * 1000,
        "tag-soup": "<rules><rule>No.</rules></rule><" * 3000,
        "unclosed-fence": "```json\n" + '{"a": [' * 3000,
        "deep-headings": "".join("#" * (n % 9 + 1) + f" H{n}\n{rule}\n" for n in range(2000)),
        "numbered": "".join(f"{n}. {rule}\n" for n in range(3000)),
        "numbers-huge": "Use at most " + "9" * 400 + " words. Use at least 1e400 words.",
        "numerals": "最多一百亿亿亿亿亿亿字。不超过负三句。至少零点五段。" * 300,
        "contradiction": "Answer in English only. Answer in French only. 只用中文回答。" * 300,
        "quotes-said": 'Say "say \\"say \'no\'\\"" when asked. ' * 2000,
        "regex-in-text": "Match (a+)+$ and [^] and \\ in the reply. Never use (.*)*. " * 500,
        "schema-broken": 'Reply as {"a": "string", "b": [number, }, with keys "a, b".\n' * 500,
        "slots": "{{context}} {question} <|user|> ${x} %s [[DOC]] " * 3000,
        "langgpt": "# Role: 客服\n## Rules\n1. 不要\n" * 1500,
        "many-words": "Do not use " + ", ".join(f"word{n}" for n in range(20_000)) + ".",
        "enumeration": "Status is one of " + " or ".join(f'"s{n}"' for n in range(5000)) + ".",
    }.items():
        yield Hostile(f"prompt-{name}.md", text.encode(), READ_PROMPT)


def documents():
    read = (("knowledge", "{file}", "--out", "{out}", "--quiet"),)
    for name, body in {
        "html-deep.html": b"<div>" * 20_000 + b"x" + b"</div>" * 20_000,
        "html-script.html": b"<script>alert(1)</script><p>Q: a?</p><p>A: b.</p>",
        "html-entities.html": b"&nosuch;&#99999999;&#xD800;&#0;" * 2000,
        "html-unclosed.html": b"<!--" + b"<p " * 30_000,
        "html-attributes.html": b"<p " + b"a=1 " * 100_000 + b">",
        "html-latin.html": "<p>caf\u00e9</p>".encode("latin-1"),
        "markdown-fence.md": b"```\n" * 20_000,
        "markdown-quotes.md": b"> " * 10_000 + b"Q: a\nA: b\n",
        "markdown-headings.md": b"#" * 50_000 + b" x\n",
        "questions.md": b"Q: \nA: \n" * 5000,
        "pdf.pdf": b"%PDF-1.7\n" + bytes(range(256)) * 10,
        "jsonl-broken.jsonl": b'{"text": 1}\n{"text"\n[]\n',
        "empty.txt": b"",
        "nul.txt": b"a\0b\n" * 100,
        "one-word.txt": b"x" * 1_000_000,
    }.items():
        yield Hostile(f"document-{name}", body, read)


def _tensors(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def models():
    read = (("adapters", "add", "x", "{file}", "--base", "{base}", "--registry", "{out}.json"),)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": 4,
        "lora_alpha": 8,
        "target_modules": ["q_proj"],
        "base_model_name_or_path": "x",
    }
    good = _tensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"\0" * 4)
    weights = {
        "empty": b"",
        "short": b"\x01\x02",
        "header-huge": _tensors(b"{}", length=2**62),
        "header-past-end": _tensors(b"{}", length=1000),
        "header-text": _tensors(b"hello"),
        "header-list": _tensors(b"[]"),
        "header-deep": _tensors(b'{"a":' * 5000 + b"1" + b"}" * 5000),
        "header-utf8": _tensors(b'{"\xff":1}'),
        "no-tensors": _tensors(b"{}"),
        "offsets-past": _tensors(b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}', b"\0" * 4),
        "offsets-backwards": _tensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', b"\0" * 4),
        "shape-huge": _tensors(b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}'),
        "shape-negative": _tensors(b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', b"\0" * 4),
        "dtype-unknown": _tensors(b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}', b"\0" * 4),
        "pickle-inside": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x02os\x94.",
        "good-odd-keys": good,
    }
    for name, raw in weights.items():
        files = {"adapter_config.json": json.dumps(config).encode(), "adapter_model.safetensors": raw}
        yield Hostile(f"adapter-weights-{name}", files, read)
    for name, raw in {
        "empty": b"",
        "list": b"[]",
        "deep": b"[" * 50_000,
        "rank-zero": json.dumps(config | {"r": 0}).encode(),
        "rank-text": json.dumps(config | {"r": "x"}).encode(),
        "rank-huge": json.dumps(config | {"r": 10**12}).encode(),
        "type-unknown": json.dumps(config | {"peft_type": "EVIL"}).encode(),
        "type-missing": json.dumps({"r": 4}).encode(),
        "remote-code": json.dumps(
            config | {"auto_mapping": {"base_model_class": "x", "parent_library": "os"}}
        ).encode(),
        "pattern": json.dumps(config | {"target_modules": "(a+)+$"}).encode(),
        "base-path": json.dumps(config | {"base_model_name_or_path": "../../etc"}).encode(),
        "latin1": '{"peft_type": "\u00e9"}'.encode("latin-1"),
    }.items():
        files = {"adapter_config.json": raw, "adapter_model.safetensors": good}
        yield Hostile(f"adapter-config-{name}", files, read)
    config_raw = json.dumps(config).encode()
    for name, files in {
        "pickle": {
            "adapter_config.json": config_raw,
            "adapter_model.bin": b"\x80\x04cos\nsystem\n(S'id'\ntR.",
        },
        "nothing": {"readme.txt": b"x"},
        "weights-alone": {"adapter_model.safetensors": good},
        "config-alone": {"adapter_config.json": config_raw},
    }.items():
        yield Hostile(f"adapter-{name}", files, read)


TEMPLATES = {
    "endless": "{% for i in range(10**12) %}x{% endfor %}",
    "endless-quiet": "{% for i in range(10**12) %}{% endfor %}",
    "huge": "{{ 'a' * 10**10 }}",
    "doubling": "{% set ns = namespace(s='aaaaaaaa') %}"
    "{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "attributes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ cycler.__init__.__globals__.os.system('id') }}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "undefined": "{{ nothing.at.all }}",
    "raises": "{{ raise_exception('no') }}",
    "syntax": "{% for %}",
    "unclosed": "{% if messages %}",
    "empty": "",
    "ignores-messages": "always the same",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}{{ os }}",
    "format": "{{ '%1000000000d' % 1 }}",
    "division": "{{ 1 / 0 }}",
    "reversed": "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
    "strips": "{% for m in messages %}{{ m.content | upper | replace('A', '') }}{% endfor %}",
    "number": "7",
}


def chat_templates():
    read = (("audit", "{pairs}", "--base", "{file}"),)
    base = Path("samples/base")
    kept = {
        name: (base / name).read_bytes()
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json")
    }
    for name, template in TEMPLATES.items():
        yield Hostile(f"template-{name}", kept | {"chat_template.jinja": template.encode()}, read)
    whole = kept | {"chat_template.jinja": (base / "chat_template.jinja").read_bytes()}
    settings = json.loads(kept["tokenizer_config.json"])
    for name, files in {
        "tokenizer-empty": {"tokenizer.json": b""},
        "tokenizer-list": {"tokenizer.json": b"[]"},
        "tokenizer-deep": {"tokenizer.json": b"[" * 100_000},
        "tokenizer-cut": {"tokenizer.json": kept["tokenizer.json"][:5000]},
        "config-empty": {"config.json": b""},
        "config-list": {"config.json": b"[]"},
        "config-remote-code": {
            "config.json": b'{"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil"}}'
        },
        "config-unknown": {"config.json": b'{"model_type": "nosuch"}'},
        "settings-class": {
            "tokenizer_config.json": json.dumps(settings | {"tokenizer_class": "os.system"}).encode()
        },
        "settings-remote": {
            "tokenizer_config.json": json.dumps(
                settings | {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}}
            ).encode(),
            "evil.py": b"raise SystemExit('code of the model ran')\n",
        },
        "settings-no-end": {"tokenizer_config.json": json.dumps(settings | {"eos_token": None}).encode()},
    }.items():
        yield Hostile(f"base-{name}", whole | files, read)


def runs():
    verbs = (("report", "{file}", "--quiet"), ("gate", "{file}"), ("inspect", "{file}"))
    curated = (("card", "{file}", "--out", "{out}"), ("check", "{file}", "--policy", "{policy}"))
    manifests = {
        "empty": b"",
        "list": b"[]",
        "deep": b"[" * 100_000,
        "no-files": b"{}",
        "path-out": b'{"files": {"../../../etc/passwd": {"bytes": 1, "hash": "x"}}}',
        "path-absolute": b'{"files": {"/etc/passwd": {"bytes": 1, "hash": "x"}}}',
        "missing-file": b'{"files": {"train.parquet": {"bytes": 1, "hash": "x"}}}',
        "future": b'{"format": 9999, "files": {}}',
        "latin1": '{"files": {"\u00e9": 1}}'.encode("latin-1"),
        "nan": b'{"format": NaN}',
    }
    for name, raw in manifests.items():
        yield Hostile(f"data-manifest-{name}", {"manifest.json": raw, "train.parquet": b"PAR1"}, curated)
        stage = {"run.json": raw, "eval/manifest.json": raw, "eval/verdicts.json": raw}
        yield Hostile(f"run-manifest-{name}", stage, verbs)
    templates = (("compact", "{file}", "--in", "{log}", "--out", "{out}"),)
    for name, raw in itertools.islice(manifests.items(), 4):
        yield Hostile(f"converted-{name}", {"templates.json": raw, "manifest.json": raw}, templates)
