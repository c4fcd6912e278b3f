"""A manuscript as HTML. Not made by a template: a feature has five thousand blocks, and people wait for them."""

from __future__ import annotations

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from scenes.manuscript import Block, Manuscript


def typeset(manuscript: Manuscript) -> SafeString:
    """Return the blocks of a manuscript in order, with a mark where each page begins; everything is escaped."""
    return mark_safe("".join(_block(block) for block in manuscript.blocks))  # noqa: S308 - escaped piece by piece


def _block(block: Block) -> str:
    turn = f'<div class="page-turn" aria-hidden="true"><span>{block.page}.</span></div>' if block.page else ""
    if block.kind == "dual":
        left, right = ("".join(_words(one) for one in side) for side in (block.left, block.right))
        return f'{turn}<div class="dual" data-at="{block.line}"><div>{left}</div><div>{right}</div></div>'
    if block.kind == "page_break":
        return f'<hr data-at="{block.line}">'
    if block.kind == "scene_heading":
        number = escape(block.number)
        return (
            f'{turn}<h2 class="scene_heading" data-at="{block.line}" dir="auto"><b>{number}</b>{escape(block.text)}'
            f'<b class="right" aria-hidden="true">{number}</b></h2>'
        )
    return turn + _words(block)


def _words(block: Block) -> str:
    text = f"({escape(block.text)})" if block.kind == "parenthetical" else escape(block.text)
    return f'<p class="{block.kind}" data-at="{block.line}" dir="auto">{text}</p>'
