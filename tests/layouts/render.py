"""A layout written down in every readable format. The same layout gives the same bytes."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Iterator

from flows.sample.rendering.word import without_times
from tests.layouts.model import Layout, Table, placed, width_of
from tests.layouts.render_pdf import pdf


def blocks_of(layout: Layout) -> Iterator[str | Table]:
    """Everything below the title, in order."""
    yield from layout.before
    yield layout.opening
    for part in layout.parts:
        if part.heading:
            yield part.heading
        yield from part.blocks


def html_plain(layout: Layout) -> bytes:
    """Paragraphs and bordered tables."""
    return _page(layout, lambda text: html.escape(text).replace("\n", "<br>"))


def html_word(layout: Layout) -> bytes:
    """Pasted from a word processor: a span a character, `<o:p>`, and a `<font>` a run left open where asked for."""
    opened = 0
    most = 260 if "unclosed" in layout.markup else 0

    def words(text: str) -> str:
        nonlocal opened
        runs = []
        for character in text:
            run = "<br>" if character == "\n" else html.escape(character)
            runs.append(f'<span lang="EN-US" style="font-family:仿宋_GB2312">{run}</span>')
        if opened < most and text:
            opened += 1
            runs.insert(0, f'<font color="#{opened:06x}">')  # a browser reopens all that differ
        return "".join(runs) + "<o:p></o:p>"

    return _page(layout, words)


def _page(layout: Layout, words: Callable[[str], str]) -> bytes:
    parts = [f"<h1>{words(line)}</h1>" for line in layout.title_lines]
    for block in blocks_of(layout):
        parts.append(_html_table(block, layout, words) if isinstance(block, Table) else f"<p>{words(block)}</p>")
    charset = "gb2312" if "gbk" in layout.markup else "utf-8"
    meta = "" if "no_charset" in layout.markup else f'<meta charset="{charset}">'
    page = f"<html><head>{meta}<title>{layout.title_lines[0]}</title></head><body>{''.join(parts)}</body></html>"
    return page.encode("gb18030" if "gbk" in layout.markup else "utf-8")


def _html_table(table: Table, layout: Layout, words: Callable[[str], str]) -> str:
    rows = []
    for row in table.rows:
        cells = []
        for slot in row:
            columns = 1 if "spans_repeated" in layout.markup else slot.colspan
            spans = f' colspan="{columns}"' * (columns > 1) + f' rowspan="{slot.rowspan}"' * (slot.rowspan > 1)
            cells += [f"<td{spans}><p>{words(slot.text)}</p></td>"] * (slot.colspan // columns)
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table border=1>{''.join(rows)}</table>"


def text_tabs(layout: Layout) -> bytes:
    """Text with tabs: the cells of a row side by side, spans lost or their text repeated."""
    lines = [*layout.title_lines]
    for block in blocks_of(layout):
        if isinstance(block, Table):
            lines += ["", *("\t".join(cells) for cells in _flat(block, layout)), ""]
        else:
            lines.append(block)
    return "\n".join(lines).encode("gb18030" if "gbk" in layout.markup else "utf-8")


def markdown(layout: Layout) -> bytes:
    """Markdown with tables of pipes; the first row of each is its head."""
    lines = [f"# {line}" for line in layout.title_lines]
    for block in blocks_of(layout):
        if isinstance(block, Table):
            first, *rest = [f"| {' | '.join(cells)} |" for cells in _flat(block, layout)]
            lines += ["", first, "|" + " --- |" * (first.count("|") - 1), *rest, ""]
        else:
            lines += ["", block]
    return "\n".join(lines).encode()


def _flat(table: Table, layout: Layout) -> list[list[str]]:
    repeated = "spans_repeated" in layout.markup
    return [
        [slot.text.replace("\n", "") for slot in row for _ in range(slot.colspan if repeated else 1)]
        for row in table.rows
    ]


def docx(layout: Layout) -> bytes:
    """A docx whose merged cells are merged as Word does."""
    import docx as word

    document = word.Document()
    for line in layout.title_lines:
        document.add_heading(line, level=0)
    for block in blocks_of(layout):
        if isinstance(block, Table):
            _word_table(document, block)
        else:
            document.add_paragraph(block)
    target = io.BytesIO()
    document.save(target)
    return without_times(target)


def _word_table(document, table: Table) -> None:
    grid = document.add_table(len(table.rows), width_of(table))
    cells = [row.cells for row in grid.rows]
    for number, row in enumerate(placed(table)):
        for column, slot in row:
            cell = cells[number][column]
            if slot.colspan > 1 or slot.rowspan > 1:
                last = min(number + slot.rowspan, len(cells)) - 1
                cell = cell.merge(cells[last][column + slot.colspan - 1])
            cell.text = slot.text


FORMATS: dict[str, Callable[[Layout], bytes]] = {
    "html": html_plain,
    "html_word": html_word,
    "docx": docx,
    "text": text_tabs,
    "markdown": markdown,
    "pdf": pdf,
}
