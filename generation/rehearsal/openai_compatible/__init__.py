"""OpenAI's protocol, as its official package 3.54.0 speaks it: one server of one's own, and Parasail."""

# What the server of one's own has, by the names in the catalogue that it is priced by.
OWN_MODELS = {"rehearsal-text": "openai-compatible-text", "rehearsal-image": "openai-compatible-image"}
