"""Addresses: made absolute, written in one way, and whether a machine behind one may be asked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Mapping
from functools import lru_cache
from urllib.parse import unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from requests.exceptions import RequestException
from requests.utils import requote_uri

DEFAULT_PORTS = {"http": 80, "https": 443}
MOBILE_PARAMETERS = frozenset({"isMobile"})
URL_LENGTH = 2000
GOVERNMENT_HOST = re.compile(r"(?:^|\.)gov\.cn$")
BEFORE_QUERY = re.compile(r"[^?#]*")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
CONTROL = re.compile(r"[\x00-\x20\x7f]+")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NOT_GIVEN_OUT = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""For protocols, for relays that are no more, for documentation (RFC 6890, 7526, 9637); Python lets them pass."""
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6 (RFC 4291, 2.4); `::127.0.0.1` and its like lie outside."""


class AddressError(ValueError):
    """No address that could be asked over http."""


def canonical(href: str, base: str = "") -> str:
    """An address as it is asked and known: absolute, host in lower case without a trailing dot, no fragment.

    Marks of a mobile copy (`?isMobile=true`) are taken off, so that both copies are one.

    Raises:
        AddressError: not an http(s) address with a host, or longer than 2000 characters.
    """
    try:
        parts = urlsplit(urljoin(base, slashed(href.strip())))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as fault:
        raise AddressError(f"{href[:200]!r} is no address ({fault})") from fault
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise AddressError(f"{href[:200]!r} is no http address")
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError as fault:
        raise AddressError(f"{href[:200]!r} has no host that can be looked up") from fault
    if CONTROL.search(host):
        raise AddressError(f"{href[:200]!r} has no host that can be looked up")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    try:
        url = requote_uri(urlunsplit((parts.scheme, netloc, parts.path or "/", _query(parts.query), "")))
    except (RequestException, UnicodeError) as fault:
        raise AddressError(f"{href[:200]!r} is no address ({fault})") from fault
    url = CONTROL.sub("%20", url)
    if len(url) > URL_LENGTH:
        raise AddressError(f"{href[:80]!r}... is longer than {URL_LENGTH} characters")
    return url


def slashed(href: str) -> str:
    """A link with `/` for each `\\` before its query, as browsers read those of http (URL Standard, 4.4)."""
    head = BEFORE_QUERY.match(href)
    scheme, mark, _ = href.partition(":")
    is_other = bool(mark) and SCHEME.fullmatch(scheme) is not None and scheme.lower() not in DEFAULT_PORTS
    if head is None or is_other or "\\" not in head[0]:
        return href
    return head[0].replace("\\", "/") + href[head.end() :]


@lru_cache(maxsize=1024)
def host_of(url: str) -> str:
    """Host of an address, with its port unless it is the scheme's own: what is guarded, paced and paused."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    netloc = f"[{host}]" if ":" in host else host
    is_default = parts.port is None or parts.port == DEFAULT_PORTS.get(parts.scheme)
    return netloc if is_default else f"{netloc}:{parts.port}"


def column_place(url: str) -> tuple[str, str, str]:
    """Where a column is, without what may differ and still be the same page: the scheme, `www.`, `index.html`."""
    parts = urlsplit(canonical(url))
    folder, _, name = parts.path.rpartition("/")
    path = folder if name.startswith("index.") else f"{folder}/{name}".rstrip("/")
    return host_of(url).removeprefix("www."), path, parts.query


def is_governmental(host: str) -> bool:
    """True for a name under gov.cn, where alone the originals are."""
    return GOVERNMENT_HOST.search(host.rsplit(":", 1)[0]) is not None


def with_parameters(url: str, parameters: Mapping[str, str | int]) -> str:
    """The address with these parameters in its query, instead of those of the same name; the others as they stand."""
    parts = urlsplit(url)
    query = "&".join([*_others(parts.query, parameters), urlencode(parameters)])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def is_public(address: str) -> bool:
    """True when an IP address lies in the public internet, also when it is an IPv4 address dressed as IPv6."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip.sixtofour:
            return is_public(str(ip.ipv4_mapped or ip.sixtofour))
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip not in GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_GIVEN_OUT)


def _query(query: str) -> str:
    if not any(f"{name}=" in query for name in MOBILE_PARAMETERS):
        return query
    return "&".join(_others(query, MOBILE_PARAMETERS))


def _others(query: str, names: Container[str]) -> list[str]:
    """The parameters of a query that are called otherwise, as they are written: they may be in another charset."""
    return [one for one in query.split("&") if one and unquote_plus(one.partition("=")[0]) not in names]
