"""A Hanweb jpage column: the first block of rows stands in the page, more come from `dataproxy.jsp`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from math import ceil
from urllib.parse import quote

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Answer, Column, Fields

PROXY = "/module/web/jpage/dataproxy.jsp"


class JpageColumn(Column):
    """`page` counts when it is sent, else `startrecord`; past the end the first block comes again.

    Dialects: `next_group` has no script and names its column by a code, so that only the link to the next group can
    be followed; `empty` holds all rows in the page and answers nothing when asked for more.
    """

    body_start = '<div id="zoom" class="bt_content">'
    body_end = "</div>"

    @property
    def column_id(self) -> str:
        """Number in `/col/col70011/index.html`."""
        return self.portal.column.removeprefix("/col/col").removesuffix("/index.html")

    @property
    def _column_name(self) -> str:
        """What the proxy knows the column by."""
        return f"+c{self.column_id}==" if self.portal.dialect == "next_group" else self.column_id

    @property
    def unit_id(self) -> str:
        """Number of the block on the page."""
        return f"4{self.column_id[-3:]}"

    def article_path(self, article: Article) -> str:
        day = article.published_on
        return f"/art/{day.year}/{day.month}/{day.day}/art_{self.column_id}_{article.serial}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"/attach/0/{article.digest}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        def html() -> str:
            name = self.portal.name
            size = len(self.articles) if self.portal.dialect == "empty" else None
            block = f'<div id="{self.unit_id}"><script type="text/xml">{self._datastore(1, 1, size)}</script></div>\n'
            if self.portal.dialect == "next_group":
                return self.list_page(block)
            return self.list_page(
                f"{block}<script>$('#{self.unit_id}').jpage({{themeName:'default',totalRecord:{len(self.articles)},"
                f"perPage:{self.portal.rows_per_page},groupSize:1,\n proxyUrl:'{PROXY}',\n"
                f" ajaxParam:{{col:1,appid:'1',webid:12,path:'/',columnid:{self.column_id},sourceContentType:1,"
                f"unitid:'{self.unit_id}',webname:'{name}',permissiontype:0}}}});</script>"
            )

        yield self.portal.column, html

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path == PROXY and fields.get("columnid") == self._column_name:
            if self.portal.dialect == "empty":
                return Answer(b"", "text/xml; charset=utf-8")
            return Answer(
                self._datastore(*_block(fields, self.portal.rows_per_page)).encode(), "text/xml; charset=utf-8"
            )
        return super().answer(path, fields)

    def _datastore(self, page: int, start: int, size: int | None = None) -> str:
        size = size or self.portal.rows_per_page
        articles = self.articles[start - 1 : start - 1 + size] or self.articles[:size]
        records = "\n".join(f"<record><![CDATA[{self._row(article)}]]></record>" for article in articles)
        following = (
            f"{PROXY}?page={page + 1}&appid=1&webid=12&path=/&columnid={quote(self._column_name)}"
            f"&unitid={self.unit_id}&webname={quote(self.portal.name)}&permissiontype=0"
        )
        return (
            f"<datastore><totalrecord>{len(self.articles)}</totalrecord>"
            f"<totalpage>{ceil(len(self.articles) / size)}</totalpage>\n"
            f'<nextgroup><![CDATA[<a href="{following}"></a>]]></nextgroup>\n'
            f"<recordset>\n{records}\n</recordset></datastore>"
        )

    def _row(self, article: Article) -> str:
        title = escape(article.title)
        link = f"<a href='{self.article_path(article)}' title='{title}'>{title}</a>"
        return f"<li>{link}<span>{article.published_on}</span></li>"


def _block(fields: Fields, rows_per_page: int) -> tuple[int, int, int]:
    """Page, first row and number of rows that a request asks for; what is no number counts as left out."""

    def number(name: str) -> int:
        text = fields.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0

    size = min(number("perpage") or rows_per_page, 300)
    page = number("page")
    start = (page - 1) * size + 1 if page else number("startrecord") or 1
    return page or ceil(start / size), start, size
