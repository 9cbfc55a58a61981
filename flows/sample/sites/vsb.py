"""A VSB section: page 2 of `x.htm` is `x/{N-1}.htm`, the last page is `x/1.htm`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Column


class VsbColumn(Column):
    """Dialects: `next` links 下页 (unless said otherwise); `count` only says in a script how many pages there are."""

    body_start = '<div id="vsb_content"><div class="v_news_content">'
    body_end = "</div></div>"

    @property
    def node(self) -> int:
        """Number of the section."""
        return 1000 + zlib.crc32(self.portal.portal_id.encode()) % 9000

    def article_path(self, article: Article) -> str:
        return f"/info/{self.node}/{article.serial}.htm"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"/system/_content/{article.digest}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        pages = self.pages()
        section = self.portal.column.removesuffix(".htm")
        for number, articles in enumerate(pages, start=1):
            path = self.portal.column if number == 1 else f"{section}/{len(pages) - number + 1}.htm"

            def html(number: int = number, articles: list[Article] = articles) -> str:
                rows = "\n".join(self.linked_row(article) for article in articles)
                return self.list_page(f"<ul>\n{rows}\n</ul>\n{self._pager(number, len(pages))}")

            yield path, html

    def linked_row(self, article: Article, inner: str = "span") -> str:
        return super().linked_row(article, inner).replace("<li>", f'<li id="line_u9_{article.serial}">')

    def _pager(self, number: int, total: int) -> str:
        if self.portal.dialect == "count":
            return f'<script>_simple_list_gotopage_fun({total},"u13_goto",2)</script>'
        section = self.portal.column.removesuffix(".htm")
        following = f'<span class="p_next p_fun"><a href="{section}/{total - number}.htm">下页</a></span>'
        return (
            f'<span class="p_pages"><span class="p_no_d">{number}</span>{following if number < total else ""}</span>'
        )
