"""What the tests of all addresses share with those of the API."""

from tests.world import make_world, people

__all__ = ["make_world", "people"]
