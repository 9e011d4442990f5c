import { inferPackage, readPackageFolder } from "@spore/runner"
import { describe, expect, test } from "vitest"
import { fileURLToPath } from "node:url"
import { needsOf } from "../src/adopt/needs.ts"

const AUTORESEARCH = fileURLToPath(new URL("../../../packages/runner/test/fixtures/autoresearch", import.meta.url))

async function needsWith(files: Record<string, string>, accelerator = "cpu"): Promise<string[]> {
  const all = await readPackageFolder(AUTORESEARCH)
  for (const [path, text] of Object.entries(files)) all.set(path, new TextEncoder().encode(text))
  const needs = needsOf(all, inferPackage(all, { folder: "lm" }), { accelerator })
  return needs.map(({ what, next }) => `${what}; ${next}`)
}

describe("what a folder's files say that a run does not have", () => {
  test("is nothing where they ask for nothing", async () => {
    expect(await needsWith({})).toEqual([])
  })

  test.each<[string, string, RegExp]>([
    [
      "the home folder",
      'import os\n\nCACHE = os.path.join(os.path.expanduser("~"), ".cache")\n',
      /^data\.py, line 3: .*home folder/,
    ],
    ["the home folder, otherwise", "ROOT = Path.home() / 'data'\n", /^data\.py, line 1: .*home folder/],
    ["an absolute path", 'open("/data/text.bin")\n', /^data\.py, line 1: .*absolute path.*; put what is read/],
    ["the network", "import requests\nr = requests.get(url)\n", /^data\.py, line 2: downloads/],
  ])("%s", async (_, script, need) => {
    const needs = await needsWith({ "data.py": script })
    expect(needs).toHaveLength(1)
    expect(needs[0]).toMatch(need)
  })

  test("a GPU, where a run has none", async () => {
    const files = { "model.py": 'model.to("cuda")\n' }
    expect(await needsWith(files)).toEqual([expect.stringMatching(/CUDA.*--gpu/)])
    expect(await needsWith(files, "nvidia_h100")).toEqual([])
  })

  test("packages without a lock file, with the command that makes one", async () => {
    const project = '[project]\nname = "lm"\ndependencies = [\n  "torch==2.9.1",\n  "kernels[all]>=0.11",\n]\n'
    expect(await needsWith({ "pyproject.toml": project, "uv.lock": "version = 1\n" })).toEqual([
      expect.stringMatching(
        /^pyproject\.toml asks for torch, kernels, without.*; in the folder: uv export .*-o requirements\.lock/,
      ),
    ])
    expect(await needsWith({ "requirements.txt": "numpy>=2\n# comment\n-r other.txt\nscipy\n" })).toEqual([
      expect.stringMatching(
        /^requirements\.txt asks for numpy, scipy, .*; in the folder: pip-compile --generate-hashes/,
      ),
    ])
    const lock = `torch==2.9.1 --hash=sha256:${"0".repeat(64)}\n`
    expect(await needsWith({ "pyproject.toml": project, "requirements.lock": lock })).toEqual([])
    expect(await needsWith({ "pyproject.toml": "[project\n" })).toEqual([])
  })
})
