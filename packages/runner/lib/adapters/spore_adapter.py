"""What the adapters for Python evaluators share. Runs inside the sandbox."""

import importlib.util
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def enter_copy():
    """Makes a copy of the package the working folder: such evaluators expect a checkout that they may write to."""
    copy = os.path.join(tempfile.mkdtemp(), "package")
    shutil.copytree(os.getcwd(), copy, ignore=shutil.ignore_patterns(".spore"))
    os.chdir(copy)
    return copy


def offer(package):
    """Makes our stand-in for a package importable, here and in child processes, where the real one is absent."""
    if importlib.util.find_spec(package) is not None:
        return
    shims = os.path.join(HERE, "shims")
    sys.path.append(shims)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), shims]))
