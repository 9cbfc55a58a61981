"""Whose finding is whose, and what a recipients' file may hold."""

import pytest

from flows.errors import InputError
from flows.mail.routing import Recipient, findings_of, read_recipients
from tests.unit.mail_samples import finding, stored


def of(**changes):
    return stored(finding(**changes))


PROVINCE = of(finding_id="p", division_code="320000", body_name="某省")
CITY = of(finding_id="c", division_code="321300", body_name="某市")
COUNTY = of(finding_id="d", division_code="321322", body_name="某县")
BUREAU = of(finding_id="b", division_code="321322", body_name="某县发展和改革局")
OTHER = of(finding_id="o", division_code="130000", body_name="他省")
ALL = [PROVINCE, CITY, COUNTY, BUREAU, OTHER]


def names(**wanted) -> list[str]:
    return [f.sighting.finding_id for f in findings_of(Recipient(address="a@example.org", **wanted), ALL)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"divisions": ["32"]}, ["p", "c", "d", "b"]),
        ({"divisions": ["3213"]}, ["c", "d", "b"]),
        ({"divisions": ["321322"]}, ["d", "b"]),
        ({"divisions": ["13", "321300"]}, ["c", "o"]),
        ({"divisions": ["3299"]}, []),
        ({"bodies": ["某县"]}, ["d"]),
        ({"bodies": ["某县发展和改革局"], "divisions": ["13"]}, ["b", "o"]),
        ({"everything": True}, ["p", "c", "d", "b", "o"]),
    ],
)
def test_findings_go_to_those_whose_division_or_body_they_are(wanted, expected):
    assert names(**wanted) == expected


def test_a_finding_without_a_division_goes_to_no_division():
    nowhere = of(division_code="")
    assert findings_of(Recipient(address="a@example.org", divisions=["3"]), [nowhere]) == ()
    assert findings_of(Recipient(address="a@example.org", everything=True), [nowhere]) == (nowhere,)


def test_what_is_too_mild_is_left_out():
    mild = of(severity="warning")
    wants_errors = Recipient(address="a@example.org", everything=True, severity="error")
    assert findings_of(wants_errors, [mild, CITY]) == (CITY,)
    assert findings_of(Recipient(address="a@example.org", everything=True), [mild, CITY]) == (mild, CITY)


def read(tmp_path, text: str):
    path = tmp_path / "recipients.yaml"
    path.write_text(text, encoding="utf-8")
    return read_recipients(path)


def test_a_file_is_read_in_order_codes_with_or_without_quotes(tmp_path):
    first, second = read(
        tmp_path,
        """
        - address: city@example.org
          name: 某市
          language: en
          divisions: [3213, "32"]
        - {address: all@example.org, everything: true}
        """,
    )
    assert (first.address, first.name, first.language, first.divisions) == (
        "city@example.org",
        "某市",
        "en",
        ["3213", "32"],
    )
    assert (second.language, second.everything) == ("zh", True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must be a list of entries"),
        ("address: a@example.org", "must be a list of entries"),
        ("- [", "is not YAML"),
        ("- {address: a@example.org, everything: true, adress: x}", "entry 1, adress: Extra inputs"),
        ("- {everything: true}", "entry 1, address: Field required"),
        ("- {address: nobody, everything: true}", "entry 1, address: 'nobody' is not a mail address"),
        ("- {address: 'A <a@example.org>', everything: true}", "is not a mail address"),
        ("- {address: 'a@example.org, b@example.org', everything: true}", "is not a mail address"),
        ('- {address: "a@example.org\\nBcc: b@example.org", everything: true}', "is not a mail address"),
        ("- {address: 某@example.org, everything: true}", "is not a mail address"),
        ('- {address: a@example.org, everything: true, name: "a\\r\\nBcc: b@example.org"}', "a name is one line"),
        ("- {address: a@example.org}", "entry 1: it needs `divisions`, `bodies` or `everything: true`"),
        ("- {address: a@example.org, everything: false}", "it needs `divisions`"),
        ("- {address: a@example.org, divisions: [3213220]}", "entry 1, divisions, 0: String should match"),
        ("- {address: a@example.org, divisions: 3213}", "entry 1, divisions: Input should be a valid list"),
        ("- {address: a@example.org, everything: true, severity: info}", "severity: Input should be 'warning' or"),
        ("- {address: a@example.org, everything: true, every: month}", "every: Input should be 'run', 'day' or"),
        ("- {address: a@example.org, everything: true, language: fr}", "entry 1, language: Input should be 'zh' or"),
        (
            "- {address: a@example.org, everything: true}\n- {address: A@example.org, bodies: [某县]}",
            "has a@example.org twice",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError, match=r"recipients\.yaml") as caught:
        read(tmp_path, text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_one_in_another_encoding_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_recipients(tmp_path / "none.yaml")
    (tmp_path / "gbk.yaml").write_bytes("- {address: a@example.org, bodies: [某县]}".encode("gbk"))
    with pytest.raises(InputError, match="cannot be read"):
        read_recipients(tmp_path / "gbk.yaml")
