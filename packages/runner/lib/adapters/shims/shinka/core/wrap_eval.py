"""Runs a candidate's function several times, has it checked and summed up, and writes the two result files."""

import importlib.util
import json
import os
import pickle
import statistics
import time

NO_METRICS = {
    "combined_score": 0.0,
    "execution_time_mean": 0.0,
    "execution_time_std": 0.0,
    "num_successful_runs": 0,
    "num_valid_runs": 0,
    "num_invalid_runs": 0,
    "all_validation_errors": [],
}


def load_program(program_path):
    spec = importlib.util.spec_from_file_location("program", program_path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{program_path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def save_json_results(results_dir, metrics, correct, error=None):
    os.makedirs(results_dir, exist_ok=True)
    for name, content in [("correct.json", {"correct": correct, "error": error}), ("metrics.json", metrics)]:
        with open(os.path.join(results_dir, name), "w") as file:
            json.dump(content, file, indent=4, default=_plain)


def run_shinka_eval(
    program_path,
    results_dir,
    experiment_fn_name,
    num_runs,
    get_experiment_kwargs=None,
    aggregate_metrics_fn=None,
    validate_fn=None,
    default_metrics_on_error=None,
    **_only_saves_time_or_draws,
):
    """Plots, early stopping and parallel runs are taken and not acted on: all runs are made, one after another."""
    results, seconds, problems = [], [], []
    valid, invalid, error = 0, 0, None
    try:
        program = load_program(program_path)
        if not hasattr(program, experiment_fn_name):
            raise AttributeError(f"{program_path} has no function {experiment_fn_name}")
        experiment = getattr(program, experiment_fn_name)
        for run in range(num_runs):
            arguments = get_experiment_kwargs(run) if get_experiment_kwargs else {"seed": run + 1}
            begin = time.perf_counter()
            results.append(experiment(**arguments))
            seconds.append(time.perf_counter() - begin)
            if validate_fn is not None:
                is_valid, problem = validate_fn(results[-1])
                valid, invalid = valid + bool(is_valid), invalid + (not is_valid)
                if not is_valid and problem and problem not in problems:
                    problems.append(problem)
            print(f"Run {run + 1}/{num_runs} completed in {seconds[-1]:.2f} seconds")
        metrics = aggregate_metrics_fn(results) if aggregate_metrics_fn else {"num_successful_runs": len(results)}
        metrics["execution_time_mean"] = statistics.fmean(seconds) if seconds else 0.0
        metrics["execution_time_std"] = statistics.pstdev(seconds) if seconds else 0.0
        if validate_fn is not None:
            metrics.update(num_valid_runs=valid, num_invalid_runs=invalid, all_validation_errors=problems)
        correct = invalid == 0
        error = f"Validation failed: {problems[0]}" if problems else None
    except Exception as exception:
        print(f"Evaluation error: {exception}")
        metrics, correct, error = {**NO_METRICS, **(default_metrics_on_error or {})}, False, str(exception)

    if "extra_data" in metrics:
        os.makedirs(results_dir, exist_ok=True)
        with open(os.path.join(results_dir, "extra.pkl"), "wb") as file:
            pickle.dump(metrics.pop("extra_data"), file)
    save_json_results(results_dir, metrics, correct, error)
    return metrics, correct, error


def _plain(value):
    """A NumPy number or array as Python's own."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
