"""What decoders may touch: containers, codecs and protocols, as ffmpeg names them."""

from __future__ import annotations

# Demuxers. Playlists, concat scripts, image patterns and device inputs are absent on purpose: they open other files.
VIDEO_CONTAINERS = ("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm")
AUDIO_CONTAINERS = ("wav", "mp3", "aac", "flac", "ogg")
# Named one by one, because ffmpeg's own choice for a picture with a usual name reads numbered series of files.
STILL_CONTAINERS = {b"\xff\xd8": "jpeg_pipe", b"\x89P": "png_pipe", b"RI": "webp_pipe"}

VIDEO_CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9")
AUDIO_CODECS = (
    *("aac", "mp3", "mp3float", "flac", "opus", "libopus", "vorbis", "libvorbis"),
    *("pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_u8", "pcm_s16be", "pcm_s24be"),
)
STILL_CODECS = ("mjpeg", "png", "webp")

INPUT_OPTIONS: dict[str, str] = {
    "protocol_whitelist": "file,pipe",
    "format_whitelist": ",".join((*VIDEO_CONTAINERS, *AUDIO_CONTAINERS)),
    "codec_whitelist": ",".join((*VIDEO_CODECS, *AUDIO_CODECS)),
}
"""For opening a film, clip or sound; works for ffmpeg's command line and for PyAV alike."""

HEADER_OPTIONS: dict[str, str] = {
    "protocol_whitelist": "file,pipe",
    "format_whitelist": "mov",
    "codec_whitelist": "none",
    "probesize": "32",
    "analyzeduration": "0",
}
"""For reading an MP4's own tables and nothing else. Without a decoder to try, opening is thirty times faster."""

STILL_OPTIONS: dict[str, str] = {
    "protocol_whitelist": "file,pipe",
    "format_whitelist": ",".join(STILL_CONTAINERS.values()),
    "codec_whitelist": ",".join(STILL_CODECS),
}
"""For opening one picture."""
