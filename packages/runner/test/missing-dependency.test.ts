import * as fc from "fast-check"
import { expect, test } from "vitest"
import { missingDependency } from "../src/missing-dependency.ts"

test.each([
  ["Traceback …\nModuleNotFoundError: No module named 'cv2'\n", "cv2", "pip install opencv-python"],
  ["No module named 'sklearn.linear_model'", "sklearn", "pip install scikit-learn"],
  ["ImportError: No module named 'PIL'", "PIL", "pip install pillow"],
  ["ModuleNotFoundError: No module named 'yaml'", "yaml", "pip install pyyaml"],
  ["ModuleNotFoundError: No module named 'torch'", "torch", "pip install torch"],
  ["exit code 1: error: No module named 'jax'", "jax", "pip install jax"],
  ["/usr/bin/python3: No module named pytest\n", "pytest", "pip install pytest"],
  ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /work/in/a.mjs", "zod", "npm install zod"],
  ["Error: Cannot find module '@scope/name/sub/path.js'", "@scope/name", "npm install @scope/name"],
  ["sh: 1: ffprobe: not found", "ffprobe", "apt install ffmpeg"],
  ["/tests/test.sh: line 3: uv: command not found", "uv", "pipx install uv"],
  ["bash: g++: command not found", "g++", "apt install g++"],
  ["/work/in/.spore/in-copy.sh: 10: python3: not found", "python3", "apt install python3"],
  ["env: ‘python’: No such file or directory", "python", "apt install python-is-python3"],
  ["Error: spawn ffmpeg ENOENT", "ffmpeg", "apt install ffmpeg"],
  ["[Errno 2] No such file or directory: 'gcc'", "gcc", "apt install gcc"],
  [
    "x: error while loading shared libraries: libGL.so.1: cannot open shared object file: No such file",
    "libGL.so.1",
    "apt install libgl1",
  ],
  ["OSError: libodd.so.2: cannot open shared object file", "libodd.so.2", "apt-file search libodd.so.2"],
])("%j", (output, name, install) => {
  expect(missingDependency(output)).toEqual({ name, install })
})

test.each([
  "",
  "Cannot find module './own.js'",
  "Error: Cannot find module '/work/in/own.js'",
  "[Errno 2] No such file or directory: 'results'",
  "the word was not found",
  "ValueError: diverged",
  "No module named '; rm -rf ~'",
])("%j names nothing", (output) => {
  expect(missingDependency(output)).toBeNull()
})

test("whatever is printed, the line to show holds only plain names", () => {
  const hostile = fc.tuple(
    fc.constantFrom("No module named '", "Cannot find package '", "sh: 1: ", "lib"),
    fc.string({ unit: "binary-ascii" }),
    fc.constantFrom("'", ": not found", ".so: cannot open shared object file"),
  )
  fc.assert(
    fc.property(hostile, (parts) => {
      const install = missingDependency(parts.join(""))?.install ?? ""
      expect(install).toMatch(/^(?:(?:pip|npm|apt|pipx) install |apt-file search )[\w@/.+-]+$|^$/)
    }),
  )
})
