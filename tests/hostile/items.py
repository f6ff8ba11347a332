"""A hostile file, the commands that read such files, and the lines that they are made of."""

import json
from dataclasses import dataclass
from pathlib import Path

READ_LOG = (
    ("convert", "{file}", "--out", "{out}", "--quiet"),
    ("inspect", "{file}", "--json"),
    ("templates", "{file}", "--quiet"),
)


READ_PAIRS = (
    ("convert", "{file}", "--out", "{out}-converted", "--quiet"),
    ("curate", "{out}-converted", "--out", "{out}-curated", "--signals", "all", "--quiet"),
    ("dedupe", "{out}-converted", "--out", "{out}-deduped", "--quiet"),
    ("export", "{file}", "--to", "sharegpt", "--out", "{out}-exported", "--quiet"),
    ("card", "{file}", "--out", "{out}-card", "--quiet"),
)


READ_ANSWERS = (
    *READ_PAIRS[:2],
    READ_PAIRS[-1],
    ("contract", "check", "{out}-converted", "--contract", "{contract}"),
)


READ_PROMPT = (
    ("contract", "infer", "{file}", "--out", "{out}.yaml"),
    ("contract", "show", "{file}"),
)


READ_CONTRACT = (("contract", "lint", "{file}"), ("contract", "check", "{pairs}", "--contract", "{file}"))


@dataclass(frozen=True)
class Hostile:
    """A file (or a folder, where ``body`` is a dict of them) and the commands to read it with."""

    name: str
    body: bytes | dict[str, bytes]
    commands: tuple[tuple[str, ...], ...]

    def write(self, folder: Path) -> Path:
        place = folder / self.name
        if isinstance(self.body, bytes):
            place.write_bytes(self.body)
            return place
        for name, raw in self.body.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(raw)
        return place


def line(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def call(user="What is open?", answer="Nothing is.", system="You answer in one sentence.") -> dict:
    turns = [("system", system), ("user", user), ("assistant", answer)]
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def pair(prompt="Question?", completion="Answer.", **more) -> dict:
    said = {
        "prompt": [{"role": "user", "content": prompt}],
        "completion": [{"role": "assistant", "content": completion}],
    }
    return said | more
