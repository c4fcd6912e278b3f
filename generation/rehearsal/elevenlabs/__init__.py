"""ElevenLabs' protocol, as its official package 2.78.0 speaks it."""

MICROS_PER_CREDIT = 100
