"""What a text that no reader knows looks like: the app's name where its own words or keys are certain, for a refusal.

A signature is what only that app writes; a likeness is not enough. Sources: facts FORMATS 13; for KakaoTalk public readers of
its text export. Kik and WeChat give no text export and Viber's has no header: they have no sign here.
"""

from __future__ import annotations

import re
from typing import Final

from saksi.readers._lines import encoding_of, shown

_SIGNS: Final = {
    "skype": re.compile(r'\A\s*\{\s*"userId"\s*:\s*"[^"]{1,200}".{0,400}?"(?:conversations|exportDate)"\s*:', re.DOTALL),
    "kakaotalk": re.compile(
        r"\A[^\n]{0,200}(?:카카오톡 대화|with KakaoTalk Chats|KakaoTalk Chats with )[^\n]*\n(?:[^\n]{0,60}(?:저장한 날짜|Date Saved))?"
    ),
}
"""App -> how its export begins."""


def app_of(head: bytes) -> str | None:
    """The app whose export a text looks like; None where no sign is certain."""
    encoding, bom = encoding_of(head)
    text = shown(head[bom : bom + 4096], encoding)[0]
    return next((app for app, sign in _SIGNS.items() if sign.match(text) is not None), None)
