import json

from workbench.cli import execute


def write(path, words):
    rows = [{"id": word, "prompt": f"{word}?", "completion": f"{word}."} for word in words]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_terminal_markdown_and_json_say_the_same(tmp_path, capsys):
    a, b = write(tmp_path / "a.jsonl", "abc"), write(tmp_path / "b.jsonl", "bcde")
    files = ["--markdown", str(tmp_path / "d.md"), "--out", str(tmp_path / "d.json")]
    assert execute(["diff", a, b, *files]) == 0
    shown = capsys.readouterr().out
    assert "2 added, 1 removed, 0 changed, 2 unchanged" in shown
    assert "2 added, 1 removed" in (tmp_path / "d.md").read_text()
    assert json.loads((tmp_path / "d.json").read_text())["counts"]["added"] == 2
    assert execute(["diff", a, b, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["removed"][0]["id"] == "a"


def test_the_page_shows_what_changed_and_no_text_becomes_markup(tmp_path, capsys):
    hostile = "<script>window.stolen = 1</script>"
    a, b = write(tmp_path / "a.jsonl", "abc"), write(tmp_path / "b.jsonl", ["b", "c", "d", "e", hostile])
    page = tmp_path / "d.html"
    assert execute(["diff", a, b, "--html", str(page), "--examples", "2"]) == 0
    capsys.readouterr()
    text = page.read_text("utf-8")
    assert "3 added, 1 removed, 0 changed, 2 unchanged" in text
    assert "… and 1 more, in the JSON of workbench diff" in text
    assert text.count("<script") == 1
    assert execute(["diff", a, b, "--html", str(page), "--examples", "9"]) == 0
    assert "&lt;script&gt;window.stolen" in page.read_text("utf-8")
    assert execute(["diff", a, a, "--html", str(page)]) == 0
    assert "No row changed" in page.read_text("utf-8")


def test_a_version_that_is_not_there(tmp_path, capsys):
    assert execute(["diff", write(tmp_path / "a.jsonl", "a"), str(tmp_path / "b.jsonl")]) == 2
    assert "b.jsonl" in capsys.readouterr().err
