"""A gkmlpt column of Guangdong: a tree in the page's configuration, rows from a JSON interface."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from flows.sample.sites.articles import PUBLISHED_TIME, Article
from flows.sample.sites.column import NOT_FOUND, Answer, Column, Fields, number_in

SITE = "200016"
COLUMN_ID = 3120


class GkmlptColumn(Column):
    """All rows fit into one answer, as they do on most portals; page 2 is missing."""

    body_start = '<div class="article-content">'
    body_end = "</div>"

    @property
    def base(self) -> str:
        """Path under which the product lies."""
        return self.portal.column.removesuffix("/gkmlpt/index")

    def article_path(self, article: Article) -> str:
        number = article.serial * 10
        return f"{self.base}/gkmlpt/content/{number // 1_000_000}/{number // 1000}/post_{number}.html"

    def attachment_path(self, article: Article) -> str:
        assert article.attachment is not None
        return f"{self.base}/attachment/0/{article.serial}/{article.serial}.{article.attachment.suffix}"

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        tree = [
            {
                "id": 3100,
                "name": "政府信息公开",
                "parent": 0,
                "jump_url": "",
                "children": [
                    {"id": 3110, "name": "政府信息公开指南", "parent": 3100, "jump_url": "", "children": []},
                    {"id": COLUMN_ID, "name": "政府信息公开年报", "parent": 3100, "jump_url": "", "children": []},
                ],
            }
        ]
        script = (
            f"window._CONFIG = {{ SID: '{SITE}', TREE: {json.dumps(tree, ensure_ascii=False)}, SERVICE_AREA_ID: 1 }};"
        )
        yield (
            self.portal.column,
            lambda: self.list_page(f'<script>{script}</script><a href="{self.base}/gkmlpt/guide">指南</a>'),
        )

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if path != f"{self.base}/gkmlpt/api/all/{COLUMN_ID}":
            return super().answer(path, fields)
        if number_in(fields, "page") > 1 or fields.get("sid") != SITE:
            return NOT_FOUND
        answer = {
            "classify": {"id": COLUMN_ID, "post_count": 203},
            "total": len(self.articles),
            "articles": [*map(self._row, self.articles)],
        }
        return Answer(json.dumps(answer, ensure_ascii=False).encode(), "application/json")

    def _row(self, article: Article) -> dict[str, object]:
        published_at = int(PUBLISHED_TIME.replace(tzinfo=None).hour)
        return {
            "id": article.serial,
            "title": article.title,
            "publisher": article.source_name,
            "created_at": f"{article.published_on} {published_at:02}:30:00",
            "url": self.article_path(article),
            "post_url": "",
        }
