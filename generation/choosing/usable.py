"""Whether a team can order a model now, and in words why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from generation.catalogue import Capability, Model


def why_not(model: Model, there: Collection[str], capabilities: Iterable[Capability]) -> str:
    """Return why a model cannot be ordered, in a sentence that says what to do; empty where it can.

    Args:
        model: any of the catalogue.
        there: the providers that can be asked, from ``keys.reachable``.
        capabilities: those that it is about; a model can be ordered for one and not for another.
    """
    if model.retired:
        return f"{model.label} was switched off ({model.retired})." + (
            f" Use {model.successor} instead." if model.successor else " Choose another one."
        )
    if model.missing:
        return model.missing
    if model.provider not in there:
        return f"{model.provider_label} has no key here. An owner can enter one under Providers and keys."
    if not any(model.usable_for(one.operation) for one in capabilities):
        return f"Nobody has told us what {model.label} costs for this, so that it is not ordered."
    return ""


def largest(model: Model) -> tuple[int, int] | None:
    """Return the longest side and the largest area in pixels that a model makes; None where it has no sizes.

    Args:
        model: any of the catalogue.
    """
    sides: list[int] = []
    areas: list[int] = []
    for capability in model.capabilities.values():
        sizes = capability.sizes
        if sizes is None:
            continue
        known = [(one.width, one.height) for one in sizes.listed if one.width and one.height]
        if sizes.listed:
            sides += [max(pair) for pair in known if pair[0] and pair[1]]
            areas += [wide * high for wide, high in known if wide and high]
        else:
            sides.append(sizes.most)
            areas.append(min(sizes.most_pixels, sizes.most**2))
    return (max(sides), max(areas)) if sides else None
