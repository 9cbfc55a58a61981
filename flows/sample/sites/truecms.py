"""A TRUECMS column: records by JSONP, only with a Referer and only so many at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from flows.sample.sites.articles import Article
from flows.sample.sites.column import NOT_FOUND, Answer, Column, Fields, number_in

INTERFACE = "/truecms/messageController/getMessage.do"
COLUMN_ID = "7c1f"
ROWS_AT_ONCE = 10


class TruecmsColumn(Column):
    """More rows at once than the portal allows are answered with none."""

    body_start = '<div id="content">'
    body_end = "</div>"

    def article_path(self, article: Article) -> str:
        return f"{self.portal.column}content/{article.digest}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"/upload/{article.digest}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        script = (
            f"$.getJSON('{INTERFACE}?startrecord=1&endrecord=20&perpage=20&columnId={COLUMN_ID}&callback=?', show);"
        )
        yield self.portal.column, lambda: self.list_page(f"<script>{script}</script>")

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path != INTERFACE or fields.get("columnId") != COLUMN_ID:
            return super().answer(path, fields)
        if not fields.get("Referer"):
            return NOT_FOUND
        first = number_in(fields, "startrecord")
        size = number_in(fields, "endrecord") - first + 1
        articles = self.window(first, size) if size <= ROWS_AT_ONCE else []
        records = "".join(f"<record><![CDATA[{self.linked_row(article)}]]></record>" for article in articles)
        answer = f"{fields.get('callback', 'cb')}({json.dumps({'result': records}, ensure_ascii=False)})"
        return Answer(answer.encode(), "application/javascript")
