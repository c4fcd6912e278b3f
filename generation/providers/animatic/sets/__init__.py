"""The sets: chosen by words of the location, drawn by code."""

from __future__ import annotations

import re
from collections.abc import Callable

from generation.providers.animatic.shot import Shot
from generation.providers.animatic.stage import Stage

from . import exteriors, homes, near, public, town, vehicles

Set = Callable[[Stage], None]

_INSIDE: tuple[tuple[str, Set], ...] = (
    (
        r"wheel\s?house|pilot\s?house|cockpit|\bbridge\b|\bcabin\b|\bferry\b|\bship\b|\bboat\b"
        r"|submarine|spaceship|control room",
        vehicles.wheelhouse,
    ),
    (r"\bcar\b|taxi|\bcab\b|\bvan\b|truck|limo|vehicle|automobile", vehicles.car),
    (r"\btrain\b|carriage|subway car|\bbus\b|tram|compartment|\bplane\b|aircraft|airplane", vehicles.train),
    (r"corridor|hallway|passage|tunnel|elevator|\blift\b|stair", public.corridor),
    (r"hospital|\bward\b|clinic|infirmary|surgery|operating|morgue|intensive care|\bicu\b", public.ward),
    (r"kitchen|diner kitchen|pantry|galley", homes.kitchen),
    (r"bed\s?room|motel|hotel room|nursery|dormitory|\battic\b", homes.bedroom),
    (r"bath\s?room|\btoilet|washroom|restroom|shower", homes.bathroom),
    (r"\bbar\b|\bpub\b|tavern|saloon|night\s?club|\bclub\b|\binn\b", public.bar),
    (r"caf[eé]|coffee|restaurant|diner|bistro|canteen|cafeteria|bakery|tea\s?room", public.cafe),
    (
        r"office|newsroom|police station|precinct|bureau|study|classroom|school|library|\blab\b|laborator"
        r"|bank|\bshop\b|store\b|studio|court",
        public.office,
    ),
    (r"church|cathedral|chapel|temple|monastery|crypt|mosque|synagogue", public.church),
    (
        r"station|lobby|foyer|museum|airport|terminal|theat(re|er)|palace|\bhall\b|ballroom|castle"
        r"|\bmall\b|auditorium|gallery",
        public.hall,
    ),
    (
        r"warehouse|factory|garage|hangar|barn|workshop|basement|cellar|boat\s?house|shed|depot"
        r"|\bmill\b|\bmine\b|engine room",
        public.warehouse,
    ),
    (r"prison|\bcell\b|jail|interrogation|bunker|dungeon|vault", public.cell),
    (r"living|lounge|parlou?r|house|home|apartment|\bflat\b|sitting|den\b|cottage|dining|mansion", homes.living_room),
)
_OUTSIDE: tuple[tuple[str, Set], ...] = (
    (r"roof\s?top|\broof\b|balcony|terrace|penthouse", town.rooftop),
    (r"alley|back\s?street|lane behind|fire escape", town.alley),
    (r"grave|cemetery|church|chapel|monastery|abbey", exteriors.graveyard),
    (r"platform|train|railway|station\b|tracks|depot", town.platform),
    (
        r"harbou?r|dock|pier|quay|\bport\b|marina|jetty|wharf|ferry|landing|waterfront|river\s?bank|\bcanal\b",
        exteriors.harbour,
    ),
    (r"beach|\bshore|coast|sand|\bdunes? by the sea|\bisland\b|cove\b", exteriors.beach),
    (r"\bsea\b|ocean|\bboat\b|\bship\b|\bdeck\b|\blake\b|water|\bbay\b|channel|raft|sail", exteriors.sea),
    (r"forest|\bwoods?\b|woodland|jungle|trees|grove|park\b|garden|path", exteriors.forest),
    (r"mountain|cliff|peak|summit|\bridge\b|canyon|valley|glacier|snow|hill(s|side)?\b", exteriors.mountain),
    (r"desert|dune|wasteland|mesa|savanna|outback|planet|mars", exteriors.desert),
    (r"highway|\broad\b|crossroad|roadside|gas station|petrol|bus stop|lay-?by|motorway", exteriors.road),
    (
        r"factory|warehouse|industrial|\byard\b|parking|construction|refinery|plant\b|junk|\bmill\b|container",
        town.works,
    ),
    (r"house|village|suburb|cottage|home|driveway|porch|farm\s?house|villa\b|lawn|school", town.houses),
    (r"field|farm|meadow|prairie|countryside|country|plain|pasture|orchard|moor", exteriors.field),
    (
        r"street|city|avenue|downtown|square|market|sidewalk|pavement|town|plaza|boulevard|café|cafe|\bbar\b|shop|office|building|hotel|hospital|restaurant|bank",
        town.street,
    ),
)
CRAMPED: frozenset[Set] = frozenset((vehicles.car,))
_WILD: frozenset[Set] = frozenset(
    (
        exteriors.field,
        exteriors.road,
        exteriors.desert,
        exteriors.beach,
        exteriors.mountain,
        exteriors.graveyard,
        town.houses,
    )
)
_ANY_INSIDE: tuple[Set, ...] = (homes.plain_room, homes.plain_room, homes.living_room)
_ANY_OUTSIDE: tuple[Set, ...] = (exteriors.field, town.houses, town.street, exteriors.road)


def set_for(shot: Shot) -> Set:
    """The set that the words of the location ask for; unknown places get a plausible one, always the same one."""
    words = shot.location.casefold()
    for pattern, build in _INSIDE if shot.interior else _OUTSIDE:
        if re.search(pattern, words):
            return build
    chance = Shot(seed=0).dice("place", words or shot.seed)
    return chance.choice(_ANY_INSIDE if shot.interior else _ANY_OUTSIDE)


def foreground(stage: Stage, build: Set) -> None:
    """Something dark close to the camera, so that a wide view has depth: grass and leaves, a door frame, a wall."""
    if stage.light.interior:
        near.doorway(stage)
    elif build is exteriors.forest:
        near.branch(stage)
        near.fringe(stage)
    elif build in _WILD:
        near.fringe(stage)
        if build is not exteriors.desert:
            near.branch(stage)
    elif build in (exteriors.harbour, exteriors.sea):
        near.ropes(stage)
    else:
        near.wall_edge(stage)
