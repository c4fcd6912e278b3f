"""Target 8: film assembly, probing and thumbnails, against ffmpeg's own ways and against MoviePy.

Run as ``python -m benchmarks.film``. Every figure is taken in a process of its own, paired with its peer in the same
run: wall and processor seconds (all children included) and the peak memory of the largest process. Our own processes
leave out the start of Python, which a worker pays once. MoviePy is looked for in ``.venv/peers`` and, when it is not
there, left out with a word about it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageDraw

from generation.media import ffmpeg
from generation.media.mezzanine import VideoFormat, encoder_arguments, needs_conforming
from generation.media.plan import Entry, FilmPlan, PlacedSound, TitleCard, Transition

ROOT = Path(__file__).resolve().parents[1]
FORMAT = VideoFormat(1280, 720, 24)
CLIP_FRAMES = 120
CLIPS = 24
DISSOLVE_FRAMES = 12
GRAPH_CLIPS = 6
MOVIEPY_CLIPS = 4
TITLES_AT_MS = (1_000, 48_500, 114_000)
TITLE_MS = 3_000
FILM_MS = CLIPS * CLIP_FRAMES * 1000 // FORMAT.fps
REPEATS = 3

_RENDER = """
import json, resource, sys, time
from pathlib import Path
import av, numpy
from generation.media.film import render_film
from generation.media.mezzanine import headers
from generation.media.plan import FilmPlan
plan, files, out, cache = json.loads(sys.argv[1])
plan = FilmPlan.from_json(plan)
headers(plan.format)
def seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
wall, cpu = time.perf_counter(), seconds()
made = render_film(plan, Path(out), input_file=lambda sha: Path(files[sha]), cache=Path(cache))
wall, cpu = time.perf_counter() - wall, seconds() - cpu
memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps([wall, cpu, memory / 1024, made.frames, made.joins_encoded, made.joins_reused]))
"""

_REPEATED = """
import statistics, sys, time
from pathlib import Path
from generation.media.probe import probe
from generation.media.thumbnails import poster
path, out, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
call = (lambda: probe(path)) if what == "probe" else (lambda: poster(path, out, width=320, at_ms=2500))
times = []
for _ in range(12):
    start = time.perf_counter()
    call()
    times.append(time.perf_counter() - start)
print(statistics.median(times[2:]))
"""

_MOVIEPY = """
import sys
from moviepy import CompositeVideoClip, VideoFileClip, vfx
*paths, out = sys.argv[1:]
overlap, at, clips = 0.5, 0.0, []
for number, path in enumerate(paths):
    clip = VideoFileClip(path, audio=False)
    clip = clip.with_effects([vfx.CrossFadeIn(overlap)]) if number else clip
    clips.append(clip.with_start(at))
    at += clip.duration - overlap
film = CompositeVideoClip(clips)
film.write_videofile(out, fps=24, codec="libx264", preset="veryfast", threads=2, audio=False, logger=None,
                     ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p"])
print(film.duration)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds of wall and processor, and megabytes at its peak."""

    wall: float
    cpu: float
    memory: float
    output: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. ``ratio`` is ours over the peer's; ``target`` is the most it should be."""

    name: str
    ours: float
    peer: float | None
    target: float | None
    unit: str = "s"
    peer_name: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's, where there is one."""
        return self.ours / self.peer if self.peer else None

    def row(self) -> str:
        """A line of the Markdown table."""
        peer = "-" if self.peer is None else f"{self.peer:.3g} {self.unit}"
        ratio = "-" if self.ratio is None else f"{self.ratio:.3f}"
        measured = self.ours if self.ratio is None else self.ratio
        if self.target is None:
            verdict = "-"
        else:
            verdict = f"{'met' if measured <= self.target else 'MISSED'} (≤ {self.target:g})"
        return f"| {self.name} | {self.ours:.3g} {self.unit} | {self.peer_name} {peer} | {ratio} | {verdict} |"


def run(arguments: list[str]) -> Cost:
    """Run a program to its end and tell what it and its children took."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments[:2]} ended with {process.returncode}: {errors[-2000:]}")
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output)


def run_ffmpeg(*arguments: str) -> Cost:
    """A peer: plain ffmpeg."""
    return run([ffmpeg.binary(), "-nostdin", "-v", "error", "-y", *arguments])


def best(measure: Callable[[], Cost], repeats: int = REPEATS) -> Cost:
    """The median of several by wall time."""
    return sorted((measure() for _ in range(repeats)), key=lambda cost: cost.wall)[repeats // 2]


def make_clips(folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """The clips, with and without sound: a moving pattern with light noise, each different, in the house format."""
    silent, heard = {}, {}
    for number in range(CLIPS):
        name = f"clip{number:02}"
        silent[name], heard[name] = folder / f"{name}.mp4", folder / f"{name}-sound.mp4"
        picture = f"testsrc2=s=1280x720:r=24,hue=h={number * 15},noise=alls=4:allf=t:all_seed={number}"
        end = "setsar=1,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
        arguments = encoder_arguments(FORMAT, CLIP_FRAMES)
        arguments[arguments.index("veryfast")] = "ultrafast"
        run_ffmpeg("-f", "lavfi", "-i", f"{picture},format=yuv420p,{end}", *arguments, str(silent[name]))
        tone = f"sine=frequency={220 + 20 * number}:sample_rate=48000:duration=5"
        run_ffmpeg(
            *("-i", str(silent[name]), "-f", "lavfi", "-i", tone, "-c:v", "copy", "-c:a", "aac", "-ac", "2"),
            *("-video_track_timescale", str(FORMAT.timescale), str(heard[name])),
        )
    if needs_conforming(silent["clip00"], FORMAT) or needs_conforming(heard["clip00"], FORMAT):
        raise RuntimeError("the clips of this benchmark are no mezzanines")
    return silent, heard


def plan(names: list[str], *, dissolves: bool = False) -> FilmPlan:
    """The clips in order, cut hard or dissolved."""
    transition = Transition("dissolve", DISSOLVE_FRAMES) if dissolves else Transition()
    return FilmPlan(FORMAT, tuple(Entry(name, CLIP_FRAMES, name, transition=transition) for name in names))


def render(film: FilmPlan, files: dict[str, Path], folder: Path, cache: Path) -> Cost:
    """Our own film. ``output`` is JSON: joins encoded, joins reused."""
    wanted = [film.to_json(), {name: str(path) for name, path in files.items()}, str(folder / "ours.mp4"), str(cache)]
    answer = json.loads(run([sys.executable, "-c", _RENDER, json.dumps(wanted)]).output)
    if answer[3] != film.frames:
        raise RuntimeError("the film has the wrong length")
    wall, cpu, memory = answer[:3]
    return Cost(wall, cpu, memory, json.dumps(answer[4:]))


def concat(files: dict[str, Path], folder: Path) -> Cost:
    """The peer for hard cuts: ffmpeg's concat demuxer, everything copied."""
    listed = folder / "list.txt"
    listed.write_text("ffconcat version 1.0\n" + "".join(f"file '{path}'\n" for path in files.values()))
    return run_ffmpeg(
        *("-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", "-movflags", "+faststart"),
        str(folder / "concat.mp4"),
    )


def graph(paths: list[Path], folder: Path) -> Cost:
    """The peer for dissolves: one xfade graph over everything."""
    filters, last = [], "0:v"
    for number in range(1, len(paths)):
        offset = number * (CLIP_FRAMES / FORMAT.fps - 0.5)
        filters.append(f"[{last}][{number}:v]xfade=transition=fade:duration=0.5:offset={offset:g}[x{number}]")
        last = f"x{number}"
    inputs = [part for path in paths for part in ("-i", str(path))]
    return run_ffmpeg(
        *(*inputs, "-filter_complex", ";".join(filters), "-map", f"[{last}]", "-an"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-movflags", "+faststart", str(folder / "graph.mp4")),
    )


def measure(folder: Path) -> list[Result]:
    """All figures, in the order of the table."""
    silent, heard = make_clips(folder)
    return [
        *_hard_cuts(silent, heard, folder),
        *_titles_and_sounds(heard, folder),
        *_dissolves(silent, folder),
        *_small_things(silent, folder),
    ]


def _hard_cuts(silent: dict[str, Path], heard: dict[str, Path], folder: Path) -> list[Result]:
    film, cache = plan(list(silent)), folder / "cache-cuts"
    ours, peer = best(lambda: render(film, silent, folder, cache)), best(lambda: concat(silent, folder))
    first = render(film, heard, folder, cache)
    again, copied = best(lambda: render(film, heard, folder, cache)), best(lambda: concat(heard, folder))
    name, copy = f"hard cuts, {CLIPS} clips", "stream copy"
    return [
        Result(f"{name}, no sound", ours.wall, peer.wall, 1.5, peer_name=copy),
        Result(f"{name}, with sound, made again", again.wall, copied.wall, 1.5, peer_name=copy),
        Result(
            f"{name}, with sound, first time (mixed, normalised, encoded)", first.wall, copied.wall, None, "s", copy
        ),
        Result(f"{name}: peak memory", max(ours.memory, first.memory), None, 400, "MB"),
    ]


def _titles_and_sounds(heard: dict[str, Path], folder: Path) -> list[Result]:
    files = heard | _sounds(folder)
    titles = tuple(TitleCard(f"Part {number}", at, TITLE_MS) for number, at in enumerate(TITLES_AT_MS))
    music = PlacedSound("music", 0, FILM_MS, gain_db=-12, fade_in_ms=1000, fade_out_ms=2000, ducked=True)
    film = replace(plan(list(heard)), titles=titles, sounds=(music, PlacedSound("horn", 30_000, 4_000, gain_db=-6)))
    cache = folder / "cache-titles"
    first = render(film, files, folder, cache)
    reworded = replace(film, titles=(replace(titles[0], text="Another word"), *titles[1:]))
    again = render(reworded, files, folder, cache)
    louder = replace(film, sounds=(replace(music, gain_db=-6), *film.sounds[1:]))
    remixed = render(louder, files, folder, cache)
    peer = _overlaid(heard, folder)
    name, everything = f"3 titles and 2 sounds, {CLIPS} clips", "all encoded"
    return [
        Result(f"{name}: CPU, first time", first.cpu, peer.cpu, None, "s", everything),
        Result(f"{name}: first time", first.wall, peer.wall, None, "s", everything),
        Result("one title reworded: CPU", again.cpu, peer.cpu, None, "s", everything),
        Result("one sound louder: CPU", remixed.cpu, peer.cpu, None, "s", everything),
        Result(f"{name}: peak memory", max(one.memory for one in (first, again, remixed)), None, 400, "MB"),
    ]


def _sounds(folder: Path) -> dict[str, Path]:
    made = {}
    for name, tone, seconds in (("music", 330, FILM_MS // 1000), ("horn", 110, 4)):
        made[name] = folder / f"{name}.wav"
        run_ffmpeg("-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=48000:duration={seconds}", str(made[name]))
    return made


def _overlaid(heard: dict[str, Path], folder: Path) -> Cost:
    """The peer for titles and sounds: one pass of ffmpeg that encodes everything."""
    listed, card = folder / "heard.txt", folder / "card.png"
    listed.write_text("ffconcat version 1.0\n" + "".join(f"file '{path}'\n" for path in heard.values()))
    picture = Image.new("RGBA", (FORMAT.width, FORMAT.height))
    ImageDraw.Draw(picture).text((80, 600), "Part", fill="white", font_size=48)
    picture.save(card)
    seen = "+".join(f"between(t,{at / 1000:g},{(at + TITLE_MS) / 1000:g})" for at in TITLES_AT_MS)
    filters = (
        f"[0:v][1:v]overlay=enable='{seen}'[v];[2:a]volume=-12dB[m];[3:a]volume=-6dB,adelay=30000:all=1[h];"
        "[0:a][m][h]amix=inputs=3:duration=first:normalize=0[a]"
    )
    return run_ffmpeg(
        *("-f", "concat", "-safe", "0", "-i", str(listed), "-i", str(card)),
        *("-i", str(folder / "music.wav"), "-i", str(folder / "horn.wav")),
        *("-filter_complex", filters, "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-c:a", "aac", "-movflags", "+faststart"),
        str(folder / "overlaid.mp4"),
    )


def _dissolves(silent: dict[str, Path], folder: Path) -> list[Result]:
    names = list(silent)
    few = names[:GRAPH_CLIPS]
    ours = render(plan(few, dissolves=True), silent, folder, folder / "cache-few")
    peer = graph([silent[name] for name in few], folder)
    # The graph's film is shorter by its overlaps; both are compared per second of film.
    ours_seconds = GRAPH_CLIPS * 5.0
    peer_seconds = ours_seconds - 0.5 * (GRAPH_CLIPS - 1)
    results = [
        Result(
            f"dissolves, {GRAPH_CLIPS} clips: CPU per second of film",
            ours.cpu / ours_seconds,
            peer.cpu / peer_seconds,
            0.35,
            peer_name="xfade graph",
        ),
        Result(f"dissolves, {GRAPH_CLIPS} clips: peak memory", ours.memory, peer.memory, None, "MB", "xfade graph"),
    ]
    python = ROOT / ".venv" / "peers" / "bin" / "python"
    python = Path(os.environ.get("PEERS_PYTHON", python))
    if python.exists():
        fewer = names[:MOVIEPY_CLIPS]
        own = render(plan(fewer, dissolves=True), silent, folder, folder / "cache-fewer")
        moviepy = run(
            [str(python), "-c", _MOVIEPY, *(str(silent[name]) for name in fewer), str(folder / "moviepy.mp4")]
        )
        seconds = float(moviepy.output.split()[-1])
        results.append(
            Result(
                f"dissolves, {MOVIEPY_CLIPS} clips: CPU per second of film",
                own.cpu / (MOVIEPY_CLIPS * 5.0),
                moviepy.cpu / seconds,
                0.15,
                peer_name="MoviePy",
            )
        )
    else:
        print("MoviePy is LEFT OUT: it is not installed (make bench installs it into .venv/peers).", file=sys.stderr)
    film, cache = plan(names, dissolves=True), folder / "cache-all"
    whole = render(film, silent, folder, cache)
    changed = dict(silent) | {"changed": silent[names[5]]}
    entries = [
        Entry("x", CLIP_FRAMES, "changed" if at == 10 else entry.clip, transition=entry.transition)
        for at, entry in enumerate(film.entries)
    ]
    again = render(FilmPlan(FORMAT, tuple(entries)), changed, folder, cache)
    encoded, reused = json.loads(again.output)
    return [
        *results,
        Result(f"dissolves, {CLIPS} clips: peak memory", whole.memory, None, 400, "MB"),
        Result("one shot changed: joins encoded again", encoded, CLIPS - 1, 2 / (CLIPS - 1), "joins", "all"),
        Result(f"one shot changed ({reused} joins reused)", again.wall, whole.wall, None, "s", "first time"),
    ]


def _small_things(silent: dict[str, Path], folder: Path) -> list[Result]:
    path = silent["clip00"]

    def ours(what: str) -> float:
        return float(run([sys.executable, "-c", _REPEATED, str(path), str(folder / "poster.jpg"), what]).output)

    def peer(*arguments: str) -> float:
        return statistics.median(run_ffmpeg(*arguments).wall for _ in range(9))

    # The wheel has no ffprobe; an ffmpeg that opens the file and writes nothing does the same work.
    probing = peer("-i", str(path), "-map", "0", "-c", "copy", "-t", "0", "-f", "null", "-")
    thumbnail = peer(
        *("-ss", "2.5", "-i", str(path), "-frames:v", "1", "-vf", "scale=320:-2"), str(folder / "thumbnail.jpg")
    )
    return [
        Result("probe", ours("probe") * 1000, probing * 1000, 0.15, "ms", "ffmpeg process"),
        Result("thumbnail", ours("poster") * 1000, thumbnail * 1000, 0.3, "ms", "ffmpeg process"),
    ]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        results = measure(Path(folder))
    print("| film assembly (target 8) | ours | peer | ratio | target |")
    print("|---|---|---|---|---|")
    for result in results:
        print(result.row())


if __name__ == "__main__":
    main()
