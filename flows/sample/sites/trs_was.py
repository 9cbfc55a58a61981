"""A TRS WAS channel: the column is a page whose frame of rows comes from `/was5/web/search`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flows.sample.sites.column import NOT_FOUND, Answer, Fields, number_in
from flows.sample.sites.trs import TrsColumn

SEARCH = "/was5/web/search"
CHANNEL = "278090"


class TrsWasColumn(TrsColumn):
    """Articles are those of TRS; pages beyond the last are stubs."""

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield (
            self.portal.column,
            lambda: self.list_page(
                f'<iframe src="{SEARCH}?channelid={CHANNEL}&amp;perpage={self.portal.rows_per_page}"></iframe>'
            ),
        )

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path != SEARCH or fields.get("channelid") != CHANNEL:
            return super().answer(path, fields)
        page = number_in(fields, "page")
        pages = self.pages()
        if page > len(pages):
            return NOT_FOUND
        rows = "\n".join(self.linked_row(article) for article in pages[page - 1])
        return Answer(self.list_page(f"<ul>\n{rows}\n</ul>").encode())
