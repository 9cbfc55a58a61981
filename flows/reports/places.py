"""Finding the division that a body's name begins with: `江苏省宿迁市沭阳县发展和改革局` is of 沭阳县 in 宿迁市."""

from __future__ import annotations

import dataclasses
import re
from functools import cache

from flows.formats import Division, divisions

MINISTRIES = "999000"
"""Stands for a division with bodies of the State Council, in the registry of portals too."""
_MISREAD = str.maketrans({"沐": "沭", "毫": "亳"})
"""Characters of place names that text recognition takes for commoner ones; tried only where the name is unknown."""
_SYSTEM = re.compile(r"^(?:国家税务总局|国家统计局|国家金融监督管理总局|中国人民银行|中国气象局|国家烟草专卖局|中共)")
"""What stands before the place in the name of a body that belongs to a system above it."""
_MINISTRY = re.compile(
    r"^(?:国家|国务院|中华人民共和国)|^(?:海关总署|审计署|外交部|国防部|教育部|科学技术部|科技部|工业和信息化部|公安部|民政部"
    r"|司法部|财政部|人力资源(?:和)?社会保障部|自然资源部|生态环境部|住房和城乡建设部|交通运输部|水利部|农业农村部|商务部"
    r"|文化和旅游部|退役军人(?:事务)?部|应急管理部)$"
)
_LONGEST = 15
_NO_PLACE = re.compile(
    r"(?:城市|都市|园区|社区|景区|市区|城区|库区|开发区|高新区|示范区|试验区|保护区|度假区|管理区)$"
)
_PLACE_LIKE = re.compile(r"^[\u4e00-\u9fff]{1,10}?(?:自治区|自治州|自治县|自治旗|新区|地区|省|市|县|区|旗|州|盟)")


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A division, and the part of the body's name that names it."""

    division_code: str | None
    division_name: str | None
    level: str | None
    printed: str = ""
    """The leading part of the body's name, misread characters put right."""
    is_whole: bool = False
    """Whether the name is the place and nothing else."""
    doubt: str | None = None
    """Why the division is not known or may be another, one sentence; None when nothing speaks against it."""


def find_place(
    body: str, hint_code: str | None, hint_name: str | None, hint_level: str | None, site_code: str = ""
) -> Place:
    """Division of a body by the longest chain of division names that its name begins with.

    Of divisions with the same name the one within the hinted division is taken, then one that is current; if that
    leaves several, none is. A name that begins with no known division belongs to the hinted one, unless it begins
    with a place that is evidently another. Without such a hint the site's own code (SiteIDCode) is one: its first six
    digits are a division, but copied pages and old codes are about, so what only it decides is doubtful.
    """
    site = None if hint_code else _division_of_site(site_code)
    place = _find_place(body, hint_code, hint_name, hint_level)
    if site is None or place.division_code is not None:
        return place
    by_site = _find_place(body, site.division_code, site.division_name, site.level)
    if by_site.division_code is None:
        return place
    return dataclasses.replace(
        by_site,
        doubt=f"The title leaves open where the body is; the site (SiteIDCode) is one of {site.division_name}.",
    )


def _division_of_site(site_code: str) -> Division | None:
    """The division of a SiteIDCode: six digits of GB/T 2260 and four of a running number."""
    match = re.fullmatch(r"(\d{6})\d{4}", site_code.strip())
    return _by_code().get(match.group(1)) if match else None


def _find_place(body: str, hint_code: str | None, hint_name: str | None, hint_level: str | None) -> Place:
    if system := _SYSTEM.match(body):
        within, length = _chain(body[system.end() :], hint_code)
        if within:
            return Place(within.division_code, within.division_name, within.level)
    for name in (body, body.translate(_MISREAD)):
        division, length = _chain(name, hint_code)
        if length:
            printed = name[:length]
            if division is None:
                doubt = f"Several places are called {printed}; which of them is not known."
                return Place(None, None, None, printed, length == len(name), doubt)
            return Place(division.division_code, division.division_name, division.level, printed, length == len(name))
    return _hinted_place(body, hint_code, hint_name, hint_level)


def _hinted_place(body: str, hint_code: str | None, hint_name: str | None, hint_level: str | None) -> Place:
    """Place of a body whose name begins with no known division."""
    if hint_name and body.startswith(hint_name):
        return Place(hint_code, hint_name, hint_level, hint_name, body == hint_name)
    match = _PLACE_LIKE.match(body)
    if match and not _NO_PLACE.search(match.group()) and not (hint_name and hint_name in body):
        doubt = f"No division called {match.group()} is known."
        return Place(None, None, None, match.group(), match.group() == body, doubt)
    if hint_code is None and _MINISTRY.search(body):
        return Place(MINISTRIES, "国务院部门", "ministry")
    return Place(hint_code, hint_name, hint_level, doubt=None if hint_code else "No division is named.")


@cache
def _by_code() -> dict[str, Division]:
    return {division.division_code: division for division in reversed(divisions())}


@cache
def _by_name() -> dict[str, tuple[Division, ...]]:
    found: dict[str, list[Division]] = {}
    for division in divisions():
        found.setdefault(division.division_name, []).append(division)
    return {name: tuple(named) for name, named in found.items()}


def _chain(name: str, hint_code: str | None) -> tuple[Division | None, int]:
    """The innermost division of the leading chain and the length of the chain; no division if it is ambiguous."""
    outer: Division | None = None
    division: Division | None = None
    length = 0
    while True:
        step = next(
            (
                size
                for size in range(min(_LONGEST, len(name) - length), 1, -1)
                if name[length : length + size] in _by_name()
            ),
            0,
        )
        if not step:
            return division, length
        found = _choose(_by_name()[name[length : length + step]], outer, hint_code)
        if outer is not None and found is None:
            return division, length  # a word that only looks like a place: 区 in the name of a department
        division = outer = found
        length += step
        if found is None:
            return None, length


def _choose(named: tuple[Division, ...], outer: Division | None, hint_code: str | None) -> Division | None:
    if outer is not None:
        named = tuple(one for one in named if _within(one, outer.division_code) and one is not outer)
    elif len(named) > 1 and hint_code:
        named = (
            tuple(one for one in named if _within(one, hint_code) or _within_code(hint_code, one.division_code))
            or named
        )
    current = tuple(one for one in named if one.is_current)
    best = current or named
    return best[0] if len(best) == 1 else None


def _within(division: Division, code: str) -> bool:
    return _within_code(division.division_code, code)


def _within_code(inner: str, outer: str) -> bool:
    """Whether a code of GB/T 2260 lies within another: two digits for the province, two the city, two the county."""
    significant = outer.rstrip("0")
    significant += "0" * (len(significant) % 2)
    return inner.startswith(significant)
