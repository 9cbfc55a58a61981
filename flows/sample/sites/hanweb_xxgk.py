"""Hanweb's disclosure module: a page with a tree; `search.jsp` gives the rows of one body."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flows.sample.sites.column import Answer, Fields, number_in
from flows.sample.sites.jpage import JpageColumn

SEARCH = "/module/xxgk/search.jsp"
AREA = "001008003015001"


class HanwebXxgkColumn(JpageColumn):
    """Articles are those of jpage; a page beyond the last is the first again."""

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield (
            self.portal.column,
            lambda: self.list_page(f'<iframe src="/module/xxgk/tree.jsp?area={AREA}&amp;divid=div1"></iframe>'),
        )

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path != SEARCH or fields.get("area") != AREA:
            return super().answer(path, fields)
        pages = self.pages()
        page = number_in(fields, "currpage")
        articles = pages[page - 1] if page <= len(pages) else pages[0]
        rows = "\n".join(
            f'<tr><td>{article.serial}</td><td><a href="{self.article_path(article)}" title="{article.title}">'
            f"{article.title}</a></td><td>{article.published_on}</td></tr>"
            for article in articles
        )
        return Answer(f'<table class="xxgk">\n{rows}\n</table>'.encode())
