"""The same simulated portals crawled by Scrapy, as a yardstick: python scrapy_crawl.py COLUMNS.json.

Runs in an environment of its own that has Scrapy and nothing of ours. Robots are obeyed, one request is in flight a
host, lists are followed page by page and every report is fetched; nothing is stored. The last line is the number of
answers.
"""

import json
import logging
import sys
from pathlib import Path

import scrapy
from scrapy.crawler import CrawlerProcess


class Columns(scrapy.Spider):
    """Columns and their reports."""

    name = "columns"
    pages = 0

    async def start(self):
        for url in json.loads(Path(sys.argv[1]).read_text()):
            yield scrapy.Request(url, self.listed, meta={"number": 0})

    def listed(self, response):
        self.__class__.pages += 1
        for row in response.css("li"):
            yield response.follow(
                row.css("a::attr(href)").get(), self.report, meta={"title": row.css("a::text").get()}
            )
        number = response.meta["number"] + 1
        count = int(response.css("script::text").re_first(r"createPageHTML\((\d+)"))
        if number < count:
            yield response.follow(f"/nb/index_{number}.html", self.listed, meta={"number": number})

    def report(self, response):
        self.__class__.pages += 1
        if not response.css("table"):
            raise ValueError(response.url)


process = CrawlerProcess(
    {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS": int(sys.argv[2]),
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": logging.ERROR,
        "TELNETCONSOLE_ENABLED": False,
        "RETRY_ENABLED": False,
        "USER_AGENT": "gongkai-yardstick",
    }
)
process.crawl(Columns)
process.start()
print(Columns.pages)
