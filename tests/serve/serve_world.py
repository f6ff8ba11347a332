"""A server on 127.0.0.1 in a thread, on the base of random parameters or on the sample base."""

import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def save_adapter(base, folder, seed, **more):
    """Save a random adapter that changes what the base says."""
    import torch
    from peft import LoraConfig, get_peft_model

    from workbench.rendering.opening import open_base

    torch.manual_seed(seed)
    config = LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False, **more
    )
    get_peft_model(open_base(base, dtype="float32").model, config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def adapter_folders(tiny_base, tmp_path_factory):
    root = tmp_path_factory.mktemp("roots")
    return {
        name: save_adapter(tiny_base, root / name, seed) for seed, name in enumerate(("one", "two", "three"))
    }


@contextmanager
def listening(service, **more):
    """Serve until the block ends, and yield the URL."""
    import uvicorn

    from workbench.serve.app import make_app

    config = uvicorn.Config(
        make_app(service, drain=5, **more),
        port=0,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def make_service(tiny_base, adapter_folders):
    from workbench.backends.local import LocalBackend
    from workbench.serve.service import Service

    def make(base=tiny_base, adapters=adapter_folders, **more):
        backend = LocalBackend.open(base, adapters=adapters, dtype="float32")
        return Service(backend, name="base", **more)

    return make


@pytest.fixture(scope="session")
def served(make_service, adapter_folders):
    with listening(make_service(roots=(adapter_folders["one"].parent,))) as url:
        yield url


@pytest.fixture
def client(served):
    return client_of(served)


def client_of(url, **more):
    """Return the openai client of a server; it doesn't try again, so that a test sees each answer."""
    from openai import OpenAI

    return OpenAI(base_url=url + "/v1", **{"api_key": "none", "max_retries": 0, "timeout": 60} | more)
