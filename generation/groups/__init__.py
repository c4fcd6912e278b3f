"""One action over several projects: what it would come to, asking for it, and what became of each."""
