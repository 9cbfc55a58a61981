"""UCAP columns whose rows come from a JSON interface; the dialect is the name of the interface."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from flows.sample.sites.articles import Article
from flows.sample.sites.column import Answer, Fields, number_in
from flows.sample.sites.ucap import UcapColumn

BY_CHANNEL = "/getFileListByCodeId"
BY_BODY = "/szinf/interfacesWebManu/loadDataByChannelIdAndDeptIdBackSort"
BODY_CODE = "11990400MB2C00001X"


class UcapJsonColumn(UcapColumn):
    """`by_channel` (unless said otherwise) or `by_body`, which wants the body's credit code too."""

    @property
    def channel(self) -> str:
        """The channel's name, 32 hexadecimal digits."""
        return hashlib.sha256(self.portal.portal_id.encode()).hexdigest()[:32]

    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        if self.portal.dialect == "by_body":
            script = (
                f"var channelId = '{self.channel}'; var deptCode = '{BODY_CODE}'; $.post('{BY_BODY}', ask, show);"
            )
        else:
            script = f"$.post('{BY_CHANNEL}', {{channelId: '{self.channel}', page: 1}}, show);"
        yield self.portal.column, lambda: self.list_page(f'<div id="list"></div><script>{script}</script>')

    def answer(self, path: str, fields: Fields) -> Answer | None:
        if fields.get("channelId") != self.channel:
            return super().answer(path, fields)
        answer: dict[str, Any] | None = None
        if path == BY_CHANNEL:
            rows = [*map(self._by_channel, self._window(fields, "page", "size"))]
            answer = {"code": 200, "results": {"data": {"total": len(self.articles), "results": rows}}}
        elif path == BY_BODY and fields.get("deptCode") == BODY_CODE:
            rows = [*map(self._by_body, self._window(fields, "pageIndex", "pageSize"))]
            answer = {"code": "0", "data": {"allRow": len(self.articles), "list": rows}}
        return Answer(json.dumps(answer, ensure_ascii=False).encode(), "application/json") if answer else None

    def _window(self, fields: Fields, page: str, size: str) -> list[Article]:
        rows = min(number_in(fields, size), self.portal.rows_per_page)
        return self.window((number_in(fields, page) - 1) * rows + 1, rows)

    def _by_channel(self, article: Article) -> dict[str, str]:
        return {
            "title": article.title,
            "url": self.article_path(article),
            "publishedTimeStr": f"{article.published_on} 09:00:00",
        }

    def _by_body(self, article: Article) -> dict[str, str]:
        return {
            "TITLE": article.title,
            "URL_COMMP": self.article_path(article).removeprefix("/"),
            "PUBLISHED_TIME_FORMAT": str(article.published_on),
        }
