"""What browsers ask about people, teams and tokens."""
