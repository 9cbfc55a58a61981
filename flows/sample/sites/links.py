"""A column of no known family: plain links and 下一页."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Column


class LinksColumn(Column):
    """Pages `1.html`, `2.html` ...; article addresses tell nothing."""

    body_start = '<div class="article">'
    body_end = "</div>"

    @property
    def folder(self) -> str:
        """Folder of the column."""
        return self.portal.column.rsplit("/", 1)[0]

    def article_path(self, article: Article) -> str:
        return f"{self.folder}/show/{article.serial}"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"{self.folder}/file/{article.serial}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        pages = self.pages()
        for number, articles in enumerate(pages, start=1):

            def html(number: int = number, articles: list[Article] = articles) -> str:
                rows = "\n".join(self.linked_row(article, "em") for article in articles)
                following = f'<a href="{self.folder}/{number + 1}.html">下一页</a>' if number < len(pages) else ""
                return self.list_page(f"<ul>\n{rows}\n</ul>\n<div>{following}</div>")

            yield f"{self.folder}/{number}.html", html
