"""Servers for every test: started once by the process that the developer started, shared by its xdist workers."""

from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

import pytest
from redis import Redis

from gateway.embedded import EmbeddedError
from store.migrate import upgrade
from tests.servers import Servers, throw_away
from tests.servers import clean as clean_database

RUNNING = pytest.StashKey[AbstractContextManager[Servers]]()
SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[SERVERS] = Servers(**given["servers"])
    elif not config.option.collectonly:
        running = throw_away(upgrade)
        try:
            config.stash[SERVERS] = running.__enter__()
        except EmbeddedError as error:
            raise pytest.UsageError(f"{error}\n(for tests: TEST_DATABASE_URL, TEST_REDIS_URL)") from None
        config.stash[RUNNING] = running


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["servers"] = asdict(node.config.stash[SERVERS])


def pytest_unconfigure(config: pytest.Config) -> None:
    if running := config.stash.get(RUNNING, None):
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """The run's servers, for tests that need a database of their own."""
    return pytestconfig.stash[SERVERS]


@pytest.fixture(scope="session")
def database_url(servers: Servers, worker_id: str) -> str:
    """This worker's own database, migrated."""
    return servers.create(f"w_{worker_id}", template="template")


@pytest.fixture(scope="session")
def redis_url(servers: Servers, worker_id: str) -> str:
    """This worker's own database number of Redis."""
    return servers.redis_number(int(worker_id.removeprefix("gw")) + 1 if worker_id != "master" else 0)


@pytest.fixture
def clean(database_url: str, redis_url: str) -> None:
    """An empty store and an empty Redis."""
    clean_database(database_url)
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
