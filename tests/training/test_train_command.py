"""`workbench train` as it is typed: killed and resumed, and each way in which it can't go on."""

import json
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import make_base, make_frame, make_tokenizer

from workbench.cli import execute
from workbench.errors import EXIT_USER

torch = pytest.importorskip("torch")
TESTS = Path(__file__).parent.parent
STEPS = 12
RECIPE = """\
version: 1
base: {base}
convert: {{logs: [log.jsonl]}}
train: {{use: sft, r: 4, learning_rate: 0.02, max_steps: {steps}, batch_size: 4, dtype: float32, log_every: 1,
  eval_every: 5, checkpoint_every: 3, parity_rows: 2{more}}}
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads wait for one another longer than such small tensors take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def place(tiny_base, tmp_path, monkeypatch):
    """Work in a folder with data and a recipe of few steps."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    make_frame(20).write_parquet(tmp_path / "data" / "train.parquet")
    make_frame(4, seed=9).write_parquet(tmp_path / "data" / "valid.parquet")
    (tmp_path / "log.jsonl").write_text("")
    recipe(tmp_path, tiny_base)
    return tmp_path


def recipe(place, base, *, steps=STEPS, more=""):
    (place / "recipe.yaml").write_text(RECIPE.format(base=base, steps=steps, more=more))


def train(base, *options, out="out"):
    data = ["train", "data", "--base", str(base), "--recipe", "recipe.yaml", "--out", out, "--quiet"]
    return execute([*data, *options])


def tensors(out):
    from safetensors.torch import load_file

    return load_file(Path(out) / "adapter" / "adapter_model.safetensors")


def distance(one, other):
    a, b = tensors(one), tensors(other)
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


# One process imports torch once for all tests of this module; each piece of code runs in a fork of it, and
# each command in a fork of that, which fails or dies alone.
FORKS = """
import json, os, resource, signal, sys, time
from pathlib import Path
from transformers import Trainer
from workbench.cli import execute
from workbench.training import run
from workbench.training.objectives import Supervised

def command(out, *options, before=lambda: None):
    given = ["train", "data", "--base", BASE, "--recipe", "recipe.yaml", "--quiet", "--out"]
    child = os.fork()
    if child == 0:
        error = os.open(f"{out}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(error, 2)
        before()
        code = execute([*given, out, *options])
        sys.stderr.flush()
        os._exit(code)
    return child

def ended(child):
    return os.waitpid(child, 0)[1]

def code(child):
    return os.waitstatus_to_exitcode(ended(child))

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(asked["place"])
        BASE, told = asked["base"], {}
        exec(asked["code"], {**globals(), "ARGUMENTS": asked["arguments"], "told": told})
        Path("told.json").write_text(json.dumps(told))
        os._exit(0)
    print(code(child), flush=True)
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=alone(home),
    ) as server:  # fmt: skip
        yield server
        server.stdin.close()


def forked(server, place, base, code, *arguments):
    """Run code with ``FORKS`` at hand, and return what it put into ``told``."""
    asked = {"place": str(place), "base": str(base), "code": textwrap.dedent(code), "arguments": arguments}
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    assert server.stdout.readline() == "0\n"
    return json.loads((place / "told.json").read_text())


def alone(place):
    """Return an environment for a process that forks: threads of polars' allocator would hold a fork up."""
    return {
        "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS.parent), "PATH": "", "HOME": str(place),
        "_RJEM_MALLOC_CONF": "background_thread:false",
    }  # fmt: skip


def test_killed_at_five_random_steps_it_ends_with_the_same_adapter_and_the_same_losses(
    tiny_base, place, warm
):
    kill = """
        def logged(out):
            log = Path(f"{out}.partial") / "log.jsonl"
            return log.read_text().count('"loss"') if log.exists() else 0

        for step in ARGUMENTS:
            child = command("killed")
            while logged("killed") < step and os.waitpid(child, os.WNOHANG) == (0, 0):
                time.sleep(0.002)
            os.kill(child, signal.SIGKILL)
            assert os.WIFSIGNALED(ended(child)), step
        told["codes"] = [code(command("killed")), code(command("whole"))]
    """
    steps = sorted(random.Random(5).sample(range(1, STEPS), 5))
    assert forked(warm, place, tiny_base, kill, *steps)["codes"] == [0, 0]
    assert json.loads((place / "killed" / "summary.json").read_text())["resumed"]
    assert distance("killed", "whole") < 1e-6
    assert (place / "killed" / "log.jsonl").read_text() == (place / "whole" / "log.jsonl").read_text()


def refused(capsys, code, *expected):
    error = capsys.readouterr().err
    assert code == EXIT_USER, error
    assert "Traceback" not in error
    assert "to do" in error
    for word in expected:
        assert word in error
    return error


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        MemoryError(),
    ],
)
def test_out_of_memory_says_what_to_change_and_keeps_the_checkpoint(
    tiny_base, place, capsys, monkeypatch, error
):
    from workbench.training.objectives import Supervised

    whole, calls = Supervised.__call__, []

    def full(self, model, batch):
        calls.append(1)
        if len(calls) > 4:
            raise error
        return whole(self, model, batch)

    monkeypatch.setattr(Supervised, "__call__", full)
    said = refused(capsys, train(tiny_base), "memory", "batch_size 2 with grad_accumulation 2")
    assert "--gradient-checkpointing" in said
    assert "--quantize 4bit" in said
    assert [p.name for p in (place / "out.partial" / "checkpoints").glob("c*")] == ["checkpoint-3"]
    assert not (place / "out").exists()


def test_memory_and_disk_that_really_run_out_are_said_to_and_the_run_goes_on(tiny_base, place, warm):
    """A bound on the process's memory, and one on the size of its files: torch fails as without room.

    The adapter's file is written by safetensors, the optimiser's by torch; each says so in its own way.
    """
    short = """
        def little_memory():
            whole = Supervised.__call__
            def bounded(self, model, batch):
                held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
                resource.setrlimit(resource.RLIMIT_AS, (held + 5_000_000, resource.RLIM_INFINITY))
                wide = {name: x.repeat(400, 1) if x.ndim == 2 else x for name, x in batch.items()}
                return whole(self, model, wide)
            Supervised.__call__ = bounded

        def little_disk(name):
            whole = getattr(Trainer, name)
            def bounded(self, *args, **kwargs):
                if self.state.global_step > 3:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
                return whole(self, *args, **kwargs)
            setattr(Trainer, name, bounded)

        told["codes"] = [
            code(command("memory", before=little_memory)),
            code(command("adapter", before=lambda: little_disk("save_model"))),
            code(command("optimiser", before=lambda: little_disk("_save_optimizer_and_scheduler"))),
        ]
        told["said"] = {path.stem: path.read_text() for path in Path().glob("*.err")}
        told["codes"] += [
            code(command("adapter", "--resume")),
            code(command("optimiser", "--no-resume")),
        ]
    """
    told = forked(warm, place, tiny_base, short)
    codes = told["codes"]
    said = told["said"]
    assert codes == [EXIT_USER, EXIT_USER, EXIT_USER, 0, 0], said
    assert "batch_size 2 with grad_accumulation 2" in said["memory"]
    assert "no room left" in said["optimiser"]
    assert "goes on from its last checkpoint" in said["optimiser"]
    resumed = {
        name: json.loads((place / name / "summary.json").read_text())["resumed"]
        for name in ("adapter", "optimiser")
    }
    assert resumed == {"adapter": True, "optimiser": False}
    assert distance("adapter", "optimiser") < 1e-6


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_checkpoint(tiny_base, place, capsys):
    recipe(place, tiny_base, more=", max_grad_norm: 1.0e+20, warmup: 0.0")
    text = (place / "recipe.yaml").read_text().replace("checkpoint_every: 3", "checkpoint_every: 1")
    (place / "recipe.yaml").write_text(text)
    refused(capsys, train(tiny_base, "--learning-rate", "1e20"), "a loss of", "finite", "learning rate")
    (kept,) = (place / "out.partial" / "checkpoints").glob("checkpoint-*")
    from safetensors.torch import load_file

    assert (kept / "adapter_model.safetensors").stat().st_size > 0
    assert load_file(kept / "adapter_model.safetensors")


def test_rank_0_is_refused(tiny_base, place, capsys):
    refused(capsys, train(tiny_base, "--rank", "0"), "--rank", "0", ">= 1")
    assert not (place / "out").exists()


def test_unknown_targets_are_answered_with_those_that_exist(tiny_base, place, capsys):
    refused(capsys, train(tiny_base, "--targets", "wq,wv"), "'wq'", "q_proj", "down_proj")
    assert not (place / "out").exists()


@pytest.mark.parametrize("rows", [0, 1])
def test_a_data_set_of_one_row_trains_and_of_none_is_refused(tiny_base, place, capsys, rows):
    make_frame(20).head(rows).write_parquet(place / "data" / "train.parquet")
    (place / "data" / "valid.parquet").unlink()
    code = train(tiny_base)
    if rows:
        assert code == 0
        assert json.loads((place / "out" / "summary.json").read_text())["rows"] == 1
    else:
        refused(capsys, code, "0 rows")


def test_chats_as_json_lines_train_as_the_same_pairs_do(tiny_base, place, capsys):
    few = ("--max-steps", "2")
    assert train(tiny_base, *few, out="pairs") == 0
    for name, frame in (("train", make_frame(20)), ("valid", make_frame(4, seed=9))):
        (place / "data" / f"{name}.parquet").unlink()
        chats = ([*row["prompt"], *row["completion"]] for row in frame.iter_rows(named=True))
        lines = "".join(json.dumps({"messages": chat}) + "\n" for chat in chats)
        (place / "data" / f"{name}.jsonl").write_text(lines)
    assert train(tiny_base, *few, out="chats") == 0
    assert distance("pairs", "chats") == 0
    (place / "converted").mkdir()
    (place / "converted" / "templates.json").write_text('{"version": 1, "compact": {}, "templates": []}')
    long = ("--objective", "distill", "--templates", "converted")
    refused(capsys, train(tiny_base, *long, out="bad"), "no template", "convert their log")
    with (place / "data" / "train.jsonl").open("a") as rows:
        rows.write("not json\n")
    refused(capsys, train(tiny_base, *few, out="bad"), "train.jsonl:21", "not JSON")
    assert not (place / "bad").exists()


def test_a_tokenizer_with_ids_that_the_model_lacks_is_refused(place, capsys, tmp_path):
    base = make_base(tmp_path / "wide")
    tokenizer = make_tokenizer()
    known = len(tokenizer)
    tokenizer.add_tokens(["Where"])
    tokenizer.save_pretrained(base)
    refused(capsys, train(base), "the tokenizer of wide", f"token id {known}", f"ids below {known}")
    assert not (place / "out").exists()


def test_two_processes_train_as_one_with_the_whole_batch(tiny_base, place):
    launched = subprocess.run(
        [
            sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--multi_gpu",
            "--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no",
            "--dynamo_backend", "no", "--main_process_port", "0", "-m", "workbench", "train", "data",
            "--base", str(tiny_base),
            "--recipe", "recipe.yaml", "--max-steps", "4", "--batch-size", "2", "--out", "two", "--json",
        ],
        check=False, capture_output=True, text=True, timeout=300, env=alone(place),
    )  # fmt: skip
    assert launched.returncode == 0, launched.stderr
    assert json.loads(launched.stdout)["processes"] == 2
    assert train(tiny_base, "--max-steps", "4", out="one") == 0
    assert distance("one", "two") < 1e-4
    one, two = (
        [json.loads(line) for line in (place / out / "log.jsonl").read_text().splitlines()]
        for out in ("one", "two")
    )
    assert [set(entry) for entry in two] == [set(entry) for entry in one]
    for a, b in zip(one, two, strict=True):
        assert b.get("loss", 0) == pytest.approx(a.get("loss", 0), abs=1e-4)
        assert b.get("eval_loss", 0) == pytest.approx(a.get("eval_loss", 0), abs=1e-4)


@pytest.mark.usefixtures("place")
def test_accumulated_batches_train_as_one(tiny_base):
    assert train(tiny_base, "--max-steps", "4", out="one") == 0
    options = ("--max-steps", "4", "--batch-size", "1", "--grad-accumulation", "4")
    assert train(tiny_base, *options, out="four") == 0
    assert distance("one", "four") < 1e-4


def test_a_tracker_that_is_not_installed_or_not_known_is_refused(tiny_base, place, capsys, monkeypatch):
    refused(capsys, train(tiny_base, "--report-to", "notebook"), "'notebook'", "tensorboard, wandb, trackio")
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    refused(capsys, train(tiny_base, "--report-to", "trackio"), "pip install trackio")
    assert not (place / "out").exists()


TRACKERS = {
    "trackio": """
import json, sys
from pathlib import Path
from types import SimpleNamespace
told = {"logs": []}
context_vars = SimpleNamespace(current_space_id=SimpleNamespace(get=lambda: None))
config = type("Config", (dict,), {"update": lambda self, given, **_: None})()
def init(**given):
    told["init"] = {k: v for k, v in given.items() if v is not None}
    print("* Trackio is here")
def log(given): told["logs"].append(given)
def finish(): Path("trackio.json").write_text(json.dumps(told))
""",
    "wandb": """
from types import SimpleNamespace
run = None
class Error(Exception): pass
def setup(): return SimpleNamespace(settings=SimpleNamespace(mode="online"))
def login(): raise Error("No API key configured. Use `wandb login` to log in.")
""",
}


@pytest.fixture
def trackers(tmp_path, monkeypatch):
    """Trackers with the surface that transformers uses, that write what they get into a file."""
    for name, text in TRACKERS.items():
        (tmp_path / "installed" / name).mkdir(parents=True)
        (tmp_path / "installed" / name / "__init__.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path / "installed")
    yield
    for name in TRACKERS:
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("trackers")
def test_a_tracker_gets_the_log_and_stdout_stays_one_object(tiny_base, place, capsys):
    data = ["train", "data", "--base", str(tiny_base), "--recipe", "recipe.yaml", "--out", "out", "--json"]
    assert execute([*data, "--report-to", "trackio"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["steps"] == STEPS
    assert "* Trackio is here" in printed.err
    told = json.loads((place / "trackio.json").read_text())
    assert told["init"]["name"] == "out"
    assert told["init"]["project"] == "sft-workbench"
    log = [json.loads(line) for line in (place / "out" / "log.jsonl").read_text().splitlines()]
    wanted = [(entry["step"], entry["loss"]) for entry in log if "loss" in entry]
    assert [(e["train/global_step"], e["train/loss"]) for e in told["logs"] if "train/loss" in e] == wanted
    assert len([entry for entry in told["logs"] if "eval/loss" in entry]) == len(log) - len(wanted)


@pytest.mark.usefixtures("trackers", "place")
def test_a_tracker_without_its_key_is_told_before_the_base_is_loaded(capsys):
    said = refused(capsys, train("no-such-base", "--report-to", "wandb"), "No API key", "WANDB_MODE=offline")
    assert "no-such-base" not in said
