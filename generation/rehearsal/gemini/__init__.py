"""Google's Gemini as the rehearsal plays it: pictures at once, clips as interactions, files behind the key."""

PROVIDER = "gemini"
