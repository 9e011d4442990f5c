"""Judges a candidate of nanogpt-train: python3 evaluator.py --program_path train.py --results_dir DIR

The candidate runs in a sandbox of its own, which holds the training text and not the held-out one. It says when it is
done with training; from then on it commits to a prediction for the next byte of each stream before it is shown them.
The clocks and the score are this program's. prepare.py is the candidate's side of the protocol:

    judge      {"seconds", "seed", "streams", "rounds", "compile"} \\n
    candidate  progress lines, then {"report": {…}} \\n
    candidate  scores of the next bytes, streams × 256 little-endian float16 numbers   }
    judge      the bytes that came, one per stream                                     }  rounds times
"""

import json
import math
import os
import re
import time
from pathlib import Path

import numpy

from spore_evaluator import Incorrect, evaluate

HERE = Path(__file__).resolve().parent
BUDGET = json.loads((HERE / "spore.task.json").read_text())["budget"]
#: Held-out bytes are read as this many streams side by side.
STREAMS = 96
SYMBOLS = 256
#: Scores for one more byte of each stream, as float16 numbers.
FRAME_BYTES = STREAMS * SYMBOLS * 2
#: Wall seconds for starting the candidate, beyond its budget: both end with the first prediction.
START_SECONDS = 5
#: Wall seconds from the first prediction to the last.
PREDICTION_SECONDS = 150
#: Of one line of the candidate, and of all of them.
MAX_LINE = 1000
MAX_LINES = 20_000
PROGRESS = re.compile(r"step \d{1,9} \(\d{1,3}\.\d%\) \| loss: -?\d{1,6}\.\d{1,6} \| remaining: \d{1,6}s")
#: What a candidate may say of itself.
REPORTED = ("peak_vram_mb", "num_steps", "num_params_M", "total_tokens_M", "depth")


def judge(context):
    held_out = numpy.frombuffer((HERE / "heldout.txt").read_bytes(), numpy.uint8)
    rounds = len(held_out) // STREAMS
    text = held_out[: rounds * STREAMS].reshape(STREAMS, rounds)
    # Where programs get a share of the time, the clocks here go slower by as much.
    slowness = 100 / context.resource
    budget = context.budget["seconds"] or BUDGET["value"]
    header = {
        "seconds": budget * slowness,
        "seed": context.seed,
        "streams": STREAMS,
        "rounds": rounds,
        "compile": os.environ.get("SPORE_DISABLE_COMPILE", "") in ("", "0"),
    }
    candidate = context.start_candidate(
        ["python3", context.program],
        files=["prepare.py", "train.txt.gz"],
        seconds=budget + START_SECONDS + PREDICTION_SECONDS,
    )
    started = time.monotonic()
    try:
        send(candidate, json.dumps(header).encode() + b"\n")
        report = read_report(candidate)
        first = read(candidate, FRAME_BYTES)
        training = time.monotonic() - started
        assert_within(training, (budget + START_SECONDS) * slowness, "training")
        bits = predict(candidate, text, first)
        prediction = time.monotonic() - started - training
        assert_within(prediction, PREDICTION_SECONDS * slowness, "predicting")
    except (EOFError, OSError):
        raise Incorrect(f"ended before its last prediction: {candidate.wait().detail}") from None
    val_bpb = float(bits.mean())
    figures = {"val_bpb": val_bpb, "training_seconds": training, "total_seconds": training + prediction, **report}
    print("---")
    for name, value in figures.items():
        print(f"{name}: {value:.6f}" if name == "val_bpb" else f"{name}: {value:.10g}")
    return {"score": val_bpb, "public": figures, "feedback": feedback(bits, text, figures)}


def assert_within(seconds, allowed, what):
    if seconds > allowed:
        raise Incorrect(f"{what} took {seconds:.1f} s, {allowed:.1f} s are allowed")


def read_report(candidate):
    """Passes progress lines on until the candidate is done with training; what it reports, as far as it makes sense."""
    for _ in range(MAX_LINES):
        line = candidate.stdout.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            if len(line) < MAX_LINE:
                raise EOFError
            raise Incorrect(f"printed a line of more than {MAX_LINE} bytes")
        line = line.decode("ascii", "replace").rstrip()
        if PROGRESS.fullmatch(line):
            print(line, flush=True)
        elif line.startswith('{"report"'):
            return numbers_of(line)
    raise Incorrect(f"printed more than {MAX_LINES} lines")


def numbers_of(line):
    try:
        report = json.loads(line)["report"]
        values = {name: float(report[name]) for name in REPORTED if name in report}
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        raise Incorrect("its report is no object of numbers") from None
    return {name: value for name, value in values.items() if math.isfinite(value) and 0 <= value < 1e12}


def predict(candidate, text, frame):
    """The bits that each held-out byte cost. `frame`: the first prediction."""
    streams, rounds = text.shape
    bits = numpy.zeros((streams, rounds))
    everyone = numpy.arange(streams)
    for at in range(rounds):
        if at > 0:
            frame = read(candidate, FRAME_BYTES)
        scores = numpy.frombuffer(frame, "<f2").astype(numpy.float64).reshape(streams, SYMBOLS)
        if not numpy.isfinite(scores).all():
            raise Incorrect("a predicted score is not a finite number")
        scores -= scores.max(axis=1, keepdims=True)
        total = numpy.log(numpy.exp(scores).sum(axis=1))
        bits[:, at] = (total - scores[everyone, text[:, at]]) / math.log(2)
        send(candidate, text[:, at].tobytes())
    return bits


def send(candidate, data):
    candidate.stdin.write(data)
    candidate.stdin.flush()


def read(candidate, size):
    data = candidate.stdout.read(size)
    if len(data) != size:
        raise EOFError
    return data


def feedback(bits, text, figures):
    """A few lines for whoever proposes the next candidate."""
    rounds = bits.shape[1]
    spans = [(low, min(high, rounds)) for low, high in ((0, 16), (16, 64), (64, 256), (256, rounds)) if low < rounds]
    by_place = ", ".join(f"{low} to {high}: {bits[:, low:high].mean():.3f}" for low, high in spans)
    letters = (text >= ord("a")) & (text <= ord("z"))
    spaces = (text == ord(" ")) | (text == ord("\n"))
    kinds = {"lower-case letters": letters, "spaces and newlines": spaces, "others": ~(letters | spaces)}
    by_kind = ", ".join(f"{name} {bits[chosen].mean():.3f}" for name, chosen in kinds.items() if chosen.any())
    return "\n".join(
        [
            f"val_bpb {figures['val_bpb']:.4f} on {bits.size} bytes, after {figures['training_seconds']:.0f} s of "
            f"training ({figures.get('num_steps', 0):.0f} steps by its own account).",
            f"Bits by the number of bytes seen before: {by_place}.",
            f"Bits by kind of byte: {by_kind}.",
        ],
    )


evaluate(judge)
