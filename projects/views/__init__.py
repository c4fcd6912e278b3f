"""What browsers ask of this room: parse, call one service, answer."""
