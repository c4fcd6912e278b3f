"""From a catalogue file to prices and the values that options may have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

from generation.catalogue.prices import Per, Price, Rate, When
from generation.catalogue.tables import Table

_PER = get_args(Per)


def allowed_values(table: Table, name: str) -> tuple[Any, ...]:
    """Read a list of values, or ``{ least = 0, most = 100, step = 1 }`` for all between.

    Raises:
        CatalogueError: it is neither.
    """
    value = table.any(name)
    if isinstance(value, list):
        if not value or not all(isinstance(each, str | int | float) for each in value):
            raise table.wrong(name, "is not a list of words, numbers or true and false")
        return tuple(value)
    inner = Table(f"{table.place}, {name}", value)
    least, most, step = inner.any("least"), inner.any("most"), inner.any("step") if "step" in inner else 1
    inner.done()
    if not all(isinstance(number, int | float) for number in (least, most, step)) or step <= 0 or most < least:
        raise inner.wrong("least, most and step", "bound nothing")
    start, each = Decimal(str(least)), Decimal(str(step))
    count = int((Decimal(str(most)) - start) / each) + 1
    values = [start + each * at for at in range(count)]
    whole = all(isinstance(number, int) for number in (least, most, step))
    return tuple(int(number) if whole else float(number) for number in values)


def read_price(table: Table, *, rounds_to: int) -> Price:
    """Read one rate (``per`` and ``micros``), or ``rates`` of which the first that holds counts, and what goes with it.

    Args:
        table: the price.
        rounds_to: the smallest amount that the provider charges.

    Raises:
        CatalogueError: it is wrong, or the last rate is not one that holds always and is the dearest.
    """
    source = table.take("source", str)
    minimum = table.take("minimum", int, 0)
    extras = tuple(_rate(each) for each in table.tables("extras"))
    charged = tuple(_rate(each) for each in table.tables("charged"))
    rates = tuple(_rate(each) for each in table.tables("rates")) or (_rate(table),)
    table.done()
    last = rates[-1]
    if last.when is not None or any(rate.when is None for rate in rates[:-1]):
        raise table.wrong("rates", "must end with one that holds always, and with no other")
    if any(rate.micros > last.micros for rate in rates if (rate.per, rate.each) == (last.per, last.each)):
        raise table.wrong("rates", "must end with the dearest: it counts when nothing is known")
    if any(not rate.per.endswith("_tokens") for rate in charged):
        raise table.wrong("charged", "goes by tokens: input_tokens, output_tokens and media_tokens")
    return Price(rates, extras, charged, source, rounds_to, minimum)


def _rate(table: Table) -> Rate:
    when = _when(table.table("when")) if "when" in table else None
    rate = Rate(
        micros=table.take("micros", int),
        per=table.one_of("per", _PER),
        each=table.take("each", int, 1),
        when=when,
        assume=table.take("assume", int, 0),
    )
    table.done()
    if rate.each == 0:
        raise table.wrong("each", "is 0")
    return rate


def _when(table: Table) -> When:
    options = table.table("options")
    when = When(
        options={name: allowed_values(options, name) for name in options.keys},
        words=table.items("words", str),
        least_pixels=table.take("least_pixels", int, 0),
        most_pixels=table.take("most_pixels", int) if "most_pixels" in table else None,
        most_side=table.take("most_side", int) if "most_side" in table else None,
        most_seconds=table.take("most_seconds", int) if "most_seconds" in table else None,
        least_inputs=table.take("least_inputs", int, 0),
        least_input_tokens=table.take("least_input_tokens", int, 0),
        most_input_tokens=table.take("most_input_tokens", int) if "most_input_tokens" in table else None,
    )
    table.done()
    return when
