"""The CMS families that can be listed, by the name that the registry uses, which is also that of their module."""

from __future__ import annotations

from flows.portals.families.epoint import EpointListing
from flows.portals.families.gkmlpt import GkmlptListing
from flows.portals.families.hanweb_xxgk import HanwebXxgkListing
from flows.portals.families.jpaas import JpaasListing
from flows.portals.families.jpage import JpageListing
from flows.portals.families.links import LinksListing
from flows.portals.families.listing import Listing
from flows.portals.families.lonsun import LonsunListing
from flows.portals.families.trs import TrsListing
from flows.portals.families.trs_was import TrsWasListing
from flows.portals.families.truecms import TruecmsListing
from flows.portals.families.ucap import UcapListing
from flows.portals.families.ucap_json import UcapJsonListing
from flows.portals.families.vsb import VsbListing
from flows.portals.pages import Page

FAMILIES: dict[str, type[Listing]] = {
    listing.family: listing
    for listing in (
        JpaasListing,
        GkmlptListing,
        UcapJsonListing,
        EpointListing,
        TruecmsListing,
        TrsWasListing,
        JpageListing,
        HanwebXxgkListing,
        LonsunListing,
        VsbListing,
        UcapListing,
        TrsListing,
        LinksListing,
    )
}
"""In the order in which a page that bears the marks of several is taken: the narrower marks first."""


def recognised(page: Page) -> list[str]:
    """Families whose marks a column page bears, the likeliest first; the general one only when no other does."""
    named = [name for name, listing in FAMILIES.items() if listing is not LinksListing and listing.recognises(page)]
    return named or [LinksListing.family] * LinksListing.recognises(page)
