"""Results that pass for real: pictures, clips and sounds of exactly the size and length that were asked for."""
