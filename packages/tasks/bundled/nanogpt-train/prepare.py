"""What a candidate of nanogpt-train is given, and how it answers its judge. Frozen.

    import prepare
    task = prepare.start()      # first of all: the clock runs from the judge's first line
    ...                         # train on task.text until task.seconds_left() is used up
    prepare.answer(task, predict, report)

Run as a program, it makes a package like this one with another text: see `python3 prepare.py --help`.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import time
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TRAIN = "train.txt.gz"
HELD_OUT = "heldout.txt"
#: Distinct values of a byte: what a prediction is over.
SYMBOLS = 256


@dataclass(frozen=True)
class Task:
    """One run: what to learn from, for how long, and how much is to be predicted afterwards."""

    #: The training text.
    text: bytes
    #: Wall seconds from `started` to the first prediction.
    seconds: float
    #: By `time.monotonic()`.
    started: float
    seed: int
    #: Held-out bytes are read as this many streams side by side,
    streams: int
    #: and each has this many bytes.
    rounds: int
    #: Whether `torch.compile` may be used.
    compile: bool
    _shown: list = field(default_factory=lambda: [0.0], repr=False)

    def seconds_left(self):
        """Wall seconds of the budget that are left; training is to end a little before."""
        return self.seconds - (time.monotonic() - self.started)

    def show(self, step, loss, done):
        """Prints a progress line, once a second. `loss` in nats per byte; `done`: share of the training, 0 to 1."""
        now = time.monotonic()
        if now - self._shown[0] < 1 or done <= 0:
            return
        self._shown[0] = now
        remaining = min(self.seconds_left(), (now - self.started) / done * (1 - done))
        line = f"step {step:05d} ({100 * min(1, done):.1f}%) | loss: {loss:.4f} | remaining: {max(0, remaining):.0f}s"
        print(line, flush=True)


def start():
    """Reads what the judge asks for."""
    header = json.loads(sys.stdin.buffer.readline())
    started = time.monotonic()
    return Task(text=gzip.decompress((HERE / TRAIN).read_bytes()), started=started, **header)


def answer(task, predict, report):
    """Predicts the held-out text.

    `predict(seen)` gives float scores of the shape streams × 256: the logarithms of probabilities, up to a constant for
    each stream. `seen` is the byte that came last in each stream, as `bytes`, and None at the beginning.
    `report` is a dictionary of numbers about the run, for people: it is shown, and never judged.
    """
    import numpy

    # What the program prints from here on must not come between the predictions.
    sys.stdout.flush()
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    out.write(json.dumps({"report": report}).encode() + b"\n")
    seen = None
    for _ in range(task.rounds):
        scores = numpy.asarray(predict(seen))
        if scores.shape != (task.streams, SYMBOLS):
            raise ValueError(f"predict() gave the shape {scores.shape}, not {(task.streams, SYMBOLS)}")
        _write(out, scores.astype("<f2").tobytes())
        seen = _read(sys.stdin.buffer, task.streams)


def _write(file, data):
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _read(file, size):
    data = file.read(size)
    if len(data) != size:
        raise EOFError("the judge has ended")
    return data


# --- Packages with another text ---------------------------------------------------------------------------------------

#: Texts by name: where they lie, the sha-256 of what is loaded, and the file in it where it is an archive.
TEXTS = {
    "tinyshakespeare": {
        "url": "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        "sha256": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        "member": None,
    },
    "enwik8": {
        "url": "https://mattmahoney.net/dc/enwik8.zip",
        "sha256": "547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
        "member": "enwik8",
    },
}
#: Bytes that are loaded at most.
MAX_LOADED = 512 * 1024 * 1024


def make_package(folder, name, text, held_out):
    """Copies this package with another text, whose last `held_out` bytes are what is predicted."""
    if len(text) < 4 * held_out:
        raise SystemExit(f"{len(text)} bytes are too few to hold {held_out} of them out")
    folder.mkdir(parents=True)
    for path in HERE.iterdir():
        if path.is_file() and path.name not in (TRAIN, HELD_OUT):
            shutil.copy(path, folder)
    (folder / TRAIN).write_bytes(gzip.compress(text[:-held_out], mtime=0))
    (folder / HELD_OUT).write_bytes(text[-held_out:])
    manifest = json.loads((HERE / "spore.task.json").read_text())
    manifest["name"] = f"nanogpt-{name}"
    (folder / "spore.task.json").write_text(json.dumps(manifest, indent=2) + "\n")


def load(url, sha256):
    """Loads a file, and refuses it unless it has the checksum."""
    with urllib.request.urlopen(url) as response:
        data = response.read(MAX_LOADED + 1)
    if len(data) > MAX_LOADED:
        raise SystemExit(f"{url} has more than {MAX_LOADED} bytes")
    return checked(data, sha256, url)


def checked(data, sha256, name):
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.lower():
        raise SystemExit(f"{name}: its sha-256 is {found}, not {sha256}")
    return data


def main():
    parser = argparse.ArgumentParser(
        description="Makes a task package like this one with another text. Its last bytes become the held-out text. "
        "Only --download uses the network.",
    )
    parser.add_argument("folder", type=Path, help="where the new package is made; must not exist")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--download", choices=sorted(TEXTS), help="a known text, checked by its sha-256")
    source.add_argument("--text", type=Path, help="a file of yours; --sha256 says what it must be")
    parser.add_argument("--sha256", help="of --text, in hexadecimal")
    parser.add_argument("--name", help="the task is called nanogpt-NAME; by default as the text")
    options = parser.parse_args()
    if options.folder.exists():
        raise SystemExit(f"{options.folder} exists")
    held_out = (HERE / HELD_OUT).stat().st_size
    if options.download is not None:
        known = TEXTS[options.download]
        text = load(known["url"], known["sha256"])
        if known["member"] is not None:
            text = zipfile.ZipFile(io.BytesIO(text)).read(known["member"])
        make_package(options.folder, options.name or options.download, text, held_out)
    else:
        if options.sha256 is None:
            parser.error("--text needs --sha256")
        text = checked(options.text.read_bytes(), options.sha256, options.text)
        make_package(options.folder, options.name or options.text.stem.lower(), text, held_out)
    print(f"made {options.folder}: {len(text)} bytes, {held_out} of them held out")


if __name__ == "__main__":
    main()
