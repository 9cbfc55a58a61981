"""What gongkai works on: folders, disk, clock, registry, mail, archive, warehouse, its copy. Changes nothing."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
from pathlib import Path

from flows.errors import BusyError, GongkaiError, UnreachableError
from flows.journal import read_journal
from flows.lake import NoWarehouseError
from flows.operation.check import Check, missing, ok, wrong
from flows.settings import HOME_BYTES_FREE, MEGABYTE, Settings

CLOCK_SECONDS = 60
"""Two machines that share a folder may differ by so much."""
RUN = "`gongkai run` makes it"


def check_folders(settings: Settings) -> Check:
    """Whether the data folder and what lies in it may be read and written by us, and by no stranger."""
    home = settings.home
    if not home.is_dir():
        return missing("folders", f"{home} is not there", RUN, is_needed=False)
    found = [home, *sorted(path for path in home.iterdir() if path.is_dir())]
    closed = [path for path in found if not os.access(path, os.R_OK | os.W_OK | os.X_OK)]
    if closed:
        return wrong("folders", f"{_names(closed)} cannot be written by this user", f"chown -R the folder {home}")
    open_to_all = [path for path in found if path.stat().st_mode & stat.S_IWOTH]
    if open_to_all:
        return wrong("folders", f"anyone may write into {_names(open_to_all)}", "chmod o-w")
    return ok("folders", f"{home} and {len(found) - 1} folders in it")


def check_secrets(settings: Settings, env_file: Path = Path(".env")) -> Check:
    """Whether the file with the settings, which may hold the mail password, is closed to others."""
    if not env_file.is_file():
        return ok("secrets", "no .env here")
    if settings.smtp_password.get_secret_value() and env_file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        return wrong("secrets", f"{env_file.absolute()} is open to others", f"chmod 600 {env_file.absolute()}")
    return ok("secrets", f"{env_file} is closed to others, or holds none")


def check_disk(settings: Settings) -> Check:
    """Whether the disk has room for a run and for a new published copy."""
    home = settings.home.absolute()
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    needed = HOME_BYTES_FREE + settings.copy_bytes
    found = f"{free // MEGABYTE:,} MiB free, {needed // MEGABYTE:,} MiB needed to publish"
    return ok("disk", found) if free >= needed else wrong("disk", found, f"make room on the disk of {home}")


def check_clock(settings: Settings, now: dt.datetime) -> Check:
    """Whether the clock stands before what was written already: pauses and revisits are reckoned by it."""
    notes = read_journal(settings.home)
    written = [note.ended_at or note.began_at for note in notes]
    warcs = settings.archive.glob("*.warc.gz") if settings.archive.is_dir() else ()
    written += [dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) for path in warcs]
    latest = max(written, default=now)
    if latest > now + dt.timedelta(seconds=CLOCK_SECONDS):
        return wrong(
            "clock",
            f"it says {now:%Y-%m-%d %H:%M} UTC, and the last run was at {latest:%Y-%m-%d %H:%M}",
            "set it, best by a time service (timedatectl set-ntp true)",
        )
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, not before the last run")


def check_registry(settings: Settings) -> Check:
    """Whether every file of the registry is a portal."""
    from flows.portals.registration import load_registry

    try:
        portals, faults = load_registry(settings.registry)
    except GongkaiError as fault:
        return missing("registry", _plain(fault), "set GONGKAI_REGISTRY (docs/portals.md)")
    if faults:
        return wrong("registry", f"{len(faults)} files left out: {_plain(faults[0])}", "`gongkai portals check`")
    if not portals:
        return missing("registry", f"{settings.registry} holds no portal", "`gongkai portals add` (docs/portals.md)")
    return ok("registry", f"{len(portals)} portals in {settings.registry}")


def check_contact(settings: Settings) -> Check:
    """Whether portals are told who asks."""
    if settings.contact:
        return ok("contact", settings.contact)
    return missing(
        "contact", "portals are not told who asks", "set GONGKAI_CONTACT to an address of yours", is_needed=False
    )


def check_mail(settings: Settings) -> Check:
    """Whether the mail server answers, takes the login and there is somebody to write to; nothing is sent."""
    from flows.mail.routing import read_recipients
    from flows.mail.smtp import mail_server

    if not settings.smtp_host:
        return ok("mail", "no server is set: digests are written to the outbox only")
    if settings.recipients is None:
        return missing("mail", "a server is set but nobody to write to", "name a file in GONGKAI_RECIPIENTS")
    try:
        recipients = read_recipients(settings.recipients)
        with mail_server(settings) as server:
            server.noop()
    except UnreachableError as fault:
        return wrong("mail", _plain(fault), "see docs/mail.md; digests stay in the outbox until then")
    except GongkaiError as fault:
        return wrong("mail", _plain(fault), "see docs/mail.md")
    login = f", logged in as {settings.smtp_user}" if settings.smtp_user else ""
    return ok("mail", f"{settings.smtp_host}:{settings.smtp_port}{login}, {len(recipients)} recipients")


def check_archive(settings: Settings) -> Check:
    """Whether the archive's index opens, and whether a WARC is damaged."""
    from flows.archive.index import ArchiveIndex
    from flows.archive.indexing import lasting_damage
    from flows.archive.members import warc_files
    from flows.archive.reader import missing_files

    try:
        index = ArchiveIndex.look(settings.archive)
    except GongkaiError as fault:
        remedy = "`gongkai read` makes the index anew from the WARC files"
        return wrong("archive", _plain(fault), remedy, is_needed=False)
    if index is None:
        return missing("archive", f"nothing is archived at {settings.archive}", "`gongkai collect`", is_needed=False)
    index.close()
    gone = missing_files(settings.archive)
    if gone:
        return wrong("archive", f"{len(gone)} files are gone: {gone[0]}", "`gongkai archive verify` names them")
    damages = lasting_damage(settings.archive)
    if damages:
        return wrong("archive", f"{len(damages)} damaged places: {damages[0]}", "bring the file back from a backup")
    return ok("archive", f"{len(warc_files(settings.archive))} WARC files")


def check_warehouse(settings: Settings) -> Check:
    """Whether the warehouse opens and is of this version."""
    from flows.warehouse.connection import reading
    from flows.warehouse.layout import LAYOUT, refuse_later

    try:
        with reading(settings.warehouse) as connection:
            layout = refuse_later(connection)
    except NoWarehouseError:
        return missing("warehouse", f"there is none at {settings.warehouse}", RUN, is_needed=False)
    except BusyError as fault:
        return ok("warehouse", f"at work: {_plain(fault)}")
    except GongkaiError as fault:
        return wrong("warehouse", _plain(fault), "docs/runbook.md, `the warehouse cannot be opened`")
    if layout is not None and layout < LAYOUT:
        return ok("warehouse", f"layout {layout}, which the next load brings to {LAYOUT}")
    return ok("warehouse", f"layout {layout}")


def check_published(settings: Settings) -> Check:
    """Whether readers have a copy of this version."""
    from flows.outlet.copy import opened, rows

    if not settings.published.is_file():
        return missing("published", f"there is no copy at {settings.published}", RUN, is_needed=False)
    try:
        with opened(settings.published) as connection:
            (found,) = rows(connection, "select count(*) as reports from marts.fct_report")
    except GongkaiError as fault:
        return wrong("published", _plain(fault), "`gongkai publish`")
    return ok("published", f"{found['reports']:,} report versions")


def _names(paths: list[Path]) -> str:
    return ", ".join(str(path) for path in paths)


def _plain(fault: GongkaiError) -> str:
    return str(fault).rstrip(".")
