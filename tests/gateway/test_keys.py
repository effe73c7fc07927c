"""Officers' API keys: what they look like, and whose they are."""

import re

import pytest

from gateway import keys
from gateway.runtime import Runtime
from store import officers
from store.officers import Officer


def hired(runtime: Runtime, name: str = "Zahra") -> tuple[Officer, keys.NewKey]:
    new = keys.make()
    with runtime.db.transaction() as tx:
        added = officers.add(tx, name, ["CLERK"], "water", new.key_id, new.key_hash, runtime.now())
    return added, new


def whose(runtime: Runtime, header: str | None) -> str | None:
    with runtime.db.transaction() as tx:
        found = keys.authenticate(tx, header)
    return found.name if found else None


def test_a_key_is_an_id_and_a_secret_of_256_bits_and_only_its_hash_is_kept(runtime: Runtime) -> None:
    officer, new = hired(runtime)
    assert re.fullmatch(r"[A-Za-z0-9_-]{8}\.[A-Za-z0-9_-]{43}", new.key)
    assert new.key.startswith(new.key_id + ".")
    assert re.fullmatch(r"[0-9a-f]{64}", officer.key_hash)
    assert officer.key_hash == keys.hash(new.key)
    assert new.key.split(".")[1] not in repr(officer)


def test_no_two_keys_are_alike() -> None:
    assert len({keys.make().key for _ in range(200)}) == 200


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER  {}", "Bearer {} "])
def test_the_officer_of_a_key_is_found(runtime: Runtime, form: str) -> None:
    _, new = hired(runtime)
    assert whose(runtime, form.format(new.key)) == "Zahra"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "{key}",
        "Basic {key}",
        "Bearer {key}x",
        "Bearer {key} {key}",
        "Bearer {id}",
        "Bearer {id}.",
        "Bearer {other}",
        "Bearer {mixed}",
        "Bearer AAAAAAAA.{secret}",
        "Bearer {key}\n",
        "Bearer ٠٠٠٠٠٠٠٠.{secret}",
        "Bearer ' OR 1=1 --",
    ],
)
def test_whatever_is_no_whole_key_is_nobodys(runtime: Runtime, header: str | None) -> None:
    _, new = hired(runtime)
    _, second = hired(runtime, "Hasan")
    secret = new.key.split(".")[1]
    words = {"key": new.key, "id": new.key_id, "secret": secret, "other": keys.make().key}
    words["mixed"] = f"{second.key_id}.{secret}"
    assert whose(runtime, header.format(**words) if header else header) is None


def test_a_disabled_officer_is_nobody(runtime: Runtime) -> None:
    _, new = hired(runtime)
    with runtime.db.transaction() as tx:
        officers.disable(tx, "Zahra", runtime.now())
    assert whose(runtime, f"Bearer {new.key}") is None


def test_a_new_key_stops_the_old_one(runtime: Runtime) -> None:
    _, old = hired(runtime)
    new = keys.make()
    with runtime.db.transaction() as tx:
        officers.new_key(tx, "Zahra", new.key_id, new.key_hash)
    assert whose(runtime, f"Bearer {old.key}") is None
    assert whose(runtime, f"Bearer {new.key}") == "Zahra"
