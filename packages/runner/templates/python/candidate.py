"""The file that candidates change: reads points on stdin, prints what it expects at others."""

import json
import sys

# @tune marks a constant that Spore's built-in tuner may change, and its range.
NEIGHBOURS = 100  # @tune 1..200 step 1

given = json.load(sys.stdin)
points = list(zip(given["x"], given["y"]))


def predict(at):
    """The mean of the nearest points."""
    nearest = sorted(points, key=lambda point: abs(point[0] - at))[:NEIGHBOURS]
    return sum(y for _, y in nearest) / len(nearest)


print(json.dumps([predict(at) for at in given["at"]]))
