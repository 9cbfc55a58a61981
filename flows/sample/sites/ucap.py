"""A UCAP column: lists `list.shtml`, `list_2.shtml`, articles `YYYYMM/<32 hexadecimal digits>.shtml`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Column


class UcapColumn(Column):
    """Pages are counted from 1 and the first argument of createPageHTML names a container."""

    body_start = '<div class="article-content" id="zoomcon"><UCAPCONTENT>'
    body_end = "</UCAPCONTENT></div>"

    @property
    def folder(self) -> str:
        """Folder of the column."""
        return self.portal.column.rsplit("/", 1)[0]

    def article_path(self, article: Article) -> str:
        return f"{self.folder}/{article.published_on:%Y%m}/{article.digest}.shtml"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        name = article.digest[::-1]
        return f"{self.folder}/{article.published_on:%Y%m}/{article.digest}/files/{name}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        pages = self.pages()
        for current, articles in enumerate(pages, start=1):

            def html(current: int = current, articles: list[Article] = articles) -> str:
                rows = "\n".join(self._row(article) for article in articles)
                paging = f"createPageHTML('page_div', {len(pages)}, {current}, 'list', 'shtml', {len(self.articles)})"
                return self.list_page(
                    f'<ul class="xxgk_list">\n{rows}\n</ul>\n<div id="page_div"></div>\n<script>{paging}</script>'
                )

            yield f"{self.folder}/list{f'_{current}' if current > 1 else ''}.shtml", html

    def title_block(self, article: Article) -> str:
        return (
            '<table class="table_content"><tbody>'
            f"<tr><td>名称</td><td>{escape(article.title)}</td><td>索引号</td><td>{article.serial}/{article.published_on.year}-00001</td></tr>"
            f"<tr><td>发布机构</td><td>{escape(article.source_name)}</td>"
            f"<td>公开日期</td><td><publishtime>{article.published_on}</publishtime></td></tr></tbody></table>\n"
            f'<h1 class="article-title"><UCAPTITLE>{escape(article.title)}</UCAPTITLE></h1>'
        )

    def meta_tag(self, name: str, value: str) -> str:
        return f'<meta content="{escape(value)}" name="{name}">\n'

    def _row(self, article: Article) -> str:
        return self.linked_row(article, "i")
