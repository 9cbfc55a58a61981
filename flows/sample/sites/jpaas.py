"""A Hanweb jpaas column: blocks filled by a script from an `api-gateway`, HTML within JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Answer, Column, Fields

GATEWAY = "/api-gateway/jpaas-publish-server/front/page/build/unit"
PAGE_ID = "1229500011"


class JpaasColumn(Column):
    """Two blocks are called a list; one of them shows news. Only `paramJson` counts."""

    body_start = '<div id="zoom">'
    body_end = "</div>"

    def article_path(self, article: Article) -> str:
        return f"{self.portal.column}art/{article.published_on.year}/art_{article.digest}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"/cms_files/filemanager/attach/{article.digest}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield (
            self.portal.column,
            lambda: self.list_page(self._block("news01", "新闻列表") + self._block("ab12", "信息列表")),
        )

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path != GATEWAY or fields.get("pageId") != PAGE_ID:
            return super().answer(path, fields)
        if fields.get("tplSetId") == "news01":
            return _answer(
                '<ul><li><a href="/a/art/2025/art_1_2.html">示例市召开会议</a><span>2025-01-02</span></li></ul>'
            )
        try:
            place = json.loads(fields.get("paramJson", "{}"))
        except ValueError:
            return Answer(b'{"success":false,"code":"500","data":null}', "application/json")
        size = self.portal.rows_per_page
        rows = "".join(
            self.linked_row(article) for article in self.window((int(place.get("pageNo", 1)) - 1) * size + 1, size)
        )
        count = len(self.articles)
        return _answer(
            f'<div class="page-content"><ul>{rows}</ul></div>'
            f'<div class="pagination" rows="{size}" count="{count}"></div>'
        )

    def _block(self, template: str, tag: str) -> str:
        query = (
            f"{{'parseType':'bulidstatic','webId':'3901','tplSetId':'{template}','pageType':'column',"
            f"'tagId':'{tag}','editType':'null','pageId':'{PAGE_ID}'}}"
        )
        return f'<script src="/jpaas/AuthorizedRead/unitbuild.js" url="{GATEWAY}" queryData="{query}"></script>\n'


def _answer(fragment: str) -> Answer:
    answer = {"success": True, "code": "200", "message": "", "data": {"html": fragment}}
    return Answer(json.dumps(answer, ensure_ascii=False).encode(), "application/json;charset=UTF-8")
