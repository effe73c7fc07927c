"""Keys are changed while the gateway runs: in no step is an answer lost or a request refused."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from gateway import field_keys
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.settings import SettingsError
from handlers import apply, keeping
from store import applications
from tests.gateway.office import Office

OLD, NEW = "o" * 43, "n" * 43
Process = tuple[Runtime, FlaskClient]
CARD = "201912345678"
SPAN = ("2", "a")


@pytest.fixture
def raw(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def register(runtime: Runtime, phone: str) -> str:
    """A child is registered; the reference."""
    answers = {"stage": "first", "birth": "202003", "sex": "girl", "school": "215", "child_card": CARD}
    args = {"service": "school", "language": "ar", "answers": answers, "place": "10", "person": {"card": CARD}}
    with runtime.db.transaction() as tx:
        return str(apply.submit(runtime.context(tx), phone, "ussd", f"s{phone}", args)["reference"])


def rekey(runtime: Runtime) -> None:
    """`python -m gateway rekey`, in one transaction."""
    with runtime.db.transaction() as tx:
        context = runtime.context(tx)
        keeping.rekey_cases(context, SPAN)
        while keeping.rekey_cards(context):
            pass
        keeping.rekey_drafts(context)
        keeping.rekeyed(context)


def under(runtime: Runtime, *keys: str) -> Process:
    """A process of the gateway with these FIELD_KEYS."""
    settings = runtime.settings.model_copy(update={"field_keys": tuple(SecretStr(key) for key in keys)})
    process = replace(runtime, settings=settings)
    field_keys.must_fit(process)
    return process, create_app(process).test_client()


def test_keys_change_in_four_steps_under_a_running_gateway(runtime: Runtime, raw: psycopg.Connection) -> None:
    raw.execute("DELETE FROM gateway.field_key")
    clerk = Office(runtime, create_app(runtime)).hire("zainab", "REGISTRAR", directorate="education")
    running = [under(runtime, OLD), under(runtime, OLD)]
    made: list[str] = []
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            for writer, reader in (running, reversed(running)):
                made.append(register(writer[0], f"+9647701{len(made):06}"))
                answer = reader[1].get(f"/api/v1/applications/{made[-1]}", headers=clerk._headers())
                assert answer.json is not None
                assert answer.json["answers"]["child_card"] == CARD, answer.text

    def wait() -> None:
        goal = len(made) + 6
        while len(made) < goal and not serving.done():
            time.sleep(0.01)
        assert not serving.done(), serving.exception()

    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(serve)
        try:
            wait()
            for keys in ((OLD, NEW), (NEW, OLD), (NEW,)):
                if len(keys) == 1:
                    rekey(running[0][0])
                for place in (0, 1):
                    running[place] = under(runtime, *keys)
                    wait()
        finally:
            stop.set()
        serving.result(30)
    newest = under(runtime, NEW)[0]
    with newest.db.transaction() as tx:
        cases = applications.find_all(tx, made)
    assert {newest.seals.open("child_card", case.answers["child_card"]) for case in cases.values()} == {CARD}
    assert {case.version for case in cases.values()} == {1}
    with pytest.raises(SettingsError):
        under(runtime, OLD)
