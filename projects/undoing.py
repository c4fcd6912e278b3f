"""What is said after something was done, with the way back: a message with an “Undo” button.

For a whole page the message waits in the session, for a fragment it goes along in a header that ``shell.js`` shows.
"""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse


def say(request: HttpRequest, response: HttpResponse, text: str, *, undo: str = "") -> HttpResponse:
    """Tell the person what was done.

    Args:
        request: what was answered; htmx asks for fragments.
        response: the answer; returned with the message.
        text: one sentence, in the past tense.
        undo: an address that takes a POST and takes it back; empty where nothing is to undo.
    """
    if request.headers.get("HX-Request") and response.status_code < 300:
        response["HX-Trigger"] = json.dumps({"rushes:said": {"text": text, "undo": undo}})
    else:
        messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
    return response
