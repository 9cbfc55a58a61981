"""What of a page is text to be read, and where: markup that is odd, hidden or no markup at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.documents import Grid, Limits, Paragraph, UnreadableDocument, html, read_document
from flows.documents.document import tidy


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


def test_words_of_markup_in_a_text_hide_no_markup() -> None:
    assert shown("<p>style=&quot;1</p><p style='display:none'>9</p><p>2</p>") == ['style="1', "2"]
    assert shown("<p>&lt;p style=&quot;display:none&quot;>1</p><p>2</p>") == ['<p style="display:none">1', "2"]


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


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("<td>1</td> <td>2</td>", "1|2"),
        ("<td> 1 </td><td></td><td>&nbsp;</td><td>a&amp;b</td>", "1|||a&b"),
        ("<td>1<sup>2</sup></td><td><sup>3</sup>4</td>", "1[2]|[3]4"),
        ("<td><p>1</p></td><td><p>2</p>3</td><td>4<br>5</td>", "1|2\n3|4\n5"),
        ("<td>1<script>2</script>3</td><td hidden>4</td><td>5</td>", "13|5"),
        ("<td>1</td><td><table><tr><td>2</td></tr></table></td>", "1|2"),
    ],
)
def test_cells_with_nothing_but_text_are_read_like_others(cells: str, expected: str) -> None:
    table = f"<table><tr>{cells}</tr><tr><td>x</td><td>y</td><td>z</td></tr></table>"
    assert shown(f"<p>before</p>{table}<p>behind</p>") == ["before", expected, "x|y|z", "behind"]


@given(
    st.lists(st.sampled_from(["<b>", "</b>", "<div>", "</div>", "<p>", "<td>", "<br>", "<B>", "x < y"]), max_size=30)
)
def test_what_is_refused_does_not_depend_on_how_soon_it_is_seen(tags: list[str]) -> None:
    page, limits = "".join(tags), Limits(nesting=4, document_cells=3)

    def is_refused() -> bool:
        try:
            html._refuse_deep_and_wide(page, limits)
        except UnreadableDocument:
            return True
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "_REOPENED_MOST", 12)
        patch.setattr(html, "_TAGS_FEW", 6)
        soon = is_refused()
        patch.setattr(html, "_TAGS_FEW", -1)
        patch.setattr(html, "_may_be_too_many", lambda counts, limits: True)
        assert soon == is_refused()


@given(st.text(alphabet="a1中 \u3000\t\n\r\x0b\u200b\xad\x00\u2028，", max_size=12))
def test_a_text_that_is_tidy_stays(text: str) -> None:
    visible = re.sub("[\u200b\xad\x00]", "", re.sub("[\r\x0b\x0c]", "\n", text))
    lines = [" ".join(re.split(r"[^\S\n]+", line)).strip() for line in visible.split("\n")]
    assert tidy(text) == "\n".join(filter(None, lines))
