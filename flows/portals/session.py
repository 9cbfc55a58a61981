"""Asking a portal: politely, within limits, only where it was registered, and never without archiving the answer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from flows.archive.exchange import Answer, ArchiveError, Exchange, sha256
from flows.archive.index import ArchiveIndex
from flows.archive.reader import read_payload
from flows.archive.rows import IndexRow
from flows.archive.writer import ArchiveWriter
from flows.portals.addresses import host_of
from flows.portals.asking import Asker, Heard, Objection
from flows.portals.file_names import disposed_name
from flows.portals.pace import Budget, HostClosedError, postpone, quiet_until
from flows.portals.pages import decode
from flows.portals.question import VANISHED, Fetched, Request, answered_with
from flows.portals.report_page import report_page
from flows.portals.responses import SHORT_BYTES, Seen, classify, classify_robots, retry_after_seconds
from flows.portals.robots import Robots, read_robots
from flows.portals.shells import shell_target
from flows.portals.stand_ins import StandIns
from flows.records import REFUSALS, FetchRole, FetchState
from flows.settings import Settings

LOG = logging.getLogger("gongkai")
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
JSON_TYPE = "application/json;charset=UTF-8"
QUIET_STATES = frozenset({FetchState.OFF_HOST, FetchState.ROBOTS_DISALLOWED})
"""States reached without asking: archived when they are new, not again at every run."""
SETTLED = VANISHED | {
    FetchState.CONTENT,
    FetchState.NOT_MODIFIED,
    FetchState.SHELL,
    FetchState.TOO_LARGE,
    FetchState.WRONG_TYPE,
}
"""States that will be the same tomorrow: asked for again on the schedule of revisits, others at every run."""


class PortalSession:
    """One portal's conversation with its hosts. Used by one thread.

    Args:
        portal_id: for the archive.
        hosts: hosts that may be asked (`addresses.host_of`).
        settings: pace, limits and who is asking.
        index: what is known already.
        writer: where every answer goes.
        now: the clock.
        budget: what may still be asked of each host in this run; one of its own when not given.
        legacy_hosts: hosts that may be asked with legacy TLS.
    """

    def __init__(
        self,
        portal_id: str,
        hosts: frozenset[str],
        *,
        settings: Settings,
        index: ArchiveIndex,
        writer: ArchiveWriter,
        now: Callable[[], dt.datetime],
        budget: Budget | None = None,
        legacy_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._portal_id = portal_id
        self._hosts = hosts
        self._named: set[str] = set()
        """Hosts beside those that an aggregation page has named."""
        self._settings = settings
        self._index = index
        self._writer = writer
        self._now = now
        self._budget = budget or Budget(settings.host_requests)
        self._asker = Asker(settings, legacy_hosts)
        self._robots: dict[str, Robots] = {}
        self._stand_ins = StandIns(index, portal_id, self._home_sha256)
        self._homes: dict[str, str | None] = {}
        """sha-256 of the home page, by origin; None when it could not be had."""

    def note_list(self, payload: bytes, url: str) -> None:
        """A list page that was seen: a report that answers with it is none."""
        self._stand_ins.note_list(sha256(payload), url)

    def close(self) -> None:
        """Let go of the connections."""
        self._asker.close()

    def permit(self, host: str) -> None:
        """Let a host be asked that an accepted aggregation page names."""
        self._named.add(host)

    def fetch(self, request: Request, *, unless_asked_since: dt.datetime | None = None) -> Fetched:
        """Ask, archive, and tell what the answer is.

        Args:
            request: what to ask.
            unless_asked_since: nobody is asked when this portal settled the address after that time; the archive's
                copy is the answer then.

        Raises:
            HostClosedError: the host is left alone; nothing was asked.
            ArchiveError: the archive cannot be written.
        """
        before = self._index.latest(self._portal_id, request.key)
        last = before
        if before is not None and before.fetch_role == FetchRole.LIST != request.role:
            last = self._index.latest_beside_lists(self._portal_id, request.key)
        if last is not None and unless_asked_since:
            settled = self._settled(request, last, unless_asked_since)
            if settled is not None:
                return settled
        objection = self._objection(request.url)
        if objection is not None:
            return self._unasked(request, before, *objection)
        return self._asked(request, before)

    def _objection(self, url: str) -> Objection | None:
        """Why an address must not be asked."""
        if not self._is_named(url):
            return FetchState.OFF_HOST, f"{host_of(url)} is not a host of this portal"
        self._stop_when_paused(url)
        robots = self._robots_of(url)
        if robots.is_closed:
            reason = f"robots.txt could not be had ({robots.reason or robots.state}), so nothing else was asked"
            return robots.state, reason
        return None if robots.allows(url) else (FetchState.ROBOTS_DISALLOWED, "robots.txt disallows it")

    def _redirect_objection(self, url: str) -> Objection | None:
        """As for what is asked first, and it counts like it: for the budget and in hours of quiet."""
        objection = self._objection(url)
        if objection is None:
            self._stop_when_quiet(url)
        return objection

    def _robots_objection(self, url: str) -> Objection | None:
        """Why a redirect of robots.txt itself must not be followed: then what it forbids is not known."""
        return (
            None if self._is_named(url) else (FetchState.UNREACHABLE, f"{host_of(url)} is not a host of this portal")
        )

    def _is_named(self, url: str) -> bool:
        return host_of(url) in self._hosts or host_of(url) in self._named

    def _settled(self, request: Request, last: IndexRow, since: dt.datetime) -> Fetched | None:
        """What the archive has, when it was asked for after a time and answered for good."""
        if last.fetch_state not in SETTLED:
            return None
        if not since < last.fetched_at <= self._now():  # a time to come is that of a clock that was wrong
            return None
        if last.fetch_state not in (FetchState.CONTENT, FetchState.NOT_MODIFIED):
            return Fetched(FetchState(last.fetch_state), last.reason, request.url, None, b"", None, is_asked=False)
        known = self._index.latest_content(request.key)
        copy = self._copy_of(known) if known is not None else None
        if known is None or copy is None:
            return None
        final_url = last.final_url or request.url
        return Fetched(FetchState.CONTENT, None, final_url, copy, b"", known.content_type, is_asked=False)

    def _asked(self, request: Request, before: IndexRow | None, *, may_wait: bool = True) -> Fetched:
        self._stop_when_quiet(request.url)
        is_robots = request.role is FetchRole.ROBOTS
        objection = self._robots_objection if is_robots else self._redirect_objection
        delay_seconds = 0.0 if is_robots else self._robots_of(request.url).delay_seconds
        pace_seconds = max(self._settings.pace_seconds, delay_seconds)
        known = self._index.latest_content(request.key)
        copy = self._copy_of(known) if known is not None else None
        headers = dict(request.headers)
        if request.body:
            headers["Content-Type"] = JSON_TYPE if request.json_body else FORM_TYPE
        conditions: dict[str, dict[str, str]] = {}
        if copy is not None and known is not None and not self._is_doubtful(request, known, copy):
            conditions = self._conditions(request, known)
        turns: list[dt.datetime] = []

        def at_turn(url: str) -> None:
            turns.append(self._now())  # others may have been answered while this one waited, or refused
            if may_wait:
                self._stop_when_paused(url)
            if not is_robots:  # a redirect's host may ask for more than the one that was asked first
                postpone(host_of(url), self._robots_of(url).delay_seconds)

        asker = self._asker
        leads_on = self._leads_on(request)
        heard = asker.ask(
            request.method,
            request.url,
            request.body,
            headers,
            pace_seconds,
            objection,
            at_turn,
            leads_on,
            conditions,
        )
        state, reason = self._classified(request, heard)
        wait_seconds = _named_wait(heard, state)
        if state is FetchState.NOT_MODIFIED and (heard.answer is None or heard.answer.url not in conditions):
            state, reason = FetchState.UNREACHABLE, "HTTP 304 though nothing was said of a copy"
        told = answered_with(request, heard, state, reason, known, copy)
        try:
            told = self._looked_into(request, heard, told, known)
        finally:  # what was answered is kept also when a fault of ours comes of it
            self._keep(request, heard, told, turns[-1], known if copy is not None else None, wait_seconds)
        if heard.closed is not None:
            raise heard.closed
        if wait_seconds is not None and wait_seconds <= self._settings.retry_wait_seconds and may_wait:
            postpone(host_of(request.url), wait_seconds)
            return self._asked(request, before, may_wait=False)
        was = (before.fetch_state, before.payload_bytes) if before is not None else None
        is_as_before = was == (told.state, len(told.body))
        return dataclasses.replace(told, is_as_before=is_as_before, is_answered=heard.answer is not None)

    def _conditions(self, request: Request, known: IndexRow) -> dict[str, dict[str, str]]:
        """What makes a host say that a copy still holds, for the address alone that the copy came from.

        An older page to which a request is led on would answer 304 to the date of the newer one.
        """
        sent = self._index.latest_sent(request.key)
        if sent is None or sent.payload_sha256 != known.payload_sha256:
            return {}
        validators = {"If-None-Match": sent.etag, "If-Modified-Since": sent.last_modified}
        headers = {name: value for name, value in validators.items() if value}
        return {sent.final_url or request.url: headers} if headers else {}

    def _is_doubtful(self, request: Request, known: IndexRow, copy: bytes) -> bool:
        if request.role is not FetchRole.PAGE:
            return False
        page = report_page(copy, known.final_url or request.url, known.content_type, self._settings)
        return self._stand_ins.is_doubtful(request, known.payload_sha256 or "", page)

    def _looked_into(self, request: Request, heard: Heard, told: Fetched, known: IndexRow | None) -> Fetched:
        """What a report's page comes to once it is read: what it offers, or that it is no page of a report."""
        if request.role is not FetchRole.PAGE:
            return told
        page = report_page(told.payload, told.url, told.content_type, self._settings)
        if page is None:
            return told if told.payload is None else dataclasses.replace(told, offers_json="[]")
        instead = self._stand_ins.instead(request, page, heard.answer)
        if instead is not None:
            return answered_with(request, heard, FetchState.SOFT_404, instead, known, None)
        says = page.says_of_itself() if told.is_new or told.is_changed else None
        return dataclasses.replace(
            told,
            reason=page.left_out,
            report_page=page,
            page_metadata_json=says,
            offers_json=json.dumps(page.needed, ensure_ascii=False),
        )

    def _leads_on(self, request: Request) -> Callable[[Answer], str | None]:
        """Where the answer to a request leads that is a shell, on its own host and to nothing seen on the way."""
        seen = {request.url}

        def target(answer: Answer) -> str | None:
            if request.role not in (FetchRole.PAGE, FetchRole.HOME) or len(answer.payload) >= SHORT_BYTES:
                return None  # of a column it is noted which addresses it went through
            seen.add(answer.url)
            if self._classified(request, Heard((), answer))[0] is not FetchState.SHELL:
                return None
            found = shell_target(decode(answer.payload, answer.header("Content-Type")), answer.url)
            return None if found in seen else found

        return target

    def _home_sha256(self, url: str) -> str | None:
        """The home page of a host, asked for once in a run, and not where it was refused not long ago."""
        origin = f"{urlsplit(url).scheme}://{host_of(url)}"
        if origin not in self._homes:
            self._homes[origin] = None
            request = Request(f"{origin}/", FetchRole.HOME)
            before = self._index.latest(self._portal_id, request.key)
            try:
                if not self._is_refused_lately(before) and self._objection(request.url) is None:
                    home = self._asked(request, before)
                    self._homes[origin] = sha256(home.payload) if home.payload else None
            except HostClosedError as closed:
                LOG.debug("the home page is not asked for: %s", closed)
        return self._homes[origin]

    def _is_refused_lately(self, last: IndexRow | None) -> bool:
        since = self._now() - dt.timedelta(days=self._settings.revisit_old_days)
        return last is not None and last.fetch_state in REFUSALS and last.fetched_at > since

    def _copy_of(self, known: IndexRow) -> bytes | None:
        """The archived payload; None when it is damaged, so that it is asked for in whole and archived again."""
        try:
            limit = self._settings.answer_bytes
            return read_payload(self._settings.archive, known.warc_file, known.warc_offset, limit)
        except ArchiveError as fault:
            LOG.warning("%s It is asked for again.", fault)
            return None

    def _robots_of(self, url: str) -> Robots:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{host_of(url)}"
        if origin not in self._robots:
            request = Request(f"{origin}/robots.txt", FetchRole.ROBOTS)
            fetched = self._asked(request, self._index.latest(self._portal_id, request.key))
            robots = read_robots(fetched.state, fetched.reason, fetched.payload)
            postpone(host_of(url), robots.delay_seconds)  # the pause begins with robots.txt itself
            self._robots[origin] = robots
        return self._robots[origin]

    def _stop_when_paused(self, url: str) -> None:
        host = host_of(url)
        until = self._index.refused_until(host, self._settings.pause_after_refusal_seconds, self._now())
        if until is not None:
            raise HostClosedError(host, f"{host} refused us and is left alone until {until:%Y-%m-%d %H:%M} UTC")

    def _stop_when_quiet(self, url: str) -> None:
        host = host_of(url)
        until = quiet_until(self._now(), self._settings.quiet_hours)
        if until is not None:
            reason = f"hours of quiet (GONGKAI_QUIET_HOURS) until {until:%H:%M} UTC+8; the rest waits for another run"
            raise HostClosedError(host, reason, is_refusal=False)
        if not self._budget.spend(host):
            most = self._settings.host_requests
            reason = f"{host} was asked {most} times in this run (GONGKAI_HOST_REQUESTS); the rest waits for another"
            raise HostClosedError(host, reason, is_refusal=False)

    def _unasked(self, request: Request, before: IndexRow | None, state: FetchState, reason: str) -> Fetched:
        unasked = Fetched(state, reason, request.url, None, b"", None)
        is_known = state in QUIET_STATES and before is not None and before.fetch_state == state
        if not is_known:
            self._keep(request, Heard((), None), unasked, self._now(), None, None)
        return unasked

    def _keep(
        self,
        request: Request,
        heard: Heard,
        told: Fetched,
        asked_at: dt.datetime,
        known: IndexRow | None,
        retry_after_seconds: int | None,
    ) -> None:
        original = known if told.state is FetchState.NOT_MODIFIED else None
        if original is None and heard.answer is not None and heard.answer.payload:
            digest = heard.answer.payload_sha256
            if told.state is not FetchState.CONTENT:
                original = self._index.host_payload_row(host_of(heard.answer.url), digest)
            elif known is not None:
                original = self._index.payload_row(request.key, digest)
        exchange = Exchange(
            portal_id=self._portal_id,
            url=request.key,
            fetch_role=request.role,
            entry_url=request.entry_url,
            list_title=request.list_title,
            listed_on=request.listed_on,
            fetch_state=told.state,
            reason=told.reason,
            tls_verification=self._asker.tls_verification(request.url),
            fetched_at=asked_at,
            redirects=heard.redirects,
            answer=heard.answer,
            retry_after_seconds=retry_after_seconds,
            link_name=request.link_name,
            file_name=_file_name(request, heard.answer),
            page_metadata_json=told.page_metadata_json,
            offers_json=told.offers_json,
        )
        self._index.add(self._writer.write(exchange, original))

    def _classified(self, request: Request, heard: Heard) -> tuple[FetchState, str | None]:
        if heard.state is not None:
            return heard.state, heard.reason
        answer = heard.answer
        assert answer is not None
        seen = Seen(
            role=request.role,
            asked_url=request.url,
            final_url=answer.url,
            http_status=answer.http_status,
            content_type=answer.header("Content-Type"),
            retry_after=answer.header("Retry-After"),
            payload=answer.payload,
            payload_sha256=answer.payload_sha256,
            may_be_empty=request.may_be_empty,
            content_encoding=answer.header("Content-Encoding"),
            file_name=_file_name(request, answer) or request.link_name,
        )
        if request.role is FetchRole.ROBOTS:
            return classify_robots(seen)
        return classify(seen, self._stand_ins.landing_pages, self._stand_ins.list_addresses)


def _file_name(request: Request, answer: Answer | None) -> str | None:
    if answer is None or request.role is not FetchRole.ATTACHMENT:
        return None
    return disposed_name(answer.header("Content-Disposition"))


def _named_wait(heard: Heard, state: FetchState) -> int | None:
    """How long a refusing host asks to be left alone."""
    if state not in REFUSALS or heard.answer is None:
        return None
    return retry_after_seconds(heard.answer.header("Retry-After"), heard.answer.header("Date"))
