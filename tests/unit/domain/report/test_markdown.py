"""Whatever text comes from outside, a report's Markdown shows it as it is, in its place."""

import re
from html import unescape

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.domain.health.codes import Severity
from shared.domain.notices.report_summary import Item, Link, Section, Summary
from shared.domain.report.markdown import escaped, markdown

texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]) | st.just(" "), max_size=60)
tricky = st.text(st.sampled_from("\\`*_{}[]()<>#+-.!|~&:/@ 1a\n"), max_size=30)
READER = MarkdownIt("commonmark")


def read(text: str) -> str:
    """What somebody sees of Markdown, in one line."""
    html = READER.render(text)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


@given(texts | tricky)
@example("`x9`")
@example("``")
@example("1) no list")
@example("- no list")
@example("&lt;b&gt; <b>")
@example("[a](javascript:alert(1))")
@example("a_b_c _d_ __e__ *f*")
@example("https://example.com www.example.com")
def test_a_text_is_seen_as_it_is(text: str) -> None:
    line = " ".join(text.split())
    spans = line.split("`")[1::2]
    paired = line.count("`") % 2 == 0 and all(span.strip() for span in spans)
    seen = read(f"{escaped(text)}x") if line else read(escaped(text))
    if not line:
        assert seen == ""
    elif not paired:
        assert seen == " ".join(f"{line.replace('`', "'")}x".split())
    else:
        assert seen.replace(" ", "") == f"{line.replace('`', '')}x".replace(" ", "")


@given(texts | tricky)
def test_a_text_makes_no_element_of_its_own(text: str) -> None:
    html = READER.render(escaped(text))
    assert set(re.findall(r"<(/?[a-z0-9]+)", html)) <= {"p", "/p", "code", "/code"}


@given(st.lists(texts | tricky, min_size=8, max_size=8), st.sampled_from(Severity))
def test_a_summary_of_whatever_text_keeps_its_shape(given: list[str], severity: Severity) -> None:
    headline, context, title, text, fix, section, line, link = given
    summary = Summary(
        headline=headline,
        severity=severity,
        context=context,
        needs_you=(
            Item(
                title=title,
                text=text,
                fix=fix,
                evidence=line,
                links=(Link(title=link, url="https://x.example/(a)"),),
            ),
        ),
        sections=(Section(title=section, lines=(line,)), Section(title=section, lines=(line, line))),
        links=(Link(title=link, url="https://x.example"),),
    )
    html = READER.render(markdown(summary))
    assert html.count("<h1>") == 1
    assert not re.search(r"<(h2|h3|pre|blockquote|hr|img|table|script)", html)
    assert html.count("<a href=") <= 2
    assert set(re.findall(r'href="([^"]*)"', html)) <= {"https://x.example/%28a%29", "https://x.example"}
