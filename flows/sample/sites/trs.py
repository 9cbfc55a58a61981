"""A TRS column: static lists `index.html`, `index_1.html`, articles `./YYYYMM/tYYYYMMDD_ID.html`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Column

TITLE_CHARACTERS = 18
"""Longer titles are cut in the row; the attribute keeps them whole."""


PAGERS = {
    "number": 'createPageHTML({total}, {current}, "index", "html");',
    "container": "createPageHTML('paging', {total}, {current_from_1}, 'index', 'html', {rows});",
    "count": "var currentPage = {current}; var countPage = {total};",
    "config": "pagination_script_config = {{ pageNumber:'{current}', total:'{total}' }};",
}
"""How lists say how many pages there are. A container as first argument means that pages count from 1."""


class TrsColumn(Column):
    """Dialects: those of `PAGERS` (`number` unless said otherwise), and `script`, whose rows a script writes."""

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
                rows = "\n".join(self._written(self._row(article)) for article in articles)
                pager = PAGERS.get(self.portal.dialect or "", PAGERS["number"]).format(
                    total=len(pages), current=current, current_from_1=current + 1, rows=len(self.articles)
                )
                return self.list_page(f'<ul class="gl_list">\n{rows}\n</ul>\n<script>{pager}</script>')

            if current == 0:
                yield self.portal.column, html
            number = current + (self.portal.dialect == "container")
            yield f"{self.portal.column}index{f'_{number}' if current else ''}.html", html

    def _written(self, row: str) -> str:
        if self.portal.dialect != "script":
            return row
        escaped = row.replace('"', '\\"').replace("</", "<\\/")
        return f'<script>document.writeln("{escaped}");</script>'

    def _row(self, article: Article) -> str:
        title = escape(article.title)
        shown = title if len(title) <= TITLE_CHARACTERS else f"{title[:TITLE_CHARACTERS]}..."
        href = "./" + self.article_path(article).removeprefix(self.portal.column)
        link = f'<a href="{href}" target="_blank" title="{title}">{shown}</a>'
        return f"<li>{link}<span>{article.published_on}</span></li>"
