"""What an operator may write into the environment, and what is refused before anything starts."""

import pytest

from gateway.settings import SettingsError, load_settings

REFUSED = [
    ({"REDIS_URL": "foo"}, "REDIS_URL"),
    ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL"),
    ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
    ({"AT_BASE_URL": "nonsense"}, "AT_BASE_URL"),
    ({"KANNEL_URL": "ftp://box"}, "KANNEL_URL"),
    ({"PROVIDER": "africastalking"}, "AT_API_KEY"),
    ({"PROVIDER": "kannel", "PROVIDERS": "kannel,africastalking"}, "AT_API_KEY"),
    ({"USSD_CODE": "964"}, "USSD_CODE"),
    ({"PORT": "99999999"}, "PORT"),
    ({"CALLBACK_SECRETS": "short"}, "CALLBACK_SECRETS"),
]
TAKEN = [
    {},
    {"REDIS_URL": "rediss://:password@redis.example:6380/1", "DATABASE_URL": "postgresql://u:p@db.example/missan"},
    {"REDIS_URL": "unix:///run/valkey.sock"},
    {"PROVIDER": "africastalking", "AT_API_KEY": "atsk_1"},
    {"PROVIDER": "africastalking", "AT_BASE_URL": "http://127.0.0.1:9000"},
    {"PROVIDER": "simulator", "REDIS_URL": ""},
]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "PROVIDER", "PROVIDERS", "AT_API_KEY", "AT_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("given", "named"), REFUSED, ids=lambda each: str(each))
def test_what_cannot_work_is_refused_by_name_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{named}: ")
    assert given.get(named, "no value") not in str(refused.value)


@pytest.mark.parametrize("given", TAKEN, ids=str)
def test_what_can_work_is_taken(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    load_settings()
