"""Officers are named once, and found by the public part of their key."""

import pytest

from store import officers
from store.db import Database
from store.officers import NameTaken
from tests.store.workflow import NOW


def test_an_officer_is_found_by_key_and_gets_another(db: Database) -> None:
    with db.transaction() as tx:
        added = officers.add(tx, "zainab", ["CLERK", "VERIFIER"], "water", "k1", "hash1", NOW)
        assert officers.by_key_id(tx, "k1") == added
        assert (added.roles, added.disabled_at) == (("CLERK", "VERIFIER"), None)
        assert officers.new_key(tx, "zainab", "k2", "hash2")
        assert not officers.new_key(tx, "ali", "k3", "hash3")
        renewed = officers.by_key_id(tx, "k2")
        assert renewed is not None
        assert (officers.by_key_id(tx, "k1"), renewed.key_hash, renewed.id) == (None, "hash2", added.id)


def test_a_name_is_given_once_also_after_its_owner_left(db: Database) -> None:
    with db.transaction() as tx:
        officers.add(tx, "zainab", ["CLERK"], "water", "k1", "hash", NOW)
        assert officers.disable(tx, "zainab", NOW)
        assert not officers.disable(tx, "ali", NOW)
        with pytest.raises(NameTaken):
            officers.add(tx, "zainab", ["CLERK"], "water", "k2", "hash", NOW)
        officers.add(tx, "ali", [], "water", "k3", "hash", NOW)
        assert [(each.name, each.disabled_at) for each in officers.list_all(tx)] == [("ali", None), ("zainab", NOW)]
