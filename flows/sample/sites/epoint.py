"""An Epoint category: the page names category and body, a script the site, JSON brings the rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Answer, Column, Fields, number_in

INTERFACE = "/EWB-FRONT/rest/lightfrontaction/getgovinfolist"
SCRIPT = "/js/webBuilderCommon.js"
SITE = "7eb5f7f1-0000-4000-8000-000000000001"
CATEGORY = "003007"


class EpointColumn(Column):
    """The interface wants to know the site, and answers in JSON to JSON."""

    body_start = '<div class="ewb-article">'
    body_end = "</div>"

    def article_path(self, article: Article) -> str:
        digest = article.digest
        name = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
        return f"/003/{CATEGORY}/{article.published_on:%Y%m%d}/{name}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"/EpointWebBuilder/{article.digest}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield (
            self.portal.column,
            lambda: self.list_page(
                f'<script src="{SCRIPT}"></script>\n'
                f'<script>var ask = {{categorynum: "{CATEGORY}", url: "{INTERFACE}"}};</script>'
            ),
        )

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path == SCRIPT:
            return Answer(f'var siteInfo = {{siteGuid: "{SITE}"}};'.encode(), "application/javascript")
        if path != INTERFACE or fields.get("siteGuid") != SITE or fields.get("categorynum") != CATEGORY:
            return super().answer(path, fields)
        size = min(number_in(fields, "pageSize"), self.portal.rows_per_page)
        articles = self.window((number_in(fields, "pageIndex") - 1) * size + 1, size)
        answer = {"custom": {"total": str(len(self.articles)), "data": [*map(self._row, articles)]}}
        return Answer(json.dumps(answer, ensure_ascii=False).encode(), "application/json")

    def _row(self, article: Article) -> dict[str, str]:
        return {
            "title": f"{article.title[:12]}...",
            "realtitle": article.title,
            "infourl": self.article_path(article),
            "infodate": str(article.published_on),
        }
