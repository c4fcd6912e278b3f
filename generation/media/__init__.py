"""Everything that knows ffmpeg and decoders: the gate, probing, conforming and film assembly.

Pure functions: paths go in, paths and frozen records come out; no models, no settings. PyAV, numpy and Pillow are
imported inside the functions that use them, so that a process that only serves pages never loads them.
"""
