"""The settings of the demonstration: sample portals only, nothing mixed with real data, no mail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.sample.demo import sample_settings
from flows.sample.server import SamplePortals
from flows.settings import Settings


@pytest.fixture
def free_port() -> int:
    with SamplePortals() as sample:
        return max(int(host.split(":")[1]) for host in sample.hosts)


def test_the_demonstration_asks_the_sample_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_port: int
) -> None:
    for name in (
        "HOME",
        "WAREHOUSE",
        "LAKE_DATA",
        "REGISTRY",
        "PRIVATE_HOSTS",
        "PACE_SECONDS",
        "REVISIT_DAYS",
        "REVISIT_OLD_DAYS",
        "SMTP_HOST",
    ):
        monkeypatch.setenv(f"GONGKAI_{name}", "")  # so that they are put back afterwards
        monkeypatch.delenv(f"GONGKAI_{name}")
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path))
    monkeypatch.setenv("GONGKAI_SMTP_HOST", "mail.example.org")
    monkeypatch.setenv("GONGKAI_WAREHOUSE", "ducklake:postgres:dbname=real")
    monkeypatch.setenv("GONGKAI_LAKE_DATA", str(tmp_path / "real"))
    with sample_settings(free_port) as sample:
        settings = Settings()
        assert settings.home == tmp_path / "sample"
        assert settings.warehouse == settings.home / "warehouse" / "gongkai.duckdb"
        assert {path.stem for path in settings.registry.glob("*.yaml")} == set(sample.column_urls)
        assert settings.private_hosts == sample.hosts
        assert (settings.smtp_host, settings.pace_seconds) == ("", 0)
        assert os.environ["GONGKAI_HOME"] == str(tmp_path / "sample")
