"""References come from the database: eight digits, a Damm check digit, no order in them."""

import psycopg
from stdnum import damm


def test_every_reference_has_a_damm_check_digit(owner: psycopg.Connection) -> None:
    drawn = [row[0] for row in owner.execute("SELECT gateway.new_reference() FROM generate_series(1, 300)")]
    assert all(damm.is_valid(reference) and "2" <= reference[0] <= "9" and len(reference) == 8 for reference in drawn)
    assert len(set(drawn)) > 295
    assert drawn != sorted(drawn)


def test_the_digit_is_the_one_that_others_compute(owner: psycopg.Connection) -> None:
    rows = owner.execute("SELECT n::text, gateway.check_digit(n::text) FROM generate_series(2000000, 9999999, 39119) n")
    for digits, check in rows:
        assert check == damm.calc_check_digit(digits)
