"""Teams, their members and tokens, and oneself, for programs."""
