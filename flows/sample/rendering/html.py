"""A report as HTML: plain, and as a word processor leaves it when pasted into a portal's editor."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import cycle

from flows.sample.rendering.composition import Composition, Heading
from flows.sample.rendering.layout import FormCell, FormTable

RUN_LENGTHS = (2, 1, 3, 4)
"""Characters of one run of pasted text, in turn."""


def plain_html(composition: Composition) -> str:
    """The report as a fragment of plain HTML: paragraphs and bordered tables."""
    parts = []
    for block in composition.blocks:
        if isinstance(block, FormTable):
            rows = "".join(f"<tr>{''.join(_plain_cell(cell) for cell in row)}</tr>\n" for row in block.rows)
            parts.append(f'<table border="1" cellspacing="0">\n<tbody>\n{rows}</tbody>\n</table>')
        elif isinstance(block, Heading):
            parts.append(f"<p><strong>{escape(block.text)}</strong></p>")
        else:
            parts.append(f"<p>{escape(block.text)}</p>")
    return "\n".join(parts)


def word_html(composition: Composition) -> str:
    """The report as a fragment pasted from a word processor.

    A span every few characters, `<o:p>`, mso styles, and a `<font>` a run that nobody closes: browsers reopen all of
    them in whatever follows, so the tree grows more than a hundred elements deep.
    """
    parts = [f'<p class="MsoNormal" align="center"><b>{"".join(_runs(composition.title))}</b><o:p></o:p></p>']
    opened = 0
    for block in composition.blocks:
        if isinstance(block, FormTable):
            parts.append(_word_table(block))
            continue
        weight = "bold" if isinstance(block, Heading) else "normal"
        text = ""
        for run in _runs(block.text):
            opened += 1
            # no two alike: of equal ones a browser reopens three at most
            text += f'<font face="仿宋_GB2312" color="#{opened:06x}">{run}'
        parts.append(
            f'<p class="MsoNormal" style="text-indent:32.0pt;mso-char-indent-count:2.0;font-weight:{weight}">'
            f"{text}<o:p></o:p></p>"
        )
    return "\n".join(parts)


def _plain_cell(cell: FormCell) -> str:
    return f"<td{_spans(cell)}>{escape(cell.text)}</td>"


def _spans(cell: FormCell) -> str:
    column_span = f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    row_span = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    return column_span + row_span


def _word_table(table: FormTable) -> str:
    rows = "".join(
        f'<tr style="mso-yfti-irow:{index};height:17.0pt">{"".join(_word_cell(cell) for cell in row)}</tr>\n'
        for index, row in enumerate(table.rows)
    )
    return (
        '<table class="MsoNormalTable" border="1" cellspacing="0" cellpadding="0" '
        f'style="border-collapse:collapse;mso-yfti-tbllook:1184;mso-padding-alt:0cm 0cm 0cm 0cm">\n{rows}</table>'
    )


def _word_cell(cell: FormCell) -> str:
    text = "".join(_runs(cell.text)) if cell.text else '<span lang="EN-US"><o:p>&nbsp;</o:p></span>'
    return (
        f'<td width="{38 * cell.column_span}"{_spans(cell)} valign="center" style="border:solid windowtext 1.0pt;'
        'mso-border-alt:solid windowtext .5pt;padding:0cm 0cm 0cm 0cm">'
        f'<p class="MsoNormal" align="center" style="mso-pagination:widow-orphan">{text}<span lang="EN-US">'
        "<o:p></o:p></p></td>"
    )


def _runs(text: str) -> Iterator[str]:
    start = 0
    for length in cycle(RUN_LENGTHS):
        if start >= len(text):
            return
        run = text[start : start + length]
        start += length
        if run.isascii():
            yield f'<span lang="EN-US" style="mso-fareast-font-family:仿宋_GB2312">{escape(run)}</span>'
        else:
            yield f'<span style="font-family:仿宋_GB2312;mso-hansi-font-family:Calibri">{escape(run)}</span>'
