"""The gateway as tests use it: a runtime on this worker's servers, the application, a phone, and its outbox."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from pydantic import SecretStr

from gateway import workflow_sync
from gateway.app import create_app
from gateway.relay import announcing, relay_once
from gateway.runtime import Runtime, build
from gateway.setbacks import Setbacks
from gateway.settings import Settings
from tests.handset import Handset, Post
from tests.peers import closed_port

SECRET = "a-secret-of-tests"


@pytest.fixture(scope="session")
def session_runtime(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """One runtime for a worker: content is read once."""
    with runtime_on(database_url, redis_url, tmp_path_factory.mktemp("data")) as runtime:
        yield runtime


@contextmanager
def runtime_on(database_url: str, redis_url: str, data_dir: Path) -> Iterator[Runtime]:
    """A runtime on these servers and this DATA_DIR; its content is read."""
    settings = Settings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        data_dir=data_dir,
        callback_secrets=(SecretStr(SECRET), SecretStr("the-older-secret")),
        field_keys=(SecretStr("t" * 43),),
        provider="africastalking",
        quiet_hours="",
    )
    runtime = build(settings)
    yield runtime
    runtime.db.close()
    runtime.redis.close()


@pytest.fixture
def runtime(session_runtime: Runtime, clean: None) -> Runtime:
    """The gateway's runtime on an empty store whose workflows are those of config/."""
    workflow_sync.sync(session_runtime)
    return session_runtime


@pytest.fixture
def at(runtime: Runtime) -> Callable[[datetime], Runtime]:
    """The same runtime at another time."""
    return lambda moment: replace(runtime, now=lambda: moment)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The Flask application."""
    return create_app(runtime)


def poster(app: Flask, secret: str = SECRET) -> Post:
    """A way to post callbacks to an application without a socket."""

    def post(path: str, form: Mapping[str, str]) -> tuple[int, str]:
        answer = app.test_client().post(f"/at/{secret}/{path}", data=dict(form))
        return answer.status_code, answer.get_data(as_text=True)

    return post


@pytest.fixture
def handset(app: Flask) -> Handset:
    """A phone that nobody has used before."""
    return Handset(poster(app))


class PostOffice:
    """The outbox as tests read it."""

    def __init__(self, runtime: Runtime, database_url: str) -> None:
        self._runtime, self._url = runtime, database_url

    def relay(self) -> int:
        """Announce the events of other writers, as the relay does."""

        return relay_once(self._runtime.db, announcing(self._runtime), self._runtime.now(), Setbacks())

    def deliver(self) -> None:
        """Everything that waits has left, as after a drain of the line."""
        with psycopg.connect(self._url) as connection:
            connection.execute(
                "UPDATE gateway.message SET state = 'sent', sent_at = clock_timestamp() WHERE state = 'queued'"
            )

    def texts_to(self, phone: str) -> list[str]:
        """Every SMS written for a phone so far, oldest first."""
        with psycopg.connect(self._url) as connection:
            found = connection.execute("SELECT text FROM gateway.message WHERE phone = %s ORDER BY id", [phone])
            return [text for (text,) in found.fetchall()]


@pytest.fixture
def post(runtime: Runtime, database_url: str) -> PostOffice:
    """The outbox."""
    return PostOffice(runtime, database_url)


@pytest.fixture
def closed_port_url() -> str:
    """The address of a store that is not there."""
    return f"{closed_port().replace('http://', 'postgresql://gateway:none@')}/gateway"
