"""Everything that knows ffmpeg and decoders: the gate, probing, conforming and film assembly."""
