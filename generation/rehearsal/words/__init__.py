"""What simulated models of language share: what they write, how it streams, and what it costs."""
