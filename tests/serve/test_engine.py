import random
import threading
import time

import pytest
from conftest import chat, make_tokenizer
from serve_world import adapter_folders, make_service, save_adapter

__all__ = ["adapter_folders", "make_service"]  # fixtures


def run(engine, jobs):
    """Write jobs together, and return text, tokens and end of each."""
    from workbench.serve.batch import Job

    made, pieces, done = [], [[] for _ in jobs], threading.Semaphore(0)

    def teller(i):
        def told(piece):
            pieces[i].append(piece)
            if piece.finish:
                done.release()

        return told

    for i, more in enumerate(jobs):
        made.append(Job(told=teller(i), **more))
    engine.submit(made)
    for _ in jobs:
        assert done.acquire(timeout=60)
    return [("".join(p.text for p in row), row[-1].tokens, row[-1].finish) for row in pieces]


@pytest.fixture(scope="module")
def engine(make_service):
    service = make_service()
    yield service.engine
    service.engine.close()


def jobs_of(engine, count=12):
    rng, render = random.Random(3), engine.backend.base.renderer
    names = (None, "one", "two", "three")
    return [
        {
            "ids": render.prompt_ids(chat("".join(rng.choices("abc 你好?", k=rng.randint(1, 40))))),
            "adapter": names[i % 4],
            "limit": rng.randint(1, 30),
        }
        for i in range(count)
    ]


def test_a_mixed_batch_equals_single_ones(engine):
    jobs = jobs_of(engine)
    assert run(engine, jobs) == [run(engine, [job])[0] for job in jobs]


def test_rows_that_join_later_change_nothing(engine):
    jobs = jobs_of(engine)
    single = [run(engine, [job])[0] for job in jobs]
    found = [None] * len(jobs)

    def later(i):
        time.sleep(0.01 * i)
        found[i] = run(engine, [jobs[i]])[0]

    threads = [threading.Thread(target=later, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == single


def test_drawn_answers_do_not_depend_on_the_batch(engine):
    jobs = [job | {"temperature": 1.0, "top_p": 0.9, "seed": i} for i, job in enumerate(jobs_of(engine))]
    assert run(engine, jobs) == [run(engine, [job])[0] for job in jobs]


def test_dora_waits_for_a_batch_of_its_own(make_service, tiny_base, adapter_folders, tmp_path):
    dora = save_adapter(tiny_base, tmp_path / "dora", 5, use_dora=True)
    service = make_service(adapters={"one": adapter_folders["one"], "dora": dora})
    ids = service.chat_ids(chat("Where?"))
    jobs = [{"ids": ids, "adapter": name, "limit": 8} for name in ("one", "dora", None, "dora", "one")]
    together = run(service.engine, jobs)
    assert together == [run(service.engine, [job])[0] for job in jobs]
    assert len(set(together)) == 3
    service.engine.close()


@pytest.fixture(scope="module")
def window_base(tiny_base, tmp_path_factory):
    """A base whose layers see the last 8 tokens alone."""
    import torch
    from transformers import AutoTokenizer, MistralConfig, MistralForCausalLM

    folder = tmp_path_factory.mktemp("window") / "base"
    torch.manual_seed(3)
    config = MistralConfig(
        vocab_size=262, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512, sliding_window=8, initializer_range=0.3,
        bos_token_id=None, eos_token_id=4, pad_token_id=0,
    )  # fmt: skip
    MistralForCausalLM(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_base).save_pretrained(folder)
    return folder


def test_layers_that_see_a_window_answer_as_they_do_alone(make_service, window_base, tmp_path):
    from workbench.ports import Sampling

    folders = {
        name: save_adapter(window_base, tmp_path / name, seed) for seed, name in enumerate(("one", "two"))
    }
    service = make_service(base=window_base, adapters=folders)
    prompts = [chat("Where is it? " * k + f"{k}2") for k in (1, 5, 2)]
    jobs = [
        {"ids": service.chat_ids(prompt), "adapter": name, "limit": 20}
        for prompt in prompts
        for name in (None, "one", "two")
    ]
    found = run(service.engine, jobs)
    backend = service.engine.backend
    for place, (prompt, name) in enumerate((p, n) for p in prompts for n in (None, "one", "two")):
        with backend.using(name):
            (alone,) = backend.generate([prompt], Sampling(max_new_tokens=20))
        assert found[place][0] == alone.text.rstrip("\ufffd")
    assert len({text for text, _, _ in found}) == 9
    service.engine.close()


def test_a_row_that_fails_leaves_the_others_alone(engine):
    class Broken:
        fault = ""

        def allowed(self):
            raise ValueError("no more")

    jobs = jobs_of(engine, 4)
    expected = run(engine, jobs)
    found = run(engine, [*jobs, jobs[0] | {"guide": Broken()}])
    assert found[:4] == expected
    assert found[4][2] == "error"


def test_closing_finishes_what_waits_and_takes_nothing_new(make_service):
    from workbench.serve.engine import ClosingError

    engine = make_service().engine
    jobs = jobs_of(engine, 6)
    answers = []
    engine.between(lambda: time.sleep(0.2))
    thread = threading.Thread(target=lambda: answers.extend(run(engine, jobs)))
    thread.start()
    time.sleep(0.1)
    engine.close(within=20)
    thread.join(20)
    assert len(answers) == 6
    assert {finish for _, _, finish in answers} <= {"stop", "length"}
    with pytest.raises(ClosingError):
        engine.submit([])


@pytest.mark.parametrize("text", ["plain", "你好，世界。" * 60, "a👍🏽b 你\n\n好" * 40])
def test_text_comes_in_whole_characters(text):
    from workbench.rendering import Renderer
    from workbench.serve.streams import TextStream

    renderer = Renderer(make_tokenizer())
    for plain in (False, True):
        stream = TextStream(renderer, plain=plain)
        pieces = [stream.push(token) for token in renderer.tokenizer(text)["input_ids"]]
        assert "".join([*pieces, stream.finish()]) == text
        assert not any("\ufffd" in piece for piece in pieces)


def test_a_character_cut_off_at_the_end_is_left_out():
    from workbench.rendering import Renderer
    from workbench.serve.streams import TextStream

    renderer = Renderer(make_tokenizer())
    stream = TextStream(renderer)
    pieces = [stream.push(token) for token in renderer.tokenizer("好吗")["input_ids"][:-1]]
    assert "".join([*pieces, stream.finish()]) == "好"


def test_stop_strings_never_leak():
    from workbench.serve.streams import StopStrings

    rng = random.Random(5)
    for _ in range(500):
        text = "".join(rng.choices("ab好", k=rng.randint(0, 20)))
        stops = ["".join(rng.choices("ab好", k=rng.randint(1, 4))) for _ in range(rng.randint(1, 3))]
        ends = [(text.index(stop) + len(stop), text.index(stop)) for stop in stops if stop in text]
        whole = text[: min(ends)[1]] if ends else text
        found, said, place = StopStrings(stops), "", 0
        while place < len(text) and not found.met:
            step = rng.randint(1, 3)
            said += found.push(text[place : place + step])
            assert whole.startswith(said)
            place += step
        assert said + found.finish() == whole
        assert found.met == bool(ends)
