"""The sample platforms over real HTTP on loopback."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests
import yaml

from flows.errors import BusyError, InputError
from flows.sample.index import sample_portals, sample_reports
from flows.sample.server import SamplePortals
from flows.settings import PROJECT_ROOT

TIMEOUT_SECONDS = 10


@pytest.fixture
def sample() -> Iterator[SamplePortals]:
    with SamplePortals() as portals:
        yield portals


def get(url: str, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(url, headers=named, timeout=TIMEOUT_SECONDS)


def test_every_column_answers_but_the_blocked_one(sample: SamplePortals) -> None:
    assert set(sample.column_urls) == {portal.portal_id for portal in sample_portals()}
    for portal_id, url in sample.column_urls.items():
        assert get(url).status_code == (412 if portal_id == "sample-blocked" else 200)


def test_every_report_has_an_address(sample: SamplePortals) -> None:
    for report in sample_reports():
        answer = get(sample.entry_url(report.key))
        assert answer.status_code == 200
        assert len(answer.content) == int(answer.headers["Content-Length"])


def test_unchanged_pages_are_not_sent_again(sample: SamplePortals) -> None:
    url = sample.entry_url("suqian-2024")
    first = get(url)
    etag, last_modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert parsedate_to_datetime(last_modified) == dt.datetime(2025, 3, 14, 2, 30, tzinfo=dt.UTC)
    assert "Date" in first.headers
    for known in (
        {"If_None_Match": etag},
        {"If_None_Match": f'"other", W/{etag}'},
        {"If_Modified_Since": last_modified},
    ):
        again = get(url, **known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
    # the entity tag decides before the date does; a date nobody can read counts as none
    assert get(url, If_None_Match='"other"', If_Modified_Since=last_modified).status_code == 200
    assert get(url, If_Modified_Since="yesterday").status_code == 200
    assert get(url, If_Modified_Since="Fri, 14 Mar 2025 02:29:59 GMT").status_code == 200


def test_answers_put_together_on_request_carry_no_validators(sample: SamplePortals) -> None:
    host = sample.column_urls["sample-jpage"].removesuffix("/col/col70011/index.html")
    url = f"{host}/module/web/jpage/dataproxy.jsp"
    by_get = get(f"{url}?page=2&columnid=70011&unitid=4011")
    by_post = requests.post(
        f"{url}?startrecord=4&endrecord=6&perpage=3",
        data={"columnid": "70011", "unitid": "4011", "webname": "示例市人民政府"},
        timeout=TIMEOUT_SECONDS,
    )
    for answer in (by_get, by_post):
        assert answer.status_code == 200
        assert not {"ETag", "Last-Modified"} & set(answer.headers)
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert answer.text.count("<record>") == 2
    assert sample.requests[-1].fields["webname"] == "示例市人民政府"


def test_head_sends_the_headers_alone(sample: SamplePortals) -> None:
    url = sample.entry_url("huaian-2024")
    head = requests.head(url, timeout=TIMEOUT_SECONDS)
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(get(url).content))


def test_content_types(sample: SamplePortals) -> None:
    assert get(sample.entry_url("shuyang-fagaiju-2023")).headers["Content-Type"] == "text/html"
    assert get(sample.entry_url("suqian-2024")).headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_form_that_is_too_large_is_refused(sample: SamplePortals) -> None:
    host, port = next(iter(sample.hosts)).split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_SECONDS)
    connection.putrequest("POST", "/x")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_requests_are_logged(sample: SamplePortals) -> None:
    get(sample.column_urls["sample-ucap"] + "?ddtab=true", User_Agent="gongkai-test")
    (seen,) = sample.requests
    assert (seen.platform, seen.method, seen.path, seen.status) == ("ucap", "GET", "/sys/gknb/list.shtml", 200)
    assert (seen.headers["user-agent"], seen.fields) == ("gongkai-test", {"ddtab": "true"})


def test_the_registry_names_the_present_addresses(sample: SamplePortals, tmp_path: Path) -> None:
    sample.write_registry(tmp_path / "registry")
    written = {path.stem: yaml.safe_load(path.read_text()) for path in (tmp_path / "registry").glob("*.yaml")}
    assert {portal_id: portal["column_url"] for portal_id, portal in written.items()} == sample.column_urls
    assert written["sample-trs"] == {
        "name": "示例省集约化平台（样例）",
        "family": "trs",
        "column_url": sample.column_urls["sample-trs"],
        "division": {"code": "990000", "name": "示例省", "level": "province"},
        "body": None,
        "aggregate": True,
        "verified": True,
        "seen": dt.date(2026, 11, 1),
        "notes": "Two list pages; one report only as an attached PDF; one page in GBK without a declared charset.",
    }
    assert written["sample-jpage"]["body"] == {"name": "示例市人民政府", "kind": "government"}
    assert written["sample-jpage"]["aggregate"] is False
    assert {url.split("/")[2] for url in sample.column_urls.values()} == sample.hosts


def test_a_report_can_be_published_again(sample: SamplePortals) -> None:
    url = sample.entry_url("fanli-shi-2024")
    column = sample.column_urls["sample-trs-990200"]
    before, listed = get(url), get(column)
    cell = ("requests", "partially_granted", "natural_person")
    sample.change_report("fanli-shi-2024", {cell: "172"})
    after = get(url, If_None_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert parsedate_to_datetime(after.headers["Last-Modified"]) == dt.datetime(2025, 3, 28, 2, 30, tzinfo=dt.UTC)
    assert get(column, If_None_Match=listed.headers["ETag"]).status_code == 304
    with pytest.raises(InputError, match="has no cell"):
        sample.change_report("fanli-shi-2024", {("requests", "granted", "everybody"): "1"})


def test_a_report_can_be_taken_away(sample: SamplePortals) -> None:
    url = sample.entry_url("yimei-2022")
    sample.remove("yimei-2022")
    assert get(url).status_code == 404
    with pytest.raises(InputError, match="has published no report 'yimei-2022'"):
        sample.entry_url("yimei-2022")


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(
            BusyError, match=rf"Port {port} on 127\.0\.0\.1,.* is not free: .* choose another first port"
        ):
            SamplePortals(port).__enter__()
        found = subprocess.run(
            [sys.executable, "-m", "flows.sample", str(port)],
            check=False,
            capture_output=True,
            text=True,
            cwd=PROJECT_ROOT,
            timeout=60,
        )
        assert (found.returncode, found.stderr.count("\n")) == (BusyError.exit_code, 1)


@pytest.mark.parametrize("base_port", [0, 65535, 70000])
def test_a_port_that_cannot_be_is_refused(base_port: int) -> None:
    with pytest.raises(InputError, match=f"{base_port} is no base port"):
        SamplePortals(base_port)


def test_ports_are_free_again_afterwards() -> None:
    with SamplePortals() as sample:
        ports = sorted(int(host.split(":")[1]) for host in sample.hosts)
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
