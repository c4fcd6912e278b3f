"""What adapters share whose models write words: collecting them, and what a broken end of them means for the money."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from generation.providers.base import Context, Json, Operation, Order, Output, Submission, Usage
from generation.providers.errors import Fruitless, Refused

# Where an answer ends before its maker has told what it comes to. English has three to four bytes a token, so this is
# rather too much than too little.
BYTES_A_TOKEN = 2
# Characters of an answer: several times what the longest answer of today has, and no more than a script may have.
MOST_WRITTEN = 2 * 1024 * 1024
# Nothing beyond it is a count of tokens.
_MOST_TOKENS = 1_000_000_000
_MOST_ID = 120
_FIRST_HALF = re.compile("[\ud800-\udbff]")


def refuse_impossible(order: Order, label: str) -> None:
    """Look at what no model that writes words could take.

    Args:
        order: a wish.
        label: the provider's name for people.

    Raises:
        Refused
    """
    if order.operation is not Operation.TEXT_TO_TEXT:
        raise Refused(f"{label} writes words and makes nothing else. Choose another model.", code="wrong_operation")
    if order.inputs:
        raise Refused(f"{label} takes words only here. Leave the files out.", code="unexpected_input")


@dataclass
class Writing:
    """An answer in words while it comes.

    Attributes:
        context: of the sending.
        label: the provider's name for people.
        message: what was sent, to reckon what was read where nobody tells.
        data: whether the answer must be JSON.
        task_id: the provider's id of the answer; empty until it has told one.
        input_tokens, output_tokens: as the provider told them; None until it has.
        hidden: bytes of what was written and is no part of the answer, such as thoughts.
    """

    context: Context
    label: str
    message: Json
    data: bool
    task_id: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    hidden: int = 0
    _words: list[str] = field(default_factory=list)
    _written: int = 0
    _half: str = ""

    @property
    def text(self) -> str:
        """What has come."""
        return "".join(self._words)

    def write(self, words: str) -> None:
        """Take new words.

        Raises:
            ValueError: that is more than anybody could have asked for.
        """
        # Some servers send a character in two halves; half of one, and the zero byte, no database stores.
        words = self._half + words
        self._half = words[-1:] if _FIRST_HALF.match(words[-1:]) else ""
        words = words[: len(words) - len(self._half)]
        words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "�")
        self._written += len(words)
        if self._written > MOST_WRITTEN:
            raise ValueError(f"more than {MOST_WRITTEN} characters")
        if words:
            self._words.append(words)
            self.context.say(words)

    def read(self, tokens: object) -> None:
        """Take how many tokens the provider says it has read; what is no count tells nothing."""
        self.input_tokens = _count(tokens, self.input_tokens)

    def wrote(self, tokens: object) -> None:
        """Take how many tokens the provider says it has written; what is no count tells nothing."""
        self.output_tokens = _count(tokens, self.output_tokens)

    def usage(self) -> Usage:
        """Return what has been used: as it was told, and otherwise reckoned, rather too much than too little."""
        read, written = self.input_tokens, self.output_tokens
        return Usage(
            _reckoned(len(json.dumps(self.message).encode())) if read is None else read,
            _reckoned(len(self.text.encode()) + self.hidden) if written is None else written,
        )

    def stopped(self) -> Submission:
        """Return what there is, because nobody wants more.

        Raises:
            Fruitless: there is nothing yet.
        """
        if self.data or not self.text.strip():
            raise self._fruitless("It was stopped before there was anything to keep.", "stopped")
        return self._submission("stopped")

    def ended(self, *, at_length: bool) -> Submission:
        """Return the whole answer.

        Args:
            at_length: it ended only because it had become as long as it may.

        Raises:
            Fruitless: it is of no use.
        """
        if self.data:
            if at_length:
                raise self._fruitless(
                    "The answer became longer than it may, so its data are not whole. Ask for less at once.", "cut_off"
                )
            try:
                json.loads(self.text)
            except (ValueError, RecursionError):
                raise self._fruitless(
                    f"{self.label} did not answer in the form that it was asked for. Try again, or use another model.",
                    "not_data",
                ) from None
        if not self.text.strip():
            raise self._fruitless(
                f"{self.label} answered with nothing. "
                + ("All of its length went into thinking; allow a longer answer." if at_length else "Try again."),
                "empty",
            )
        return self._submission("length" if at_length else "")

    def refused(self) -> Fruitless:
        """Return that the model would not write this."""
        return self._fruitless(
            f"{self.label} declined to write this, because of its rules on content. Change the words and try again.",
            "moderated",
        )

    def broken(self, internal: str) -> Fruitless:
        """Return that an answer that had begun did not come to its end.

        Args:
            internal: how it broke, for the log.
        """
        return self._fruitless(
            f"{self.label} had begun to answer when the connection broke. What was written until then is charged. "
            "Try again.",
            "stream_cut",
            internal,
        )

    def _fruitless(self, public: str, code: str, internal: str = "") -> Fruitless:
        return Fruitless(public, code=code, internal=internal or f"{code} after {len(self.text)} characters",
                         usage=self.usage())  # fmt: skip

    def _submission(self, cut: str) -> Submission:
        output = Output(reference="", media_type="text/plain", text=self.text, cut=cut)
        return Submission(self.task_id, outputs=(output,), usage=self.usage())


def named(task_id: object) -> str:
    """Return a provider's id of an answer as it can be kept; empty where it is none: it must not cost us the answer."""
    known = isinstance(task_id, str) and len(task_id) <= _MOST_ID and task_id.isascii() and task_id.isprintable()
    return str(task_id) if known else ""


def _count(tokens: object, before: int | None) -> int | None:
    if isinstance(tokens, bool) or not isinstance(tokens, int) or not 0 <= tokens <= _MOST_TOKENS:
        return before
    return tokens


def _reckoned(size: int) -> int:
    return -(-size // BYTES_A_TOKEN)
