"""Addresses: one way to write each, and no private one in any dress."""

from __future__ import annotations

import pytest

from flows.portals.addresses import AddressError, canonical, host_of, is_public


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("./t1.html", "http://h.example.gov.cn/nb/t1.html"),
        ("../a b.pdf#page=2", "http://h.example.gov.cn/a%20b.pdf"),
        (".\\2025\\t1.html?a=b\\c", "http://h.example.gov.cn/nb/2025/t1.html?a=b%5Cc"),
        ("http:\\\\h2.example.gov.cn\\x", "http://h2.example.gov.cn/x"),
        ("//H2.example.gov.cn./x", "http://h2.example.gov.cn/x"),
        ("https://h.example.gov.cn:443", "https://h.example.gov.cn/"),
        ("http://h.example.gov.cn:8080/年报.html", "http://h.example.gov.cn:8080/%E5%B9%B4%E6%8A%A5.html"),
        ("/a%20b?x=%2B&y=1", "http://h.example.gov.cn/a%20b?x=%2B&y=1"),
        ("/a.html?isMobile=true", "http://h.example.gov.cn/a.html"),
        ("/a.html?id=1&isMobile=true", "http://h.example.gov.cn/a.html?id=1"),
        ("http://user:secret@h.example.gov.cn/", "http://h.example.gov.cn/"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("/a\r\nSet-Cookie: x", "http://h.example.gov.cn/aSet-Cookie:%20x"),
    ],
)
def test_one_way_to_write_an_address(href: str, url: str) -> None:
    assert canonical(href, "http://h.example.gov.cn/nb/") == url
    assert canonical(url) == url


@pytest.mark.parametrize(
    "href", ["ftp://h/x", "javascript:void(0)", "http://[bad", "http://h:99999/", "/x" * 1001, "data:,x", "/\udc80"]
)
def test_what_is_no_address_says_so(href: str) -> None:
    with pytest.raises(AddressError):
        canonical(href, "http://h.example.gov.cn/")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://H.example.gov.cn./x", "h.example.gov.cn"),
        ("http://h:80/", "h"),
        ("http://h:443/", "h:443"),
        ("https://h:443/", "h"),
        ("http://127.0.0.1:8471/x", "127.0.0.1:8471"),
        ("http://[::1]:8471/x", "[::1]:8471"),
    ],
)
def test_hosts(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "4000::1",
    ],
)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("192.0.0.8", False),
        ("191.255.255.255", True),
        ("192.0.1.0", True),
        ("192.88.99.1", False),
        ("192.88.98.255", True),
        ("192.88.100.0", True),
        ("::ffff:192.0.0.8", False),
        ("3fff::1", False),
        ("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", False),
        ("3fff:1000::", True),
    ],
)
def test_the_bounds_of_what_is_not_given_out(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("address", ["93.184.215.14", "2400:3200::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)
