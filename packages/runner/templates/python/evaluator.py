"""Judges a candidate: python3 evaluator.py --program_path candidate.py --results_dir DIR"""

import json
import math
import random

from spore_evaluator import Incorrect, evaluate

TRAINING = 200
HELD_OUT = 100


def judge(context):
    training, held_out = curve(context.seed)
    question = {"x": [x for x, _ in training], "y": [y for _, y in training], "at": [x for x, _ in held_out]}
    # The candidate runs in a sandbox of its own, which holds its files and no others.
    run = context.run_candidate(
        ["python3", context.program], stdin=json.dumps(question).encode(), seconds=context.budget.seconds
    )
    if run.outcome != "ok":
        raise Incorrect(f"{run.outcome}: {run.detail}")
    errors = [(y - expected) ** 2 for y, (_, expected) in zip(answers(run.stdout), held_out)]
    rmse = math.sqrt(sum(errors) / HELD_OUT)
    return {
        "score": rmse,
        "public": {"worst": math.sqrt(max(errors)), "seconds": run.seconds},
        "feedback": f"Root mean squared error {rmse:.4f}, worst {math.sqrt(max(errors)):.4f}.",
    }


def answers(text):
    """Checks everything: what a checker lets through will be found."""
    try:
        values = json.loads(text, parse_constant=float)
    except ValueError:
        raise Incorrect("the candidate did not print JSON") from None
    if not isinstance(values, list) or len(values) != HELD_OUT:
        raise Incorrect(f"expected a list of {HELD_OUT} numbers")
    if not all(type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e6 for value in values):
        raise Incorrect("expected finite numbers")
    return values


def curve(seed):
    """Points of the same noisy curve for the same seed; every third is held out."""
    chance = random.Random(seed)
    phase = chance.uniform(0, 2 * math.pi)
    points = []
    for _ in range(TRAINING + HELD_OUT):
        x = chance.uniform(0, 10)
        points.append((x, math.sin(x + phase) + 0.3 * x + chance.gauss(0, 0.1)))
    return points[:TRAINING], points[TRAINING:]


evaluate(judge)
