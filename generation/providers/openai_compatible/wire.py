"""An endpoint and its key: header lines, addresses, and what is never told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.providers.base import Context
from generation.providers.errors import Refused
from generation.providers.keyed import MOST_TOLD, checked_key


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one call goes.

    Attributes:
        context: of the call.
        label: the name for people.
        default_url: where it is when nobody says; empty where only an account knows.
        keyless: whether it may be asked without a key, as servers on one's own machines are.
    """

    context: Context
    label: str
    default_url: str
    keyless: bool

    def url(self, path: str) -> str:
        """Return the whole address of a path.

        Raises:
            Refused: nobody has said where it is.
        """
        base = (self.context.base_url or self.default_url).rstrip("/")
        if not base:
            raise Refused(
                f"Nobody has said where {self.label[0].lower()}{self.label[1:]} is. Enter its address under Providers "
                "and keys.",
                code="no_address",
            )
        return f"{base}{path}"

    @property
    def headers(self) -> dict[str, str]:
        """The header lines of every request.

        Raises:
            KeyRefused: there is no key that could be sent.
        """
        key = self.context.key
        if key or not self.keyless:
            key = checked_key(key, self.label)
        accepted = {"Accept": "application/json", "Content-Type": "application/json"}
        return {**accepted, "Authorization": f"Bearer {key}"} if key else accepted

    def without_key(self, text: str) -> str:
        """Return words for a log or a person, cut short and with the key taken out."""
        key = self.context.key
        return (text.replace(key, "…") if key else text)[:MOST_TOLD]


def error_of(said: Mapping[str, Any]) -> tuple[str, str]:
    """Return the words and the code of an error, in the shapes that servers have for it; empty where there is none."""
    error = said.get("error", said.get("detail"))
    if isinstance(error, Mapping):
        words, code = error.get("message"), error.get("code") or error.get("type")
        return str(words or ""), str(code or "")
    return (str(error) if error else str(said.get("message") or "")), str(said.get("code") or "")
