"""What the environment says, and what it says wrongly."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from flows.settings import Settings, override


def hosts(monkeypatch: pytest.MonkeyPatch, told: str) -> frozenset[str]:
    monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", told)
    return Settings(_env_file=None).private_hosts  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ("", []),
        ("[]", []),
        ("h.example.gov.cn", ["h.example.gov.cn"]),
        ("H.example.gov.cn:8080, 127.0.0.1:1,", ["h.example.gov.cn:8080", "127.0.0.1:1"]),
        (' ["127.0.0.1:1", "[::1]:2"]', ["127.0.0.1:1", "[::1]:2"]),
        ("[::1]:2,[::1]:3", ["[::1]:2", "[::1]:3"]),
    ],
)
def test_hosts_with_commas_or_as_json(monkeypatch: pytest.MonkeyPatch, told: str, named: list[str]) -> None:
    assert hosts(monkeypatch, told) == frozenset(named)


@pytest.mark.parametrize("told", ['["a"', "http://h.example.gov.cn/", "a b", '{"a": 1}', "[1]", "h:port"])
def test_what_is_no_host_is_one_sentence(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    with pytest.raises(ValidationError, match="write hosts with commas between them"):
        hosts(monkeypatch, told)


def test_hosts_set_for_this_process_are_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_UNVERIFIED_HOSTS", "")
    override(unverified_hosts=frozenset({"b:1", "a"}))
    assert Settings(_env_file=None).unverified_hosts == {"a", "b:1"}  # type: ignore[call-arg]
