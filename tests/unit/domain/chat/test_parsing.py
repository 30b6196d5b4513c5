"""What people write, as it arrives, and what is understood of it."""

# ruff: noqa: RUF001 - what phones and word processors make of quotes and hyphens
import pytest

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.parsing import MOST_CHARACTERS, Misunderstood, parse
from shared.domain.chat.talk import Asked


def understood(text: str) -> str:
    """What is echoed."""
    asked = parse(text)
    assert isinstance(asked, Asked), asked
    return asked.echo


def misunderstood(text: str) -> Misunderstood:
    found = parse(text)
    assert isinstance(found, Misunderstood), found
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_example_of_a_command_is_that_command(command: Command) -> None:
    asked = parse(command.example)
    assert isinstance(asked, Asked)
    assert asked.command == command.name


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("help", "help"),
        ("", "help"),
        ("  \n", "help"),
        ("help user add", 'help "user add"'),
        ("Help USER", "help user"),
        ("login", "login"),
        ("login payments", "login payments"),
        ("use payments", "use payments"),
        ("use list", "use list"),
        ("why", "why"),
        ("why ci", "why ci"),
        ("why payments ci", "why payments ci"),
        ("why payments <@U123|jane>", "why payments <@U123>"),
        ("list", "list"),
        ("show payments", "show payments"),
        ("create payments", "create payments"),
        (
            "create payments readOnly=yes deleteEnabled=OFF",
            "create payments readOnly=true deleteEnabled=false",
        ),
        (
            "create payments storagereplication=zrs LOGLEVEL=WARN",
            "create payments storageReplication=ZRS logLevel=warn",
        ),
        ("create payments sku = B1 location =westeurope", "create payments sku=B1 location=westeurope"),
        ("create sku=B1 payments", "create payments sku=B1"),
        ("create payments --sku=B1 —location=westeurope", "create payments sku=B1 location=westeurope"),
        (
            "create payments tags.team=payments tags.Cost='a b'",
            'create payments tags.team=payments tags.Cost="a b"',
        ),
        ("create payments <http://tags.team|tags.team>=x", "create payments tags.team=x"),
        ("create payments image=<http://my.io|my.io>/registry:3", "create payments image=my.io/registry:3"),
        (
            'create payments allowedIpRanges="203.0.113.7, 10.0.0.0/8"',
            "create payments allowedIpRanges=203.0.113.7/32,10.0.0.0/8",
        ),
        ("create payments allowedIpRanges=Nobody", "create payments allowedIpRanges=nobody"),
        ("delete payments", "delete payments"),
        ("delete payments confirm=AB-12.c_d", "delete payments confirm=AB-12.c_d"),
        ("restore payments", "restore payments"),
        ("users", "users"),
        ("users payments", "users payments"),
        ("user add ci", "user add ci"),
        ("user add payments ci expiresAfter=90d", "user add payments ci expiresAfter=P90D"),
        ("user add payments ci expiresafter=P90D", "user add payments ci expiresAfter=P90D"),
        ("user add ci expiresAfter=Never", "user add ci expiresAfter=never"),
        ("user add ci expiresOn=2027-01-31T18:00:00Z", "user add ci expiresOn=2027-01-31T18:00:00Z"),
        ("user add <mailto:jane@example.com|jane@example.com>", "user add jane@example.com"),
        ("user add <mailto:jane@example.com>", "user add jane@example.com"),
        ("user add ci description='it’s the CI'", 'user add ci description="it’s the CI"'),
        ('user add ci description="a=b &amp; &lt;c&gt;"', 'user add ci description="a=b & \\<c>"'),
        ("user add ci description=a=b", 'user add ci description="a=b"'),
        ('user add ci description=""', 'user add ci description=""'),
        ("user remove payments Ci", "user remove payments Ci"),
        ("user rotate payments ci overlap=24h", "user rotate payments ci overlap=P1D"),
        ("user rotate ci", "user rotate ci"),
        ("user disable payments ci", "user disable payments ci"),
        ("user enable payments ci", "user enable payments ci"),
        ("revoke jane", "revoke jane"),
        ("revoke @jane", "revoke jane"),
        ("revoke <@U123>", "revoke <@U123>"),
        ("revoke <@W12|jane doe>", "revoke <@W12>"),
        ("revoke <@29:1aB-c_d>", "revoke <@29:1aB-c_d>"),
        ("health", "health"),
        ("health payments", "health payments"),
        ("mute payments 1h moving", "mute payments PT1H moving"),
        ("mute 30m it's moving", 'mute PT30M "it\'s moving"'),
        ("mute payments P1D because", "mute payments P1D because"),
        ("mute payments 1d12h sku=B1 is too small", 'mute payments P1DT12H "sku=B1 is too small"'),
        ('mute payments 2H "moving house"', 'mute payments PT2H "moving house"'),
        ('mute p1d 1h see "a" & “b”', 'mute p1d PT1H "see \\"a\\" & \\“b\\”"'),
        ("mute payments 1h ask <@U123|jane> in <#C1|ops>", 'mute payments PT1H "ask @jane in #ops"'),
        ("mute payments 1h <http://x.io/1> &lt;now&gt;", 'mute payments PT1H "http://x.io/1 \\<now>"'),
        ("mute payments 1h &amp;lt; is not &amp;nbsp;", 'mute payments PT1H "\\&lt; is not \\&nbsp;"'),
        ("mute payments 1h &lt;http://x.io&gt; &lt;p&gt;", 'mute payments PT1H "\\<http://x.io> \\<p>"'),
        ("mute payments 1h <!subteam^S1|@ops> <!here> <#C1>", 'mute payments PT1H "!ops !here #C1"'),
        ("mute payments 1h 👩\u200d💻\u200d a\u200db", 'mute payments PT1H "👩\u200d💻 ab"'),
        ("unmute payments", "unmute payments"),
        ("report", "report"),
        ("report period=7D", "report period=7d"),
        ("operation payments.01JDTX3Z5M9W4K7QF2B8C6N1RA", "operation payments.01JDTX3Z5M9W4K7QF2B8C6N1RA"),
        ("operation _users.01JDTX3Z5M9W4K7QF2B8C6N1RA", "operation _users.01JDTX3Z5M9W4K7QF2B8C6N1RA"),
    ],
)
def test_each_command_is_understood_as_it_is_written(text: str, echo: str) -> None:
    assert understood(text) == echo
    assert parse(echo) == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "USER Remove payments ci",
        "  user   remove  payments ci  ",
        "user\u00a0remove\u3000payments\tci\n",
        "user remove pay\u200bments ci\ufeff",
        "user\u200d remove pay\u200dments ci\u200c",
        "\u202auser remove payments ci\u202c",
        'user remove "payments" “ci”',
        "user remove 'payments' ‘ci’",
        "user remove „payments“ «ci»",
        "user remove `payments` ci",
        "`user remove payments ci`",
        "user remove Payments ci",
        "user remove <http://payments|payments> ci",
        "<at>Berthage</at> user remove payments ci",
        "<at>Berthage</at>&nbsp;user remove payments&nbsp;ci\n",
        '<p><at id="0">Berthage</at> user remove &quot;payments&quot; ci</p>',
        "<at>Berthage Bot</at>\u00a0user remove payments &#39;ci&#39;<br/>",
        "/registry user remove payments ci",
    ],
)
def test_what_platforms_and_keyboards_add_means_nothing(text: str) -> None:
    assert parse(text) == Asked("user remove", {"registry": "payments", "username": "ci"})


def test_hyphens_that_were_made_dashes_are_hyphens_in_names() -> None:
    assert understood("delete team–a") == "delete team-a"
    assert understood("user add team‑a ci−2") == "user add team-a ci-2"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("lst", "list"),
        ("ｌｉｓｔ", "list"),
        ("“list”", "list"),
        ("creat payments", "create"),
        ("helth payments", "health"),
        ("usr add payments ci", "user add"),
        ("user ad payments ci", "user add"),
        ("user romve payments ci", "user remove"),
        ("user", "user add"),
        ("rotate payments ci", "user rotate"),
        ("revok jane", "revoke"),
        ("unmut payments", "unmute"),
        ("frobnicate", None),
        ("😀", None),
        ("<@U123>", None),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest(text: str, nearest: str | None) -> None:
    assert misunderstood(text).nearest == nearest


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("user", "`user` goes on with add, remove, rotate, disable, enable."),
        ("frobnicate", "There is no such command."),
        ("delete", "It needs a registry."),
        ("delete payments search", "It takes REGISTRY, and there are 2 words."),
        ("user remove ci", "It needs a registry and a username."),
        ("user add payments ci jane", "It takes [REGISTRY] USERNAME, and there are 3 words."),
        ("list payments", "Nothing may follow it."),
        ("report payments", "Nothing may follow it but its options."),
        ("users Pay_ments", "A registry name has 3 to 24 lower-case letters, digits and hyphens. Start with a letter"),
        ("users ｐａｙｍｅｎｔｓ", "A registry name has"),
        ("users \u212aube", "A registry name has"),
        ("delete team—a", "A registry name has"),
        ("user add payments @jane", "A username has 1 to 64 letters, digits and . _ @ -."),
        ("user add payments jäne", "A username has"),
        ("revoke <!subteam^S1|@ops>", "A username has"),
        ("revoke jane bob", "It takes PERSON, and there are 2 words."),
        ("show <#C1|payments>", "A registry name has"),
        ("delete <@U123|payments>", "A mention stands alone, and for a person."),
        ('revoke "<@U123|jane>"', "A mention stands alone, and for a person."),
        ("revoke <@U123|jane>.doe", "A mention stands alone, and for a person."),
        ("mute payments", "it takes [REGISTRY] DURATION REASON"),
        ("mute payments 1h", "it takes [REGISTRY] DURATION REASON"),
        ("mute payments later because", "it takes [REGISTRY] DURATION REASON"),
        ("mute payments 0h because", "A duration is a number with its unit"),
        ('mute payments 1h ""', "It needs a reason."),
        ("user add ci expiresAfter=soon", " A duration is a number with its unit: 30m, 1h, 2d, or PT1H. Or: never."),
        ("user add ci expiresOn=tomorrow", "expiresOn: It must be a time with its zone"),
        ("create demo readOnly=perhaps", "readOnly: It must be true or false."),
        ("create demo logLevel=loud", "logLevel: It must be one of: debug, info, warn, error."),
        ("create demo allowedIpRanges=home", "203.0.113.0/24,2001:db8::/32. Or: anyone. Or: nobody."),
        ("create demo sku=B1 sku=S1", "The option sku is there twice."),
        ("create demo sku=B1 SKU=B1", "The option sku is there twice."),
        ("create demo sku= location=x", "An option has no value."),
        ("create demo sku=", "Something is missing, or out of place"),
        ("create demo tags.a&amp;b=x", "tags.*: A name has no characters like"),
        ("create demo tags.=x", "Its options are sku, location"),
        ("create demo skus=B1", "Did you mean sku?"),
        ("create demo confirm=X", "Its options are sku"),
        ("delete demo purge=true", "It takes no options."),
        ("delete demo confirm=<@U1>", "confirm: It must be the code that was shown."),
        ("user add payments ci password=hunter22", "A password is never written in a chat"),
        ('user add payments "ci', "A quotation mark is not closed, or stands within a word."),
        ('user add pay"ments" ci', "A quotation mark is not closed, or stands within a word."),
        ('user remove pay"ments"', "A quotation mark is not closed, or stands within a word."),
        ("user remove 'payments'ci", "A quotation mark is not closed, or stands within a word."),
        ("delete <b>payments</b>", "What stands in angle brackets can't be read."),
        ("revoke <at>Jane</at>", "What stands in angle brackets can't be read."),
        ("operation 7", "The id of an operation is"),
        ("help frobnicate", "There is no such command."),
        ("help user ad", "Did you mean `user add`?"),
        ("x" * (MOST_CHARACTERS + 1), "That is longer than 4000 characters."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    assert problem in misunderstood(text).problem


def test_what_was_meant_is_shown_with_an_example() -> None:
    assert misunderstood("mute payments") == Misunderstood(
        "`mute` was not understood. Something is missing, or out of place: it takes [REGISTRY] DURATION REASON.",
        "mute",
        "mute [REGISTRY] DURATION REASON",
        "mute payments 1h moving to the new network",
    )


@pytest.mark.parametrize(
    "text",
    [
        "hunter22",
        "user hunter22 ci",
        "user add payments ci hunter22",
        "user add payments hunter22! ",
        "user add payments ci password=hunter22",
        "user add payments ci hunter22=x",
        "user add payments ci hunter22= a=b",
        "user add payments ci expiresAfter=hunter22",
        "user add payments ci expiresOn=hunter22",
        "create payments allowedIpRanges=hunter22",
        "create payments tags.hunter22?=x",
        "help hunter22",
        "mute hunter22 because",
        "operation hunter22",
        'user add payments "hunter22',
    ],
)
def test_what_may_be_a_password_is_not_repeated(text: str) -> None:
    assert "hunter22" not in repr(misunderstood(text))


def test_a_confirmation_is_about_the_command_without_its_code() -> None:
    asked = parse("delete payments confirm=AB12")
    assert isinstance(asked, Asked)
    assert asked.unconfirmed == parse("delete payments")
    assert asked.unconfirmed.echo == "delete payments"
