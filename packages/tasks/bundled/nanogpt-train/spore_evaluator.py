"""What an evaluator of a Spore task is written with. One file, no dependencies, Python 3.9 or newer: copy it into the
task's package. It runs with Spore, which gives every candidate a sandbox of its own, and without, in plain processes.

    from spore_evaluator import evaluate, Incorrect

    def judge(context):
        run = context.run_candidate(["python3", context.program], stdin=b"3\\n", seconds=10)
        if run.outcome != "ok":
            raise Incorrect(run.detail)
        return float(run.stdout)

    evaluate(judge)
"""

import argparse
import io
import json
import math
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field

__all__ = ["Candidate", "CandidateEnd", "CandidateRun", "Context", "Incorrect", "evaluate"]

MAX_OUTPUT_BYTES = 64 * 1024 * 1024


class Incorrect(Exception):
    """Raised by an evaluator: the candidate is wrong, for this reason."""


@dataclass
class CandidateEnd:
    """How a candidate's run ended."""

    #: "ok", "crash", "timeout", "oom" or "limit"
    outcome: str
    #: None unless the program ended by itself
    exit_code: "int | None"
    #: one line for people; empty where it is ok
    detail: str
    #: wall seconds
    seconds: float
    #: the last 64 KiB
    stderr: str = ""
    #: the plain files below $SPORE_OUTPUT_DIR, at most 64 MiB, by path
    files: dict = field(default_factory=dict)


@dataclass
class CandidateRun(CandidateEnd):
    stdout: bytes = b""


def evaluate(judge):
    """The whole main program of an evaluator: ends the process with code 0 where it came to a judgement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path")
    parser.add_argument("--artifacts_dir")
    parser.add_argument("--results_dir", required=True)
    options, _ = parser.parse_known_args()
    if options.program_path is None and options.artifacts_dir is None:
        parser.error("one of --program_path and --artifacts_dir is needed")
    context = Context(options, os.environ)
    correct, error, metrics = False, None, {}
    try:
        metrics = _metrics(judge(context))
        correct = math.isfinite(metrics["combined_score"])
        if not correct:
            error = f"the score is no finite number: {metrics.pop('combined_score')}"
    except Incorrect as reason:
        error = str(reason)
    except Exception:
        traceback.print_exc()
        context._end_candidates()
        sys.exit(1)
    # nothing of a candidate is there any more when the results are written
    context._end_candidates()
    os.makedirs(context.results_dir, exist_ok=True)
    _write_whole(os.path.join(context.results_dir, "metrics.json"), metrics)
    _write_whole(os.path.join(context.results_dir, "correct.json"), {"correct": correct, "error": error})
    sys.exit(0)


def _metrics(result):
    fields = result if isinstance(result, dict) else {"score": result}
    return {
        "combined_score": float(fields.get("score", math.nan)),
        "public": fields.get("public", {}),
        "private": fields.get("private", {}),
        "text_feedback": fields.get("feedback", ""),
    }


def _write_whole(path, value):
    """A reader never sees half a file."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(_finite(value), file)
    os.replace(path + ".part", path)


def _finite(value):
    """JSON has no NaN and no infinities."""
    if isinstance(value, dict):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    number = float(value)
    return number if math.isfinite(number) else None


class Context:
    """What an evaluator is told, and what it can do."""

    def __init__(self, options, env):
        def number(name, default=None):
            return default if name not in env else float(env[name])

        program = options.program_path
        self.program_path = None if program is None else os.path.abspath(program)
        #: the program as a candidate's command names it
        self.program = None if program is None else os.path.relpath(self.program_path, _find_package(self.program_path)[0])
        self.results_dir = os.path.abspath(options.results_dir)
        #: in a check: the folder of artifacts to score
        self.artifacts_dir = None if options.artifacts_dir is None else os.path.abspath(options.artifacts_dir)
        self.seed = int(env.get("SPORE_SEED", 0))
        self.replicate = int(env.get("SPORE_REPLICATE", 0))
        self.stage = env.get("SPORE_STAGE", "full")
        self.budget = {
            "seconds": number("SPORE_BUDGET_S"),
            "steps": number("SPORE_BUDGET_STEPS"),
            "flops": number("SPORE_BUDGET_FLOPS"),
        }
        #: percent of the time in which programs run
        self.resource = number("SPORE_RESOURCE", 100.0)
        self._socket = env.get("SPORE_CANDIDATES")
        self._started = time.monotonic()
        self._shown = -math.inf
        self._running = []

    def start_candidate(self, cmd, files=(), env=None, seconds=None):
        """Starts the candidate apart from the evaluator, in a folder with its own files and those named.

        cmd: program and arguments; the program "node", "python3", "sh" or an absolute path.
        files: names of frozen files of the package that it may see, or (path, bytes) of your own making.
        seconds: wall seconds at full speed; by default as long as the evaluation may take.
        """
        if self.program_path is None:
            raise RuntimeError("a check scores artifacts; it runs no candidate")
        start = {
            "cmd": [str(part) for part in cmd],
            "files": list(files),
            "env": {str(name): str(value) for name, value in (env or {}).items()},
            "seconds": seconds,
        }
        if self._socket is None:
            candidate = _LocalCandidate(start, self.program_path)
        else:
            candidate = _ApartCandidate(start, self._socket)
        self._running = [one for one in self._running if not one.has_ended]
        self._running.append(candidate)
        return candidate

    def run_candidate(self, cmd, stdin=b"", files=(), env=None, seconds=None, max_output_bytes=MAX_OUTPUT_BYTES):
        """Runs the candidate to its end. One that prints more than max_output_bytes is ended."""
        candidate = self.start_candidate(cmd, files=files, env=env, seconds=seconds)
        writer = threading.Thread(target=candidate._feed, args=(stdin,), daemon=True)
        writer.start()
        stdout = bytearray()
        flooded = False
        while True:
            chunk = candidate.stdout.read1(65536)
            if not chunk:
                break
            if len(stdout) + len(chunk) <= max_output_bytes:
                stdout += chunk
            elif not flooded:
                flooded = True
                candidate.kill()
        end = candidate.wait()
        writer.join()
        run = CandidateRun(**vars(end), stdout=bytes(stdout))
        if flooded:
            run.outcome, run.exit_code, run.detail = "limit", None, f"printed more than {max_output_bytes} bytes"
        return run

    def write_artifact(self, path, data):
        """Leaves a file for artifact replay."""
        root = os.path.join(self.results_dir, "artifacts")
        target = os.path.abspath(os.path.join(root, path))
        if not target.startswith(root + os.sep):
            raise ValueError(f"{path} is outside of the artifacts")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)

    def progress(self, step, total, loss=None):
        """Prints the line that progress is read from, at most twice a second."""
        now = time.monotonic()
        if now - self._shown < 0.5 and step < total:
            return
        self._shown = now
        fields = [f"step {step:05d} ({100 * step / total:.1f}%)"]
        if loss is not None:
            fields.append(f"loss: {loss:.6f}")
        if step > 0:
            fields.append(f"remaining: {math.ceil((now - self._started) / step * (total - step))}s")
        print(" | ".join(fields), flush=True)

    def _end_candidates(self):
        for candidate in self._running:
            candidate.kill()
        for candidate in self._running:
            try:
                candidate.wait()
            except Exception:
                pass  # what could not be run has ended


class Candidate:
    """A candidate that runs."""

    #: binary file; what is written after the candidate's end is dropped. Flush, or write unbuffered parts whole.
    stdin = None
    #: binary file; has to be read: a candidate that printed 1 MiB more than was read waits
    stdout = None
    has_ended = False

    def wait(self):
        """Waits for the end. What stdout still holds stays readable."""
        raise NotImplementedError

    def kill(self):
        raise NotImplementedError

    def _feed(self, data):
        try:
            self.stdin.write(data)
            self.stdin.close()
        except Exception:
            pass  # how the candidate ended says more


# ---- the task's package ----------------------------------------------------------------------------------------------


def _find_package(program_path):
    """Where spore.task.json lies: above the program; else the program is all there is of the candidate."""
    folder = os.path.dirname(program_path)
    while True:
        manifest = os.path.join(folder, "spore.task.json")
        if os.path.isfile(manifest):
            with open(manifest, encoding="utf-8") as file:
                return folder, json.load(file)["candidate"]["editable"]
        if folder == os.path.dirname(folder):
            return os.path.dirname(program_path), [os.path.basename(program_path)]
        folder = os.path.dirname(folder)


def _as_bytes(data):
    return data.encode() if isinstance(data, str) else bytes(data)


# ---- with Spore: a sandbox for each run ------------------------------------------------------------------------------

_CONTROL, _STDIN, _STDOUT, _STDERR, _UPLOAD, _OUTPUT = range(6)
_WINDOW = 1024 * 1024
_MAX_PAYLOAD = 256 * 1024


class _ApartCandidate(Candidate):
    """Frames are read by a thread that waits for one, so a turn takes no change of threads. Threads that come meanwhile
    wait for what it reads."""

    def __init__(self, start, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._file = self._socket.makefile("rb", 256 * 1024)
        # guards all that frames change; notified after each
        self._changed = threading.Condition()
        self._is_reading = False
        self._sending = threading.Lock()
        self._window, self._taken = _WINDOW, 0
        self._unread = bytearray()
        self._stdout_ended = False
        self._end, self._error = None, None
        self._stderr, self._left, self._missing = b"", bytearray(), 0
        uploads = [(one[0], _as_bytes(one[1])) for one in start["files"] if not isinstance(one, str)]
        self._control(
            type="start",
            cmd=start["cmd"],
            files=[one for one in start["files"] if isinstance(one, str)],
            uploads=[{"path": path, "size": len(data)} for path, data in uploads],
            env=start["env"],
            seconds=start["seconds"],
        )
        for _, data in uploads:
            for at in range(0, len(data), _MAX_PAYLOAD):
                self._send(_UPLOAD, data[at : at + _MAX_PAYLOAD])
        self.stdin = _CandidateStdin(self)
        self.stdout = io.BufferedReader(_CandidateStdout(self), 65536)

    def wait(self):
        with self._changed:
            self._take_frames(lambda: False)
            if self._error is not None:
                raise self._error
            return self._end

    def kill(self):
        self._control(type="kill")

    def _control(self, **message):
        self._send(_CONTROL, json.dumps(message).encode())

    def _send(self, kind, payload):
        try:
            with self._sending:
                self._socket.sendall(struct.pack(">IB", len(payload), kind) + bytes(payload))
        except OSError:
            pass  # the end, or why there is none, is read

    def _take_frames(self, is_enough):
        """Waits until that or the end. To be called with the lock, which nobody holds while a frame is awaited."""
        while not (self.has_ended or is_enough()):
            if self._is_reading:
                self._changed.wait()
                continue
            self._is_reading = True
            self._changed.release()
            try:
                frame = self._read_frame()
            finally:
                self._changed.acquire()
                self._is_reading = False
                self._changed.notify_all()
            if frame is None:
                self._finish(error=RuntimeError("the candidate could not be run: Spore closed the connection"))
            else:
                self._on_frame(*frame)

    def _read_frame(self):
        """None where no whole one comes any more."""
        try:
            length, kind = struct.unpack(">IB", self._file.read(5))
            payload = self._file.read(length)
        except (OSError, ValueError, struct.error):
            return None
        return (kind, payload) if len(payload) == length else None

    def _on_frame(self, kind, payload):
        if kind == _STDOUT:
            self._unread += payload
        elif kind == _STDERR:
            self._stderr += payload
        elif kind == _OUTPUT:
            self._left += payload
            if len(self._left) == self._missing:
                self._finish()
        elif kind == _CONTROL:
            message = json.loads(payload)
            if message["type"] == "window":
                self._window += message["bytes"]
            elif message["type"] == "stdout_end":
                self._stdout_ended = True
            elif message["type"] == "refused":
                self._finish(error=RuntimeError(f"the candidate could not be run: {message['reason']}"))
            elif message["type"] == "end":
                self._message = message
                self._missing = sum(one["size"] for one in message["files"])
                if self._missing == 0:
                    self._finish()

    def _finish(self, error=None):
        self._error, self._stdout_ended = error, True
        if error is None:
            message, files, at = self._message, {}, 0
            for one in message["files"]:
                files[one["path"]] = bytes(self._left[at : at + one["size"]])
                at += one["size"]
            self._end = CandidateEnd(
                outcome=message["outcome"],
                exit_code=message["exitCode"],
                detail=message["detail"],
                seconds=message["seconds"],
                stderr=self._stderr.decode("utf-8", "replace"),
                files=files,
            )
        self.has_ended = True
        self._file.close()
        self._socket.close()

    def _write(self, data):
        data = memoryview(data).cast("B")
        at = 0
        while at < len(data) and not self.has_ended:
            with self._changed:
                self._take_frames(lambda: self._window > 0)
                part = data[at : at + min(self._window, _MAX_PAYLOAD)]
                self._window -= len(part)
            if len(part) > 0:
                self._send(_STDIN, part)
                at += len(part)
        return len(data)

    def _read_into(self, buffer):
        with self._changed:
            self._take_frames(lambda: self._unread or self._stdout_ended)
            if self._error is not None and not self._unread:
                raise self._error
            count = min(len(buffer), len(self._unread))
            buffer[:count] = self._unread[:count]
            del self._unread[:count]
            self._taken += count
            grant = self._taken if self._taken >= _WINDOW // 2 else 0
            self._taken -= grant
        if grant > 0 and not self.has_ended:
            self._control(type="window", bytes=grant)
        return count


class _CandidateStdin(io.RawIOBase):
    def __init__(self, candidate):
        self._candidate = candidate

    def writable(self):
        return True

    def write(self, data):
        return self._candidate._write(data)

    def close(self):
        if not self.closed:
            self._candidate._control(type="stdin_end")
        super().close()


class _CandidateStdout(io.RawIOBase):
    def __init__(self, candidate):
        self._candidate = candidate

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._candidate._read_into(memoryview(buffer).cast("B"))


# ---- without Spore: a child process in a folder of its own -----------------------------------------------------------

_has_warned = False


class _LocalCandidate(Candidate):
    def __init__(self, start, program_path):
        global _has_warned
        if not _has_warned:
            sys.stderr.write("no wall: the candidate runs as a plain process of this user, without a sandbox\n")
        _has_warned = True
        self._root = os.path.realpath(tempfile.mkdtemp(prefix="spore-candidate-"))
        inputs, self._outputs = os.path.join(self._root, "in"), os.path.join(self._root, "out")
        self._ending, self._end = None, None
        try:
            _lay_out(inputs, program_path, start["files"])
            os.mkdir(self._outputs)
            program, *rest = start["cmd"]
            if program == "node":
                walls = ["--permission", f"--allow-fs-read={self._root}", f"--allow-fs-write={self._outputs}"]
                rest = walls + rest
            self._stderr = tempfile.TemporaryFile()
            self._process = subprocess.Popen(
                [program, *rest],
                cwd=inputs,
                env={
                    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                    "HOME": self._root,
                    "TMPDIR": self._root,
                    "LANG": "C.UTF-8",
                    "PYTHONHASHSEED": "0",
                    "SPORE_SEED": os.environ.get("SPORE_SEED", "0"),
                    **start["env"],
                    "SPORE_OUTPUT_DIR": self._outputs,
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,
            )
        except BaseException:
            shutil.rmtree(self._root, ignore_errors=True)
            raise
        self._started = time.monotonic()
        self._timer = None
        if start["seconds"] is not None:
            why = ("timeout", f"not finished after {start['seconds']} s")
            self._timer = threading.Timer(start["seconds"], self._stop, why)
            self._timer.daemon = True
            self._timer.start()
        self.stdin, self.stdout = _ForgivingStdin(self._process.stdin), self._process.stdout

    def wait(self):
        if self._end is not None:
            return self._end
        code = self._process.wait()
        if self._timer is not None:
            self._timer.cancel()
        self._kill_group()
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 65536))
        stderr = self._stderr.read().decode("utf-8", "replace")
        self._stderr.close()
        sys.stderr.write(stderr)
        code = 128 - code if code < 0 else code
        outcome, detail = self._ending or (("ok", "") if code == 0 else ("crash", _crash_detail(code, stderr)))
        try:
            self._end = CandidateEnd(
                outcome=outcome,
                exit_code=None if self._ending else code,
                detail=detail,
                seconds=time.monotonic() - self._started,
                stderr=stderr,
                files=_read_left(self._outputs),
            )
        finally:
            self.has_ended = True
            shutil.rmtree(self._root, ignore_errors=True)
        return self._end

    def kill(self):
        self._stop("crash", "killed by its evaluator")

    def _stop(self, outcome, detail):
        if self._process.poll() is None:
            self._ending = self._ending or (outcome, detail)
            self._kill_group()

    def _kill_group(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except OSError:
            pass  # ended


class _ForgivingStdin(io.RawIOBase):
    """What is written after the candidate's end is dropped."""

    def __init__(self, pipe):
        self._pipe = pipe

    def writable(self):
        return True

    def write(self, data):
        try:
            self._pipe.write(data)
            self._pipe.flush()
        except (OSError, ValueError):
            pass
        return len(data)

    def close(self):
        try:
            self._pipe.close()
        except OSError:
            pass
        super().close()


def _crash_detail(code, stderr):
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|exception|fail|cannot", line, re.I)] or lines
    return f"exit code {code}" + (f": {telling[-1]}" if telling else "")


def _lay_out(folder, program_path, files):
    """The candidate's files, the frozen ones that were named, and the evaluator's own."""
    package, editable = _find_package(program_path)
    for one in [*editable, *files]:
        path, data = (one, None) if isinstance(one, str) else one
        target = os.path.abspath(os.path.join(folder, path))
        if not target.startswith(folder + os.sep):
            raise ValueError(f"{path} is outside of the package")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if data is None:
            shutil.copyfile(os.path.join(package, path), target)
        else:
            with open(target, "wb") as file:
                file.write(_as_bytes(data))


def _read_left(folder):
    """Plain files alone: a link would lead the evaluator to files of its own."""
    files, size = {}, 0
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            size += os.path.getsize(path)
            if size > MAX_OUTPUT_BYTES:
                raise RuntimeError(f"the candidate left more than {MAX_OUTPUT_BYTES} bytes")
            with open(path, "rb") as file:
                files[os.path.relpath(path, folder)] = file.read()
    return files
