"""The one seam to the outside: a folder per vendor, all speaking ``base.Provider``.

Nothing in here knows Django, a model or a setting. Keys and paths arrive as arguments.
"""
