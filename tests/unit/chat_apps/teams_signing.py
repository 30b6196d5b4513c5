"""Requests as Teams signs them, with Microsoft's own published example among them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

TOKEN = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA="
SIGNATURE = "HMAC 03TCao0i55H1eVKUusZOTZRjtvYTs+mO41mPL+R1e1U="
"""Token and signature: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook,
"Verify HMAC token". They are about the "Example inbound message" that this page had (MicrosoftDocs/msteams-docs,
concepts/outgoingwebhook.md of 2018-08-15, and issue 425 there). `BODY` is that example to the byte, with its spaces at
ends of lines.
"""
OTHER_TOKEN = "QgyNSToQjf4p6+YzDpjKks1/tXeJQ7FhVHqRwTnugVI="
"""The page's token of another team."""
BODY = (
    rb"""{
    "type": "message",
    "id": "1485983408511",
    "timestamp": "2017-02-01T21:10:07.437Z",
    "localTimestamp": "2017-02-01T14:10:07.437-07:00",
    "serviceUrl": "https://smba.trafficmanager.net/amer-client-ss.msg/",
    "channelId": "msteams",
    "from": {
        "id": "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85gQtHieVkHilBZ9XHoq9j7Zaqt7CZ-NJWi7me2kHTL3Bw",
        "name": "Tim Jones"
    },
    "conversation": {
        "id": "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype;messageid=1485983194839"
    },
    "recipient": {
        "id": "null",
        "name": "null"
    },
    "textFormat": "plain",
    "text": "<at>MyCustomBot</at> Hello <at>Larry Brown</at>",
    "attachments": [{
        "contentType": "text/html",
        "content": "<div><span contenteditable=\"false\" itemscope=\"\" """
    rb"""itemtype=\"http://schema.skype.com/Mention\" itemid=\"0\">MyWebHook </span> Hello <span """
    rb"""contenteditable=\"false\" itemscope=\"\" itemtype=\"http://schema.skype.com/Mention\" itemid=\"1\">"""
    rb"""Larry Brown </span></div>"
    }],
    "entities": [
      {
        "type": "mention",
        "mentioned": {
            "id": "28:c9e8c047-2a74-40a2-b28a-b162d5f5327c",\x20
            "name": "MyWebHook"
        },
        "text": "<at>MyWebHook</at>"
      },
      {
        "type": "mention",
        "mentioned": {
            "id": "29:1jnFbZYs0qXMLH-O4S9-sDLNc3NVEIMWMnC-q0tVdEa-8BRosfojI35QdNoB-yW8iutWLJzHUm_mqEZSSU8si0Q",
            "name": "Larry Brown"
        },
        "text": "<at>Larry Brown</at>"
      },
      {\x20
        "locale": "en-US",
        "country": "US",
        "platform": "Windows",
        "timezone": "America/Los_Angeles",
        "type": "clientInfo"
      }
    ],
    "channelData": {
        "teamsChannelId": "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype",
        "teamsTeamId": "19:712c61d0ef384e5fa681ba90ca943398@thread.skype"
    }\x20
}""".replace(rb"\x20", b" ")
)


def signed(body: bytes, token: str = TOKEN) -> str:
    """As Microsoft's own sample computes it (OfficeDev/Microsoft-Teams-Samples, outgoing-webhook)."""
    digest = hmac.new(base64.b64decode(token), body, hashlib.sha256).digest()
    return f"HMAC {base64.b64encode(digest).decode()}"


TENANT = "aaaaaaaa-1111-4222-8333-444444444444"
JANE = "bbbbbbbb-1111-4222-8333-444444444444"
CHANNEL = "19:0a1b2c3d4e5f@thread.tacv2"
THEN = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


def activity(**fields: Any) -> dict[str, Any]:
    """What Teams sends today for a message in a channel."""
    given: dict[str, Any] = {
        "type": "message",
        "id": "1764158400000",
        "timestamp": "2026-11-26T12:00:00.1234567Z",
        "localTimestamp": "2026-11-26T13:00:00.1234567+01:00",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "channelId": "msteams",
        "from": {"id": "29:1abcDEF_-9", "name": "Jane", "aadObjectId": JANE},
        "conversation": {
            "isGroup": True,
            "conversationType": "channel",
            "tenantId": TENANT,
            "id": f"{CHANNEL};messageid=1764158300000",
            "name": None,
        },
        "recipient": None,
        "textFormat": "plain",
        "attachmentLayout": None,
        "attachments": [{"contentType": "text/html", "content": "<div>…</div>"}],
        "text": "<at>Registry</at>&nbsp;list\n",
        "entities": [
            mention("28:99999999-1111-4222-8333-444444444444", "Registry"),
            {"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Web"},
        ],
        "channelData": {
            "teamsChannelId": CHANNEL,
            "teamsTeamId": "19:team@thread.tacv2",
            "channel": {"id": CHANNEL},
            "team": {"id": "19:team@thread.tacv2"},
            "tenant": {"id": TENANT},
        },
        "locale": "en-US",
    }
    return {**given, **fields}


def mention(known_as: str, name: str, **more: str) -> dict[str, Any]:
    """An entity."""
    return {
        "type": "mention",
        "mentioned": {"id": known_as, "name": name, **more},
        "text": f"<at>{name}</at>",
    }
