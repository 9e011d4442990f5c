"""Runs Shinka's evaluate.py, a program of its own: run_shinka.py EVALUATOR PROGRAM RESULTS_DIR."""

import os
import subprocess
import sys

from spore_adapter import enter_copy, offer

VERDICT = {"metrics.json", "correct.json", "artifacts"}


def keep_extras(results):
    """Whatever else the evaluator left is the artifact, where the task is replayed by it."""
    extras = [name for name in os.listdir(results) if name not in VERDICT]
    artifacts = os.path.join(results, "artifacts")
    if extras:
        os.makedirs(artifacts, exist_ok=True)
    for name in extras:
        os.replace(os.path.join(results, name), os.path.join(artifacts, name))


def main(evaluator, program, results):
    copy = enter_copy()
    offer("shinka")
    command = [sys.executable, evaluator, "--program_path", os.path.join(copy, program), "--results_dir", results]
    code = subprocess.call(command)
    keep_extras(results)
    return code if code >= 0 else 128 - code


sys.exit(main(*sys.argv[1:]))
