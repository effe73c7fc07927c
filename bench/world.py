"""What every peer stands on: one PostgreSQL that writes to disk before it answers, one Redis without snapshots.

The gateway gets its real schema, the content of config/ with one service more (bench/content), and 100,000 citizens who
have applied before: a stranger would be asked three questions more, and the session would not be the peers' any more.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pydantic import SecretStr
from redis import Redis

from gateway import reload, workflow_sync
from gateway.embedded import Server
from gateway.postgres import start_postgres
from gateway.runtime import build
from gateway.settings import ROOT, Settings
from gateway.valkey import start_valkey
from store.migrate import upgrade

SECRET = "a-secret-of-the-bench"  # noqa: S105

_PREPARE = """
    CREATE SCHEMA bench;
    CREATE TABLE bench.entry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session text, phone text, number text, district int,
        created timestamptz NOT NULL DEFAULT now());
    INSERT INTO gateway.person (phone, language, consent_at, place, card, created_at, updated_at)
    SELECT '+964770' || lpad(number::text, 7, '0'), 'en', now(), '10', 'none', now(), now()
    FROM generate_series(0, 99999) AS number;
    ANALYZE gateway.person"""

_GROWN = """
    SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
    WHERE n_mod_since_analyze > 1000 OR n_ins_since_vacuum > 1000"""
"""What a run left to autovacuum, which comes once a minute: two seconds and more of somebody else's run."""


@dataclass(frozen=True)
class World:
    """Running servers, and the environment of a gateway on them."""

    postgres: Server
    redis: Server
    data_dir: Path

    def environment(self, port: int) -> dict[str, str]:
        """What the gateway finds in its environment."""
        return {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TZ")},
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "CALLBACK_SECRETS": SECRET,
            "DATA_DIR": str(self.data_dir),
            "PROVIDER": "africastalking",
            "AT_API_KEY": "key",
            "PORT": str(port),
        }

    def between_runs(self) -> None:
        """Redis empty, and nothing of one peer's run left to be done in the next one's."""
        with Redis.from_url(self.redis.url) as redis:
            redis.flushall()
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            for (table,) in connection.execute(_GROWN).fetchall():
                connection.execute(b"VACUUM (ANALYZE) " + table.encode())
            connection.execute("CHECKPOINT")

    def ask(self, statement: str) -> int:
        """One number from the store."""
        with psycopg.connect(self.postgres.url) as connection:
            row = connection.execute(statement.encode()).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def world() -> Iterator[World]:
    """Servers for the length of the block, with all they hold gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="missan-bench-"))
    stops: list[Callable[[], None]] = []
    try:
        postgres = start_postgres(directory, durable=True)
        stops.append(postgres.stop)
        redis = start_valkey(directory, durable=False)
        stops.append(redis.stop)
        yield _furnished(World(postgres, redis, directory / "gateway"))
    finally:
        for stop in reversed(stops):
            stop()
        shutil.rmtree(directory, ignore_errors=True)


def _furnished(made: World) -> World:
    print("making the store ...", file=sys.stderr)
    upgrade(made.postgres.url)
    config = made.data_dir / "edited"
    shutil.copytree(ROOT / "config", config)
    shutil.copytree(ROOT / "bench" / "content", config, dirs_exist_ok=True)
    content = reload.publish(made.data_dir, config)
    settings = Settings(database_url=SecretStr(made.postgres.url), redis_url=SecretStr(made.redis.url))
    runtime = build(settings, content=content)
    workflow_sync.sync(runtime)
    runtime.db.close()
    with psycopg.connect(made.postgres.url, autocommit=True) as connection:
        for statement in _PREPARE.split(";"):
            connection.execute(statement.encode())
    return made
