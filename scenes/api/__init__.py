"""The footage for programs: scripts, scenes, shots, takes, elements, files and the film."""
