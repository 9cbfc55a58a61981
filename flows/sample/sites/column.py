"""What the families have in common: addresses of a column, standard meta tags, article and stub pages."""

from __future__ import annotations

import dataclasses
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import ClassVar

from flows.sample.index import SamplePortal
from flows.sample.sites.articles import PUBLISHED_TIME, Article, Attachment

Fields = Mapping[str, str]
"""Query and form (or JSON) of a request, the last value of a name; its `Referer` header under that name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What is answered at an address."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    changed_at: dt.datetime | None = None
    """Last-Modified; an answer that has one has an ETag too. None for what is put together on request."""


def number_in(fields: Fields, name: str, otherwise: int = 1) -> int:
    """A number of a request; what is no number counts as left out."""
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


NOT_FOUND = Answer(b"<html><head><title>404 Not Found</title></head><body>404</body></html>", status=404)


class Column(ABC):
    """A column of one portal: list pages, an article page a row, and attachments."""

    body_start: ClassVar[str]
    """What stands before and after the body of an article in this family's template."""
    body_end: ClassVar[str]

    def __init__(self, portal: SamplePortal, articles: Sequence[Article]) -> None:
        self.portal = portal
        self.articles = sorted(articles, key=lambda article: (article.published_on, article.key), reverse=True)
        self._addresses = dict(self._all_addresses())
        self._made: dict[str, Answer] = {}

    @abstractmethod
    def article_path(self, article: Article) -> str:
        """Path of an article on its host."""

    @abstractmethod
    def attachment_path(self, article: Article) -> str:
        """Path of an article's attachment on its host."""

    def attachment_href(self, article: Article) -> str:
        """Address of an attachment as the article's page writes it."""
        return self.attachment_path(article)

    @abstractmethod
    def list_pages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Path and HTML of every list page; a page may stand under two paths."""

    def answer(self, path: str, fields: Fields) -> Answer | None:
        """What this column answers at a path, None when the path is not its own.

        `fields` matter only to families that put answers together on request.
        """
        if path in self._addresses and path not in self._made:
            self._made[path] = self._addresses[path]()
        return self._made.get(path)

    def pages(self) -> list[list[Article]]:
        """Rows of each list page."""
        size = self.portal.rows_per_page
        return [self.articles[start : start + size] for start in range(0, len(self.articles), size)] or [[]]

    def _all_addresses(self) -> Iterator[tuple[str, Callable[[], Answer]]]:
        changed_at = max((article.changed_at for article in self.articles), default=None)
        for path, make in self.list_pages():
            yield path, partial(_list_answer, make, changed_at)
        for article in self.articles:
            yield self.article_path(article), partial(self._article_answer, article)
            if article.attachment:
                yield self.attachment_path(article), partial(_attachment_answer, article, article.attachment)

    def _article_answer(self, article: Article) -> Answer:
        body = article.body() or self._stub(article)
        if article.encoding == "utf-8":
            page = self.article_page(article, '<meta charset="utf-8">\n', body)
            return Answer(page.encode(), changed_at=article.changed_at)
        undeclared = self.article_page(article, "", body).encode(article.encoding)
        return Answer(undeclared, "text/html", changed_at=article.changed_at)

    def article_page(self, article: Article, charset: str, body: str) -> str:
        """A whole page around the body of an article."""
        return (
            f"<!DOCTYPE html>\n<html>\n<head>\n{charset}<title>{escape(article.title)}</title>\n"
            f"{self.meta_tags(article)}</head>\n<body>\n"
            f'<div class="header"><a href="/">首页</a> &gt; <a href="{self.portal.column}" class="CurrChnlCls">'
            "政府信息公开年报</a></div>\n"
            f"{self.title_block(article)}\n{self.body_start}\n{body}\n{self.body_end}\n{FOOTER}\n</body>\n</html>\n"
        )

    def title_block(self, article: Article) -> str:
        """Title and date as they stand above the body."""
        return (
            f'<h1 class="title">{escape(article.title)}</h1>\n'
            f'<div class="info">发布时间：{article.published_on} 来源：{escape(article.source_name)}</div>'
        )

    def meta_tags(self, article: Article) -> str:
        """The tags that 国办发〔2017〕47号 asks of an article page."""
        published_at = dt.datetime.combine(article.published_on, PUBLISHED_TIME)
        tags = {
            "SiteName": self.portal.name,
            "SiteDomain": "127.0.0.1",
            "SiteIDCode": f"{self.portal.division.code}0001",
            "ColumnName": "政府信息公开年报",
            "ColumnType": "政府信息公开",
            "ArticleTitle": article.title,
            "PubDate": f"{published_at:%Y-%m-%d %H:%M}",
            "ContentSource": article.source_name,
        }
        return "".join(self.meta_tag(name, value) for name, value in tags.items())

    def meta_tag(self, name: str, value: str) -> str:
        """One tag; families differ in case and order."""
        return f'<meta name="{name}" content="{escape(value)}">\n'

    def list_page(self, rows: str) -> str:
        """A whole page around the rows of a list."""
        return (
            '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
            f"<title>政府信息公开年报_{self.portal.name}</title>\n"
            f"{self.meta_tag('SiteName', self.portal.name)}{self.meta_tag('ColumnName', '政府信息公开年报')}</head>\n"
            f"<body>\n{NAVIGATION}\n{rows}\n{FOOTER}\n</body>\n</html>\n"
        )

    def window(self, start: int, size: int) -> list[Article]:
        """Rows from `start` (counted from 1) on, at most `size`."""
        return self.articles[max(start, 1) - 1 : max(start, 1) - 1 + size]

    def linked_row(self, article: Article, inner: str = "span") -> str:
        """A row as most templates write it."""
        title = escape(article.title)
        link = f'<a href="{self.article_path(article)}" title="{title}">{title}</a>'
        return f"<li>{link}<{inner}>{article.published_on}</{inner}></li>"

    def _stub(self, article: Article) -> str:
        if article.attachment is None:
            return ""
        name = f"{escape(article.title)}.{article.attachment.suffix}"
        href = self.attachment_href(article)
        return f'<p>全文见附件。</p>\n<p>附件：<a href="{href}" title="{name}">{name}</a></p>'


def _list_answer(make: Callable[[], str], changed_at: dt.datetime | None) -> Answer:
    return Answer(make().encode(), changed_at=changed_at)


def _attachment_answer(article: Article, attachment: Attachment) -> Answer:
    return Answer(attachment.payload(), attachment.content_type, changed_at=article.changed_at)


NAVIGATION = (
    '<ul class="nav"><li><a href="/">首页</a></li><li><a href="/zwgk/">政务公开</a></li>'
    '<li><a href="https://www.gov.cn/">中国政府网</a></li></ul>'
)
FOOTER = '<div class="footer">本页面为样例，不属于任何政府网站</div>'
