"""What people and the engine do with the footage. Keyword-only, one transaction each, an event for each change."""
