"""A TRS column: static lists `index.html`, `index_1.html`, articles `./YYYYMM/tYYYYMMDD_ID.html`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Column

TITLE_CHARACTERS = 18
"""Longer titles are cut in the row; the attribute keeps them whole."""


class TrsColumn(Column):
    """Pages are counted from 0 and the first argument of createPageHTML is a bare number."""

    body_start = '<div class="TRS_Editor">'
    body_end = "</div>"

    def article_path(self, article: Article) -> str:
        return f"{self.portal.column}{article.published_on:%Y%m}/t{article.published_on:%Y%m%d}_{article.serial}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        folder = f"{self.portal.column}{article.published_on:%Y%m}"
        return f"{folder}/P0{article.published_on:%Y%m%d}{article.serial:012d}.{article.attachment.suffix}"

    def attachment_href(self, article: Article) -> str:
        return "./" + self.attachment_path(article).rsplit("/", 1)[-1]

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        pages = self.pages()
        for current, articles in enumerate(pages):

            def html(current: int = current, articles: list[Article] = articles) -> str:
                rows = "\n".join(self._row(article) for article in articles)
                paging = f'<script>createPageHTML({len(pages)}, {current}, "index", "html");</script>'
                return self.list_page(f'<ul class="gl_list">\n{rows}\n</ul>\n{paging}')

            if current == 0:
                yield self.portal.column, html
            yield f"{self.portal.column}index{f'_{current}' if current else ''}.html", html

    def _row(self, article: Article) -> str:
        title = escape(article.title)
        shown = title if len(title) <= TITLE_CHARACTERS else f"{title[:TITLE_CHARACTERS]}..."
        href = "./" + self.article_path(article).removeprefix(self.portal.column)
        link = f'<a href="{href}" target="_blank" title="{title}">{shown}</a>'
        return f"<li>{link}<span>{article.published_on}</span></li>"
