"""What browsers ask of the jobs: parse, open the project, call one service, answer."""
