/**
 * What prepares environments, in Python. pip is the one that comes with the interpreter for `python3 -m venv`, unpacked
 * and run from a folder of its own: an environment gets none, and no package can get between its parts.
 *
 * @packageDocumentation
 */

/** Arguments: a folder to unpack pip into; what pip is to do. */
export const PIP_PROGRAM = `
import ensurepip, glob, os, runpy, sys, sysconfig, zipfile

folder, *arguments = sys.argv[1:]
bundled = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
places = [bundled, sysconfig.get_config_var("WHEEL_PKG_DIR"), "/usr/share/python-wheels"]
found = [file for place in places if place for file in glob.glob(os.path.join(place, "pip-*.whl"))]
if not found:
    sys.exit("error: no pip comes with this Python: python3-venv is missing")
zipfile.ZipFile(found[0]).extractall(folder)
sys.path.insert(0, folder)
sys.argv = ["pip", *arguments]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`

/**
 * For the inside of a sandbox. Arguments: the new environment's folder; one to unpack pip into; the path of the above;
 * options of venv; `--`; those of `pip install`, none where there is nothing to install.
 */
export const INSTALL_PROGRAM = `
import subprocess, sys

environment, scratch, pip, *rest = sys.argv[1:]
split = rest.index("--")
subprocess.run([sys.executable, "-m", "venv", "--without-pip", *rest[:split], environment], check=True)
if rest[split + 1:]:
    sys.exit(subprocess.run([environment + "/bin/python3", pip, scratch, "install", *rest[split + 1:]]).returncode)
`
