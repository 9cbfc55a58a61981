"""The CMS families that can be listed, by the name that the registry uses."""

from __future__ import annotations

from flows.portals.jpage import JpageListing
from flows.portals.listing import Listing
from flows.portals.pages import Page
from flows.portals.trs import TrsListing
from flows.portals.ucap import UcapListing

FAMILIES: dict[str, type[Listing]] = {listing.family: listing for listing in (TrsListing, JpageListing, UcapListing)}


def recognised(page: Page) -> list[str]:
    """Families whose marks a column page bears."""
    return [name for name, listing in FAMILIES.items() if listing.recognises(page)]
