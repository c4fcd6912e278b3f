"""Projects, what people say in them and what happens, for programs."""
