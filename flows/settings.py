"""The only reader of the environment: every setting is a variable `GONGKAI_<NAME>` (or a line of `.env`)."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flows.errors import InputError
from flows.lake import Lake, Warehouse, parse_warehouse
from flows.paths import DBT_PROJECT, PROJECT_ROOT, SEEDS

__all__ = [
    "DBT_PROJECT",
    "PROJECT_ROOT",
    "SEEDS",
    "Settings",
    "check_home",
    "child_environment",
    "override",
    "prepare_prefect",
    "revisiting",
]
MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE
ASKED_LATELY_DAYS = 1.0
"""What was asked for within this time is not asked for again by a revisit, so that a stopped one goes on."""
HOST = re.compile(r"(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?")
HOME_BYTES_FREE = 64 * MEGABYTE
"""Below this a run is not begun: the orchestrator's own files and one build of the marts need about as much."""


def _default_memory_bytes() -> int:
    """Half of the machine's memory, eight gigabytes at most."""
    return min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2, 8 * GIGABYTE)


class Settings(BaseSettings):
    """All settings with their defaults. Sizes are bytes, times seconds."""

    model_config = SettingsConfigDict(
        env_prefix="GONGKAI_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: Path = Path("data")
    """Everything that gongkai keeps lies below this folder."""
    registry: Path = PROJECT_ROOT / "flows" / "portals" / "registry"
    lake_data: Path | None = None
    """Folder of a lake's Parquet files, on storage that all loaders share."""
    warehouse: Annotated[Warehouse, NoDecode] = Field(default="", validate_default=True)
    """What the loader and dbt write: a DuckDB file, or a lake (docs/scale.md)."""

    # collecting
    contact: str = ""
    """Address of the operator, sent in the User-Agent so that a portal's owner can ask."""
    pace_seconds: float = Field(default=2.5, ge=0)
    """Mean pause between two requests to one host; a jitter of a third is added."""
    connect_timeout_seconds: float = Field(default=10, gt=0)
    read_timeout_seconds: float = Field(default=30, gt=0)
    answer_seconds: float = Field(default=180, gt=0)
    """Time in which one whole answer must have arrived."""
    answer_bytes: int = Field(default=60 * MEGABYTE, gt=0)
    pause_after_refusal_seconds: int = Field(default=24 * 3600, ge=0)
    retry_wait_seconds: float = Field(default=120, ge=0)
    """A host that asks to come back after no more than this is waited for; after more, it is left for another run."""
    host_requests: int = Field(default=5000, gt=0)
    """Requests to one host in one run at most."""
    quiet_hours: str = Field(default="", pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")
    """Hours in which no portal is asked, in their time (UTC+8): `08:00-18:00`."""
    revisit_days: float = Field(default=7, ge=0)
    """A known report, and the whole of a list, is asked for again so many days after; 0: at every run."""
    revisit_old_days: float = Field(default=30, ge=0)
    """The same for reports that were first seen more than half a year ago."""
    list_pages: int = Field(default=200, gt=0)
    """List pages read from one portal in one run at most."""
    attachments_per_entry: int = Field(default=10, ge=0)
    pictures_per_entry: int = Field(default=30, ge=0)
    """Pictures in the text of a page that may be one report; a page with more of them is none, and they are left."""
    collect_workers: int = Field(default=32, ge=1)
    """Portals asked side by side; nearly all of the time each waits for its host's next turn."""
    warc_bytes: int = Field(default=512 * MEGABYTE, gt=0)
    """A WARC file is closed and a new one begun beyond this size."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones."""
    proxy: str = Field(default="", pattern=r"^$|^https?://[^/@\s]+/?$")
    """`http://host:port` through which all portals are asked; empty: none, whatever the environment says."""
    unverified_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    """Hosts that are asked although their certificate does not fit; what they answer is marked `unverified`."""
    private_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    """`host:port` that may be asked although its address is private or loopback (the sample portals)."""

    # reading
    document_bytes: int = Field(default=60 * MEGABYTE, gt=0)
    document_pages: int = Field(default=400, gt=0)
    document_cells: int = Field(default=200_000, gt=0)
    document_seconds: float = Field(default=30, gt=0)
    """Time in which one document must be read; its process is ended then."""
    document_memory_bytes: int = Field(default=1024 * MEGABYTE, ge=256 * MEGABYTE)
    """Address space of a process that reads documents."""
    read_workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Processes that read documents side by side."""
    read_batch_documents: int = Field(default=200, gt=0)

    # building
    warehouse_memory_bytes: int = Field(default_factory=_default_memory_bytes, ge=256 * MEGABYTE)
    """Memory of DuckDB while the marts are built or assessed; what needs more goes through the disk."""

    # mail
    smtp_host: str = ""
    """Empty: the digest is written to the outbox folder only."""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_timeout_seconds: float = 30
    smtp_ca_file: Path | None = None
    smtp_retry_seconds: float = Field(default=30, ge=0)
    """After so long a digest that the server did not take for the moment is offered once more in the same run."""
    digest_every: Literal["run", "day", "week"] = "run"
    """How often a recipient is written to at most, who says nothing else of that."""
    mail_from: str = "gongkai@localhost"
    recipients: Path | None = None
    """YAML that says who is told about which divisions and bodies; see docs/mail.md."""

    @field_validator("warehouse", mode="before")
    @classmethod
    def _file_or_lake(cls, address: Any, info: ValidationInfo) -> Warehouse:  # noqa: ANN401 - whatever was set
        if isinstance(address, Path | Lake):
            return address
        if not address:
            return Path(info.data["home"]) / "warehouse" / "gongkai.duckdb"
        try:
            return parse_warehouse(str(address), info.data.get("lake_data"))
        except InputError as problem:
            raise PydanticCustomError("warehouse", "{problem}", {"problem": str(problem)}) from None

    @field_validator("unverified_hosts", "private_hosts", mode="before")
    @classmethod
    def _hosts(cls, told: Any) -> frozenset[str]:  # noqa: ANN401 - whatever was set
        """Hosts with commas between them, or a JSON list of them."""
        hosts = told
        if isinstance(told, str):
            try:
                hosts = json.loads(told) if told.lstrip().startswith("[") else told.split(",")
            except json.JSONDecodeError:
                hosts = told.split(",")
        named = frozenset(host.strip().lower() for host in hosts if isinstance(host, str)) - {""}
        if not all(isinstance(host, str) for host in hosts) or not all(map(HOST.fullmatch, named)):
            raise PydanticCustomError("hosts", "write hosts with commas between them, each as host or host:port")
        return named

    @field_validator("quiet_hours")
    @classmethod
    def _begin_and_end(cls, quiet_hours: str) -> str:
        begins, _, ends = quiet_hours.partition("-")
        if quiet_hours and begins == ends:
            raise PydanticCustomError(
                "quiet_hours", "the hours begin and end at the same time: name two, or leave it empty for none"
            )
        return quiet_hours

    @property
    def archive(self) -> Path:
        """WARC files and their index."""
        return self.home / "archive"

    @property
    def probes(self) -> Path:
        """The same of addresses that were probed and are not registered."""
        return self.home / "probes" / "archive"

    @property
    def staged(self) -> Path:
        """Staged batches, one folder each."""
        return self.home / "staged"

    @property
    def published(self) -> Path:
        """The copy that readers open."""
        return self.home / "published" / "gongkai.duckdb"

    @property
    def copy_bytes(self) -> int:
        """Room that the next published copy takes, about: that of the live file, or of the last copy of a lake."""
        live = self.published if isinstance(self.warehouse, Lake) else self.warehouse
        return live.stat().st_size if live.is_file() else 0

    @property
    def finding_store(self) -> Path:
        """What was found when, what people decided of it, and who was told."""
        return self.home / "findings.sqlite"

    @property
    def outbox(self) -> Path:
        """Digests as `.eml` and `.html`."""
        return self.home / "outbox"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' browsable record."""
        return self.home / "data_docs"

    @property
    def logs(self) -> Path:
        """Logs of dbt and of unexpected errors."""
        return self.home / "logs"

    @property
    def user_agent(self) -> str:
        """Who is asking, honestly."""
        from flows import __version__

        contact = f"; {self.contact}" if self.contact else ""
        return f"gongkai/{__version__} (annual reports on open government information{contact})"


def revisiting(settings: Settings) -> Settings:
    """The settings with which every known report is asked for again that was not asked for lately."""
    return settings.model_copy(update={"revisit_days": ASKED_LATELY_DAYS, "revisit_old_days": ASKED_LATELY_DAYS})


def override(**values: object) -> None:
    """Set settings for this process and its children, as if the environment had said so."""
    for name, value in values.items():
        text = json.dumps(sorted(value)) if isinstance(value, frozenset) else str(value)
        os.environ[f"GONGKAI_{name.upper()}"] = text


def child_environment(**values: str) -> dict[str, str]:
    """The environment for a process that we start, with some variables set."""
    return {**os.environ, **values}


def check_home(settings: Settings) -> None:
    """Refuse early, in one sentence, what would stop a run half way.

    Raises:
        InputError: the data folder cannot be written to, or its disk is nearly full.
    """
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        free_bytes = shutil.disk_usage(home).free
    except OSError as error:
        raise InputError(
            f"The data folder {home} cannot be written to ({(error.strerror or str(error)).lower()}): "
            "make room or give access, or name another with --home or GONGKAI_HOME."
        ) from error
    if free_bytes < HOME_BYTES_FREE:
        raise InputError(
            f"The disk of the data folder {home} has {free_bytes // MEGABYTE} MiB left, too little to run: "
            "make room, or name another folder with --home or GONGKAI_HOME."
        )


def prepare_prefect(settings: Settings) -> Path:
    """Point Prefect at our own folder and keep it quiet; what the user has set himself stays.

    Returns the folder in which Prefect keeps its files.
    """
    home = settings.home.resolve() / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # we print one sentence ourselves, not its traceback
        "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
        "PREFECT_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS": str(settings.collect_workers),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "gongkai",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # its own 20 are too few on a busy machine
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)
    return Path(os.environ["PREFECT_HOME"])
