"""What people write in chat, made up."""

# ruff: noqa: RUF001 - what phones and word processors make of quotes and hyphens
from hypothesis import strategies as st

from shared.domain.chat.grammar import COMMANDS

_PIECES = [
    *(word for command in COMMANDS for word in command.example.split()),
    *(command.name for command in COMMANDS),
    *(f"{option.name}=" for command in COMMANDS for option in command.options),
    "payments", "ci", "jane@example.com", "@jane", "x", "", "1h", "PT1H", "0h", "99999w", "confirm=X", "never",
    "anyone",     "<@U123|jane>", "<@U123>", "<#C1|general>", "<!here>", "<p>", "</at>", "<at>Berthage</at>", "<http://a.b>",
    "<http://payments.io|payments.io>", "<mailto:j@x.io|j@x.io>", "<", ">", "|", "=", " = ", ";", "\\", "&",
    "&amp;", "&lt;", "&gt;", "&nbsp;", "&quot;", "&#39;", '"', "'", "`", "“", "”", "‘", "’", "„", "«", "»",
    "–", "—", "--", "\u00a0", "\u200b", "\u200d", "\u3000", "\u202e", "\ufeff", "\u2028",
    "\n", "\0", "\ud800", "é", "\u212a", "ſ", "ｌｉｓｔ",
]  # fmt: skip

anything = st.text(max_size=60)
"""Any characters, halves of characters too."""
markup = st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=12).flatmap(
    lambda pieces: st.sampled_from([" ".join(pieces), "".join(pieces)])
)
"""What our grammar and the platforms' have in common with noise."""
begun = st.builds(
    "{} {}".format,
    st.sampled_from(
        [
            *("mute payments 1h", "user add payments ci description=", "create payments tags.x = ", "revoke"),
            *("why", "delete", "user remove payments", "help", "operation", "user rotate"),
        ]
    ),
    anything | markup,
)
"""A command that began well."""
