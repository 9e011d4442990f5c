"""Runs OpenEvolve's evaluator.py: run_openevolve.py EVALUATOR PROGRAM RESULTS_DIR OPTIONS.

OPTIONS is JSON: score, the metric that is the score, or null; stages, a list of {name, minScore, timeoutS}, or null
for OpenEvolve's own thresholds; minimize, whether the stages' thresholds are upper bounds.
"""

import importlib.util
import json
import math
import numbers
import os
import re
import signal
import sys
import time

from spore_adapter import enter_copy, offer

THRESHOLDS = [0.5, 0.75, 0.9]
MAX_ARTIFACT_TEXT = 20 * 1024
TIMING = re.compile(r"(^|_)(time|times|seconds|secs?|ms|duration|elapsed|runtime|timeout)$")


class Incorrect(BaseException):
    """Why a candidate has no score. Not an Exception, which evaluators catch."""


def load(path):
    folder = os.path.dirname(os.path.abspath(path))
    # a script's own folder comes first, as it would without this program
    sys.path[0] = folder
    spec = importlib.util.spec_from_file_location("evaluation_module", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluation_module"] = module
    spec.loader.exec_module(module)
    return module


def unpack(result):
    """A dict of metrics, or an EvaluationResult of whichever module."""
    metrics = result if isinstance(result, dict) else getattr(result, "metrics", None)
    if not isinstance(metrics, dict):
        raise Incorrect(f"the evaluator returned {type(result).__name__}, not a dict of metrics")
    artifacts = getattr(result, "artifacts", None)
    return dict(metrics), dict(artifacts) if isinstance(artifacts, dict) else {}


def numbers_of(metrics):
    return {str(name): float(value) for name, value in metrics.items() if isinstance(value, numbers.Real)}


def score_of(metrics, score_name):
    if score_name is not None:
        if score_name not in metrics:
            raise Incorrect(f"the evaluator returned no metric {score_name}")
        return metrics[score_name]
    known = numbers_of(metrics)
    if "combined_score" in metrics:
        return known.get("combined_score")
    known = [value for name, value in known.items() if name != "error" and not TIMING.search(name)]
    if not known:
        raise Incorrect("the evaluator returned no metric that is a number")
    return sum(known) / len(known)


def refuse_error(metrics):
    """A number named error beside a score is a metric like any other; alone it is how OpenEvolve tells of a failure."""
    error = metrics.get("error")
    is_metric = isinstance(error, numbers.Real) and not isinstance(error, bool) and len(numbers_of(metrics)) > 1
    if "error" not in metrics or error is None or error is False or error == "" or is_metric:
        return
    raise Incorrect("the evaluation failed" if isinstance(error, numbers.Real) else str(error))


def run_stage(function, program, timeout):
    if timeout is None:
        return unpack(function(program))

    def stop(*_):
        raise Incorrect(f"{function.__name__} ran for more than {timeout:g} s")

    begin = time.monotonic()
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        result = function(program)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    # the signal is lost on code that is not Python's, or that catches everything
    return unpack(result) if time.monotonic() - begin <= timeout else stop()


def judge(module, program, options, metrics, artifacts):
    """Fills in metrics and artifacts, so that those of the stages that ran are kept where a later one fails."""
    stages, score_name = options["stages"], options["score"]
    functions = [getattr(module, f"evaluate_stage{number}", None) for number in (1, 2, 3)]
    functions = functions[: functions.index(None)] if None in functions else functions
    if not functions:
        functions, stages = [module.evaluate], None
    for index, function in enumerate(functions):
        stage = stages[index] if stages is not None and index < len(stages) else None
        new_metrics, new_artifacts = run_stage(function, program, None if stage is None else stage["timeoutS"])
        metrics.update(new_metrics)
        artifacts.update(new_artifacts)
        refuse_error(new_metrics)
        if stages is None:
            least = THRESHOLDS[index] if index + 1 < len(functions) else None
        else:
            least = None if stage is None else stage["minScore"]
        if least is None:
            continue
        score = score_of(metrics, score_name)
        passes = isinstance(score, numbers.Real) and (
            score <= least if stages is not None and options["minimize"] else score >= least
        )
        if not passes:
            raise Incorrect(f"ended after {function.__name__}: its score {score} does not reach {least}")
    return score_of(metrics, score_name)


def finite(value):
    return float(value) if isinstance(value, numbers.Real) and math.isfinite(value) else None


def text_of(artifacts):
    parts = []
    for name, value in artifacts.items():
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        parts.append(f"{name}: {value}")
    return "\n".join(parts).encode("utf-8", "replace")[:MAX_ARTIFACT_TEXT].decode("utf-8", "ignore")


def write_results(results, score, error, metrics, artifacts):
    public = {name: value for name, value in numbers_of(metrics).items() if math.isfinite(value)}
    folder = os.path.join(results, "artifacts")
    for name, value in artifacts.items():
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, re.sub(r"[^A-Za-z0-9._-]+|^\.+", "_", str(name))[:64]), "wb") as file:
            file.write(value if isinstance(value, bytes) else str(value).encode("utf-8", "replace"))
    with open(os.path.join(results, "metrics.json"), "w") as file:
        json.dump({"combined_score": finite(score), "public": public, "text_feedback": text_of(artifacts)}, file)
    with open(os.path.join(results, "correct.json"), "w") as file:
        json.dump({"correct": error is None, "error": error}, file)


def main(evaluator, program, results, options):
    copy = enter_copy()
    offer("openevolve")
    metrics, artifacts, score, error = {}, {}, None, None
    try:
        score = judge(load(evaluator), os.path.join(copy, program), json.loads(options), metrics, artifacts)
    except Incorrect as reason:
        error = str(reason)
    write_results(results, score, error, metrics, artifacts)


main(*sys.argv[1:])
