"""What of a page is text to be read, and where: markup that is odd, hidden or no markup at all."""

from __future__ import annotations

import pytest

from flows.documents import Grid, Limits, Paragraph, read_document


def shown(body: str) -> list[str]:
    """Paragraphs, and rows of tables with their cells parted by bars."""
    found: list[str] = []
    for block in read_document(f"<html><body>{body}</body></html>".encode(), Limits()).blocks:
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Grid):
            found += ["|".join(cell.text for cell in row) for row in block.rows]
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>1<!-- 2 <p> 3 -->4</p>", ["14"]),
        ("<p>1<!-->2</p>", ["12"]),
        ("<p>1<script>if (a<b) '<p>2</p>'</script>3<style>p>b{}</style></p>", ["13"]),
        ("<p>1<noscript>2</noscript><template><p>3</template><select><option>4</select>5</p>", ["15"]),
        ("<p>a &lt; b &amp;lt; c&nbsp;&amp;nbsp; &quot;d&quot;</p>", ['a < b &lt; c &nbsp; "d"']),
        ('<p title="1 > 2 <p>">3</p>', ["3"]),
        ('<p style="color:red"">1</p><p>2</p>', ["1", "2"]),
        ("<p a'b=1 =c =d=e x\u3000y=2>3</p><p>4</p>", ["3", "4"]),
        ("<p<b>1</b></p><p>2</p>", ["1", "2"]),
        ("<table><tr><td<!-->1</td><td>2</td></tr></table>", ["1", "2"]),
        ("<p>1<br>2<br hidden>3</p>", ["1", "23"]),
        ("<p>1<sup>2</sup></p>", ["1[2]"]),
        ("1 < 2 <3> 4", ["1 < 2 <3> 4"]),
        ("<p>1</p>2<p>3", ["1", "2", "3"]),
        ("<p>1\u00ad2\u200b3</p>", ["123"]),
    ],
)
def test_text_is_told_from_markup(body: str, expected: list[str]) -> None:
    assert shown(body) == expected


@pytest.mark.parametrize(
    "hidden",
    [
        "<span hidden>9</span>",
        '<span HIDDEN="until-found">9</span>',
        '<span style="color:red; DISPLAY : none">9<b>9<br></b>9</span>',
        '<span style="visibility:hidden">9<img>9</span>',
        "<div style='mso-hide:all'>9<div>9</div><p>9</div>",
        "<s>9</s><strike>9</strike><del><b>9</b></del>",
        '<u style="text-decoration: underline line-through">9</u>',
    ],
)
def test_what_is_hidden_or_struck_is_not_read(hidden: str) -> None:
    assert "".join(shown(f"<p>1{hidden}2</p>")) == "12"
    assert shown(f"<table><tr><td>1{hidden}2<td>3</table>")[0].replace("\n", "") == "12|3"


def test_words_of_hiding_that_hide_nothing() -> None:
    assert shown('<p class="hidden" style="overflow:hidden; display:inline" title="display:none"><b>1</b>2</p>') == [
        "12"
    ]


def test_a_row_that_is_hidden_is_no_row() -> None:
    assert shown("<table><tr><td>1<tr style='display:none'><td>2<tr><td>3</table>") == ["1", "3"]


def test_a_table_that_arranges_the_page_is_none_of_data() -> None:
    data = "<table><tr><td>1<td>2</table>"
    assert shown(f"<table><tr><td>{data}<td><p>3</table>") == ["1|2", "3"]
    assert shown(f"<table><tr><td>a<td>b<td>c{data}</table>") == ["a|b|c\n1\n2"]


@pytest.mark.parametrize(
    ("stated", "spans"),
    [('colspan="2"', (2, 1)), ("colspan=' 3 ' rowspan=2", (3, 2)), ('rowspan="x" colspan=-1', (1, 1)), ("", (1, 1)),
     ('title=" colspan=" 3"', (1, 1)), ("colspan=999999", (1, 1)), ("COLSPAN=4", (4, 1))],
)  # fmt: skip
def test_spans_are_those_stated(stated: str, spans: tuple[int, int]) -> None:
    (grid,) = read_document(f"<table><tr><td {stated}>1</td><td>2</td></tr></table>".encode(), Limits()).blocks
    assert isinstance(grid, Grid)
    assert (grid.rows[0][0].colspan, grid.rows[0][0].rowspan) == spans


def test_raw_text_cannot_upset_the_tables() -> None:
    assert shown("<xmp></table></td></xmp><table><tr><td>1<xmp></table></xmp>2<td>3</table>")
