"""What people do with stored files: name them, throw them away, take back what nobody uses."""

from __future__ import annotations

from django.db import transaction

from projects import events
from projects.access import OpenProject
from projects.bins import throw_away
from projects.oneline import one_line
from scenes import mirror
from scenes.files import uses_of
from scenes.models import Asset

NAME_LIMIT = 200
MOST_NAMED = 3


class AssetError(Exception):
    """Something cannot be done with a file. The message says what can; nothing was changed."""


@transaction.atomic
def rename_asset(*, opened: OpenProject, asset: Asset, name: str) -> bool:
    """Call a file something else. Where it lies stays: keys are for life.

    Args:
        opened: the file's project, opened to create.
        asset: one of the project's.
        name: for people to read.

    Returns:
        Whether anything has changed.

    Raises:
        AssetError: the name is empty or too long.
    """
    words = one_line(name)
    if not words:
        raise AssetError("Give it a name.")
    if len(words) > NAME_LIMIT:
        raise AssetError(f"A name has at most {NAME_LIMIT} characters; this one has {len(words)}.")
    if words == asset.original_name:
        return False
    asset.original_name = words
    asset.save(update_fields=["original_name"])
    events.record(opened.project.pk, "asset_renamed", {"assetId": str(asset.pk), "name": words}, actor=opened.user)
    return True


@transaction.atomic
def delete_asset(*, opened: OpenProject, asset: Asset) -> None:
    """Put a file into the trash.

    Args:
        opened: the file's project, opened to create.
        asset: one of the project's.

    Raises:
        AssetError: something stands on it; the message says what.
    """
    uses = uses_of(asset)
    if uses:
        named = ", ".join(use.label for use in uses[:MOST_NAMED])
        more = f" and {len(uses) - MOST_NAMED} more" if len(uses) > MOST_NAMED else ""
        raise AssetError(f"This file is in use: {named}{more}. Take it out there first.")
    throw_away(opened=opened, kind="asset", row=asset)
    if asset.scene_id is not None:
        mirror.want(asset.scene_id)
