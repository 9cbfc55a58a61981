"""The year that a report is about: what the title, the text, the list, the address and the date say of it.

The title decides, else the period that the text states, else the title on the list, else the date of publication or a
folder of the address. Where these contradict each other the year has a doubt, one sentence; where nothing decides
between several years there is none, and the doubt says why.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence

from flows.reports.dates import Period, is_calendar_year, years_in_title

_FOLDER = re.compile(r"/[a-z_-]{0,12}(20\d\d)[a-z_-]{0,8}(?=/)", re.I)
_FOLDERS_OF_DATES = re.compile(r"/20\d\d[/-]\d{1,2}[/-]\d{1,2}(?=/)|/20\d{4}(?=/)")


@dataclasses.dataclass(frozen=True, slots=True)
class ReportYear:
    """A year with its provenance; `doubt` is one sentence, None when nothing speaks against it."""

    year: int | None
    source: str | None
    """title, stated_period, list_title, published_on (its year less one) or folder."""
    doubt: str | None = None


def report_year(
    title: str,
    periods: Sequence[Period],
    list_title: str,
    year_before_date: int | None,
    other_titles: Sequence[str] = (),
) -> ReportYear:
    """The year that words say. `periods` are those that the text states, in its order, `other_titles` those that the
    document has besides.

    A title that names several years leaves the choice to the stated period. One that names a single year yields to
    the stated period when the list, another title or `year_before_date` (that before the date of publication) agrees
    with the period and none of them with the title.
    """
    titled, listed = years_in_title(title), years_in_title(list_title)
    stated = tuple(dict.fromkeys(first.year for first, last in periods if is_calendar_year((first, last))))
    stated = stated or tuple(first.year for first, last in periods[:1] if first.year == last.year)
    if len(titled) == 1:
        beside = {year for other in other_titles for year in years_in_title(other)}
        return _by_title(titled[0], stated, listed, {*listed, *beside, year_before_date}, beside)
    if len(stated) == 1:
        where, others = ("title", titled) if titled else ("list", listed)
        others = () if stated[0] in others else others
        return ReportYear(stated[0], "stated_period", _says_other(where, others, "stated period", stated[0]))
    named = f"The title names the years {_in_words(titled)}" if titled else ""
    if titled or stated:
        said = f"the text states the periods of {_in_words(stated)}" if stated else "the text states no calendar year"
        whole = f"{named}, and {said}" if named else said.capitalize()
        if not titled and len(listed) == 1 and listed[0] in stated:
            return ReportYear(listed[0], "list_title", f"{whole}; the list says {listed[0]}.")
        return ReportYear(None, None, f"{whole}: which one the report is for is not known.")
    if len(listed) > 1:
        return ReportYear(None, None, f"The title on the list names the years {_in_words(listed)}, the text none.")
    return ReportYear(listed[0], "list_title") if listed else ReportYear(None, None)


def _by_title(
    titled: int, stated: Sequence[int], listed: Sequence[int], witnesses: Collection[int | None], beside: set[int]
) -> ReportYear:
    if stated and titled not in stated:
        if len(stated) == 1 and stated[0] in witnesses and titled not in witnesses:
            return ReportYear(stated[0], "stated_period", _says_other("title", [titled], "stated period", stated[0]))
        return ReportYear(titled, "title", _says_other("stated period", stated, "title", titled))
    if beside - {titled} and not stated:
        return ReportYear(titled, "title", _says_other("other title", sorted(beside - {titled}), "title", titled))
    if listed and titled not in listed and not stated:
        return ReportYear(titled, "title", _says_other("list", listed, "title", titled))
    return ReportYear(titled, "title")


def settle_by_date(found: ReportYear, published_on: dt.date | None, url: str | None) -> ReportYear:
    """The year with what a date of publication and the address add to it.

    Without any word the year before the date is taken, or that of a folder of the address, and it is doubtful. A
    report cannot come out before December of the year it is about.
    """
    if found.year is None:
        return found if found.doubt else _unnamed_year(published_on, folder_year(url))
    if published_on and published_on < dt.date(found.year, 12, 1) and found.source != "stated_period":
        early = f"It is dated {published_on}, before the end of {found.year}, the year that it is about."
        return dataclasses.replace(found, doubt=found.doubt or early)
    return found


def _unnamed_year(published_on: dt.date | None, folder: int | None) -> ReportYear:
    dated = published_on.year - 1 if published_on else None
    if dated is not None and folder in (None, dated, dated + 1):  # folders are named by either year
        return ReportYear(dated, "published_on", f"Title and text name no year: {dated} is the year before its date.")
    if dated is not None:
        why = f"Title and text name no year, the date says {dated} and the address {folder}: it is not known."
        return ReportYear(None, None, why)
    if folder is not None:
        return ReportYear(folder, "folder", f"Title and text name no year: {folder} is a folder of its address.")
    return ReportYear(None, None, "Neither title nor text, list, date or address say which year it is about.")


def folder_year(url: str | None) -> int | None:
    """The year that a folder of an address is named by (`/gknb2021/`, `/2021n/`); folders of dates are none.

    None too where there are several: folders hold what was put there, whatever their names.
    """
    path = _FOLDERS_OF_DATES.sub("/", url or "")
    years = {int(year) for year in _FOLDER.findall(path)}
    return years.pop() if len(years) == 1 else None


def _says_other(one: str, years: Iterable[int], other: str, year: int) -> str | None:
    words = _in_words(years)
    return f"The {one} says {words}, the {other} {year}." if words else None


def _in_words(years: Iterable[int]) -> str:
    return " and ".join(map(str, years))
