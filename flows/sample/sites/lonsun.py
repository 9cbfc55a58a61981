"""A LonSun column: `/public/column/{organ}?type=3&action=list`, further pages by `pageIndex`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Answer, Column, Fields, number_in

LABEL = "/site/label/8888"


class LonsunColumn(Column):
    """Dialects: `column` (unless said otherwise) pages the column itself, `label` what a script of its asks for."""

    body_start = '<div class="j-fontContent">'
    body_end = "</div>"

    @property
    def organ(self) -> str:
        """Number of the body."""
        return self.portal.column.partition("?")[0].rsplit("/", 1)[-1]

    def article_path(self, article: Article) -> str:
        return f"/public/{self.organ}/{article.serial}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"/group1/M00/{article.digest}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield from ()

    def answer(self, path: str, fields: Fields) -> Answer | None:
        pages = self.pages()
        articles = pages[min(number_in(fields, "pageIndex"), len(pages)) - 1]
        rows = f'<ul class="doc_list">{"".join(self.linked_row(article) for article in articles)}</ul>'
        if path == LABEL and fields.get("organId") == self.organ and self.portal.dialect == "label":
            return Answer(rows.encode())
        if path != f"/public/column/{self.organ}":
            return super().answer(path, fields)
        label = (
            f"url: '{LABEL}?IsAjax=1&dataType=html&labelName=publicInfoList&siteId=67&pageSize=3&pageIndex=1"
            f"&action=list&organId={self.organ}&type=3', "
            if self.portal.dialect == "label"
            else ""
        )
        return Answer(self.list_page(f"{rows}\n<script>page({{{label}pageCount:{len(pages)},}});</script>").encode())
