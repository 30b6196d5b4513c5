"""A one-time link is in no answer that others can see, unless it opens for the asker alone."""

import pytest

from shared.domain.chat.public_links import MayBeShown, link_for
from shared.domain.chat.talk import Platform, Reply, Speaker, Tone

JANE = "11111111-2222-4333-8444-555555555555"


def speaker(platform: Platform, entra_id: str | None = None) -> Speaker:
    return Speaker(platform, "team", "user", "channel", entra_id=entra_id)


@pytest.mark.parametrize("people_sign_in", [True, False])
@pytest.mark.parametrize("entra_id", [None, JANE])
def test_in_slack_the_asker_alone_sees_it(people_sign_in: bool, entra_id: str | None) -> None:
    asker = speaker(Platform.SLACK, entra_id)
    assert link_for(asker, people_sign_in=people_sign_in) == MayBeShown(only_for=None)


def test_in_teams_it_opens_for_the_asker_alone() -> None:
    found = link_for(speaker(Platform.TEAMS, JANE), people_sign_in=True)
    assert found == MayBeShown(only_for=f"user:{JANE}")


@pytest.mark.parametrize(
    ("entra_id", "people_sign_in", "why"),
    [
        (JANE, False, "Whoever came first would have the password."),
        (None, False, "Whoever came first would have the password."),
        (None, True, "Teams does not say who you are in Microsoft Entra"),
    ],
)
def test_otherwise_teams_gets_none_and_hears_why(
    entra_id: str | None, people_sign_in: bool, why: str
) -> None:
    refused = link_for(speaker(Platform.TEAMS, entra_id), people_sign_in=people_sign_in)
    assert isinstance(refused, Reply)
    assert refused.tone is Tone.REFUSED
    assert refused.link is None
    assert refused.text == "No link here: Teams shows this answer to everybody in the channel."
    assert refused.lines[0].startswith(why)
    assert refused.lines[-1].endswith("Nothing was changed.")
