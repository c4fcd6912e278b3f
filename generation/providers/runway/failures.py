"""Why a task failed, in plain words, and what to do next.

The first two parts of Runway's codes are stable and the rest is not, so a code is matched by its beginning.
"""

from __future__ import annotations

_AGAIN = "Generate it again in a few minutes; if it fails again, choose another model."
_MODERATED = "moderated"
_INPUTS = {
    "TEXT": "the prompt",
    "IMAGE": "a picture that was sent with it",
    "VIDEO": "a clip that was sent with it",
    "AUDIO": "a sound that was sent with it",
}

# The longest beginning first.
_BY_BEGINNING = (
    (
        "SAFETY.OUTPUT",
        _MODERATED,
        "Runway's moderation refused the finished result. Change the prompt, or try another seed.",
    ),
    (
        "INPUT_PREPROCESSING.SAFETY",
        _MODERATED,
        "Runway's moderation refused the prompt. Write it differently; the same prompt is refused again.",
    ),
    ("INPUT_PREPROCESSING", "provider_error", f"Runway could not prepare the input, by a fault of its own. {_AGAIN}"),
    (
        "INTERNAL.BAD_OUTPUT",
        "bad_output",
        "Runway's own check found the result too poor to hand over. Generate it again, better with another picture or "
        "prompt: text and logos laid over a picture often cause this.",
    ),
    (
        "ASSET.INVALID",
        "asset_invalid",
        "Runway cannot use a file that was sent with this: its size, length or encoding is outside what the model "
        "takes. Choose another file, or convert it (JPEG or PNG pictures, MP4 clips).",
    ),
    (
        "THIRD_PARTY.SAFETY",
        _MODERATED,
        "The moderation of the model's maker refused this. Change the prompt or the pictures.",
    ),
    (
        "THIRD_PARTY",
        "partner_unavailable",
        "The maker of this model cannot be reached by Runway at the moment. Generate it again later, or choose "
        "another model.",
    ),
    ("INTERNAL", "provider_error", f"Runway had a fault of its own. {_AGAIN}"),
)


def failure_in_words(code: str) -> tuple[str, str]:
    """Return a stable code of ours and a sentence for a ``failureCode``.

    Args:
        code: Runway's; empty when it gave none.
    """
    code = code.upper()
    if _begins(code, "SAFETY.INPUT"):
        what = _INPUTS.get(code.split(".")[2] if code.count(".") >= 2 else "", "the prompt or a file sent with it")
        return _MODERATED, (
            f"Runway's moderation refused {what}. Change it before you generate again: the same is refused again, and "
            "Runway charges for it."
        )
    for beginning, ours, words in _BY_BEGINNING:
        if _begins(code, beginning):
            return ours, words
    if _begins(code, "SAFETY"):
        return _MODERATED, "Runway's moderation refused this. Change the prompt or the pictures."
    if _begins(code, "ASSET"):
        return "asset_invalid", "Runway cannot use a file that was sent with this. Choose another one."
    return "provider_error", f"Runway could not make this and did not say why. {_AGAIN}"


def _begins(code: str, beginning: str) -> bool:
    return code == beginning or code.startswith(f"{beginning}.")
