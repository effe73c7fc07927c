"""The parts that tests of the sending side share: an empty store, an empty Redis, and a provider on a real socket."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from gateway import reload
from gateway.providers.africastalking import AfricasTalking
from gateway.runtime import Runtime
from gateway.settings import ROOT
from menus.content import Content
from store.db import Database
from tests.gateway.cases import Cases
from tests.gateway.live_edits import Change, Edit
from tests.gateway.office import Office
from tests.peers import Peer, peer


@pytest.fixture
def db(database_url: str, clean: None) -> Iterator[Database]:
    """The store, empty."""
    db = Database(database_url)
    yield db
    db.close()


@pytest.fixture
def redis(redis_url: str, clean: None) -> Iterator[Redis]:
    """Redis, empty."""
    with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture(scope="module")
def listening() -> Iterator[Peer]:
    """A far side for a whole module: closing one takes half a second."""
    with peer() as listening:
        yield listening


@pytest.fixture
def far(listening: Peer) -> Peer:
    """The far side, which remembers nothing of the test before."""
    listening.forget()
    return listening


@pytest.fixture
def provider(far: Peer) -> Iterator[AfricasTalking]:
    """The adapter, talking to `far`, with short patience."""
    provider = AfricasTalking("missan", "secret-key", "MISSAN", far.url, timeout=(0.5, 0.5))
    yield provider
    provider.close()


@pytest.fixture
def office(runtime: Runtime, app: Flask) -> Office:
    """The API and its officers, made as a test asks for them."""
    return Office(runtime, app)


@pytest.fixture
def cases(runtime: Runtime, database_url: str) -> Iterator[Cases]:
    """Cases put into any state of their workflow."""
    cases = Cases(database_url, runtime.content)
    yield cases
    cases.connection.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of config/ to edit."""
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.fixture
def edit(config: Path, tmp_path: Path, runtime: Runtime) -> Iterator[Edit]:
    """Make changes and take the result, as a reload does."""
    before = runtime.content

    def edit(*changes: Change) -> Content:
        for name, old, new in changes:
            path = config / name
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new))
        reload.publish(tmp_path / "data", config)
        reload.take(runtime.versions, tmp_path / "data")
        return runtime.content

    yield edit
    runtime.versions.take(before)
