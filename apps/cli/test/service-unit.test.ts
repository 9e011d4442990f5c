import { execFile, spawnSync } from "node:child_process"
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { z } from "zod"
import { launchdPlist } from "../src/service/launchd.ts"
import { runWords } from "../src/service/run-words.ts"
import { systemdUnit } from "../src/service/systemd.ts"
import { backgroundHome, type BackgroundHome } from "./support/background.ts"
import { checkFields, documented } from "./support/json-docs.ts"
import { jsonObject, like } from "./support/match.ts"
import { systemdWords } from "./support/systemd-words.ts"

/** Words in which all is likely that systemd, shells and XML read as something else. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from({ length: 127 }, (_, code) => String.fromCharCode(code + 1))),
    fc.constantFrom("%h", "$HOME", "${X}", "\\x41", "\\", "%%", "$$", " ; ", "\n[Install]\n", "é", "学", "🙂"),
    fc.string({ unit: "grapheme", maxLength: 2 }).map((text) => text.replaceAll("\u0000", "")),
  ),
  maxLength: 12,
})
const words = fc
  .tuple(nasty, fc.array(nasty, { maxLength: 6 }))
  .map(([program, rest]) => [`/${program.replaceAll("\u0000", "")}`, ...rest])

function lineOf(unit: string, name: string): string {
  const lines = unit.split("\n").filter((line) => line.startsWith(`${name}=`))
  expect(lines).toHaveLength(1)
  return (lines[0] ?? "").slice(name.length + 1)
}

test("systemd reads the words of a unit as they are, and nothing in them becomes a directive", () => {
  const plainUnit = systemdUnit({ folder: "d", words: ["/p"], path: "/bin", restarts: true }, true)
  const names = (unit: string): string[] => unit.split("\n").map((line) => line.replace(/=[^]*/, ""))
  fc.assert(
    fc.property(words, nasty, (all, text) => {
      const unit = systemdUnit({ folder: text, words: all, path: text, restarts: true }, true)
      const read = systemdWords(lineOf(unit, "ExecStart"))
      // systemd refuses programs with such names, so that a shell runs them.
      const byShell = /["'\\\p{Cc}]/u.test(all[0] ?? "") ? ["/bin/sh", "-c", 'exec "$0" "$@"'] : []
      expect(read).toEqual([...byShell, ...all])
      // The same rules, but for variables: $ is itself.
      expect(systemdWords(lineOf(unit, "Environment"))).toEqual([`PATH=${text}`])
      expect(names(unit)).toEqual(names(plainUnit))
      expect(unit).not.toMatch(/\\\n/)
    }),
    { numRuns: 500 },
  )
})

const noAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0 ? null : "no systemd-analyze"

test.skipIf(noAnalyze !== null).each([
  ["blanks, variables and specifiers", "a b%h$HOME%%;"],
  ["quotation marks and escapes", `a"b'c\\x41\\`],
])(`systemd-analyze finds no fault with %s (${noAnalyze ?? "it is here"})`, async (_, name) => {
  await using folder = await temporaryFolder()
  const odd = join(folder.path, name)
  await mkdir(odd)
  const program = join(odd, "node")
  await writeFile(program, "#!/bin/sh\n")
  await chmod(program, 0o755)
  const file = join(folder.path, "spore.service")
  const all = [program, "run", `--data-dir=${odd}`, "--agent-cmd=a; b %n $X \\"]
  await writeFile(file, systemdUnit({ folder: odd, words: all, path: `${odd}:/bin`, restarts: true }, true))
  const { stdout, stderr } = await promisify(execFile)("systemd-analyze", ["verify", "--user", file], {
    env: { ...process.env, XDG_RUNTIME_DIR: folder.path },
  })
  expect(`${stdout}${stderr}`).toBe("")
})

test("a property list holds what it is given, and refuses what it cannot hold", () => {
  const plist = launchdPlist("l", { folder: "d", words: ["/a <b> & c", "--x=é"], path: "/bin", restarts: true }, "/o")
  expect(plist).toContain("    <string>/a &lt;b&gt; &amp; c</string>\n    <string>--x=é</string>\n")
  expect(plist).toMatch(/<key>KeepAlive<\/key>\n {2}<dict>\n {4}<key>SuccessfulExit<\/key>\n {4}<false\/>/)
  expect(() => launchdPlist("l", { folder: "d", words: ["/a\u0001"], path: "", restarts: true }, "/o")).toThrow(
    expect.objectContaining({ code: "bad_usage" }),
  )
})

test("the flags of run as words give the same flags again", () => {
  expect(runWords({ peer: [], announce: [], train: true, verify: true, autoUpdate: true })).toEqual([])
  expect(
    runWords({
      peer: ["a:1", "b:2"],
      announce: [],
      train: false,
      verify: false,
      autoUpdate: false,
      solo: true,
      webPort: 0,
      maxCost: 0.5,
      agentCmd: "a 'b'",
      program: "p.md",
    }),
  ).toEqual([
    "--peer=a:1",
    "--peer=b:2",
    "--solo",
    "--no-train",
    "--no-verify",
    "--web-port=0",
    "--no-auto-update",
    "--agent-cmd=a 'b'",
    "--max-cost=0.5",
    `--program=${join(process.cwd(), "p.md")}`,
  ])
})

/** A `systemctl` that notes what it is asked and, told to start a unit, runs its command as systemd would. */
const SYSTEMCTL = `#!/bin/sh
echo "$@" >> "$HOME/systemctl.log"
[ "$1" = --user ] || exit 9
case "$2" in
  is-active) [ -e "$HOME/active" ] ;;
  show-environment) [ ! -e "$HOME/no-bus" ] || { echo "Failed to connect to bus: No medium found" >&2; exit 1; } ;;
  enable|start|restart) [ ! -e "$HOME/refuses" ] || { echo "Failed to start: $HOME" >&2; exit 1; }; touch "$HOME/active" ;;
  disable|stop) rm -f "$HOME/active" ;;
esac
`

async function homeWithSystemd(): Promise<BackgroundHome> {
  const home = await backgroundHome()
  const bin = join(home.path, "bin")
  await mkdir(bin)
  await writeFile(join(bin, "systemctl"), SYSTEMCTL)
  await chmod(join(bin, "systemctl"), 0o755)
  home.env["PATH"] = `${bin}${delimiter}${home.env["PATH"]}`
  return home
}

function asked(home: BackgroundHome): Promise<string[]> {
  return readFile(join(home.path, "systemctl.log"), "utf8").then((text) => text.trimEnd().split("\n"))
}

const writtenSchema = z.object({ manager: z.literal("systemd"), name: z.string(), path: z.string() })

test("install writes the unit and enables it, once more changes its flags; uninstall takes it away", async () => {
  await using home = await homeWithSystemd()
  const first = await home.here("service", "install", "--solo", "--json")
  expect(first).toMatchObject({ code: 0, stderr: like(/variables of this shell do not reach it \(SPORE_PEERS, /) })
  expect(first.stderr).toMatch(/loginctl enable-linger/)
  checkFields(await documented(), "spore service install", jsonObject(first.stdout), "spore service install")
  const { name, path } = writtenSchema.parse(JSON.parse(first.stdout))
  expect({ name, path }).toEqual({
    name: "spore.service",
    path: join(home.path, ".config/systemd/user/spore.service"),
  })
  const unit = await readFile(path, "utf8")
  const [program, main, ...flags] = systemdWords(lineOf(unit, "ExecStart"))
  expect(program).toBe(process.execPath)
  expect((await stat(main ?? "")).isFile()).toBe(true)
  expect(flags).toEqual(["run", "--service", `--data-dir=${home.dataDir}`, "--solo"])
  expect(lineOf(unit, "KillMode")).toBe("mixed")
  expect(lineOf(unit, "Restart")).toBe("on-failure")
  expect((await home.here("service", "print", "--systemd", "--solo")).stdout).toBe(unit)
  expect(await asked(home)).toEqual([
    "--user show-environment",
    "--user is-active --quiet spore.service",
    "--user daemon-reload",
    "--user enable --now spore.service",
  ])

  expect(await home.here("service", "install", "--no-train")).toMatchObject({ code: 0 })
  expect((await asked(home)).slice(-2)).toEqual(["--user enable --now spore.service", "--user restart spore.service"])
  expect(systemdWords(lineOf(await readFile(path, "utf8"), "ExecStart")).at(-1)).toBe("--no-train")

  // start and restart are systemd's then.
  expect(await home.here("start", "--solo")).toMatchObject({ code: 2, stderr: like(/spore service install FLAGS/) })
  expect(await home.here("restart", "--solo")).toMatchObject({ code: 2 })
  expect(await home.here("stop")).toMatchObject({ code: 0, stdout: "stopped\n" })
  expect((await asked(home)).at(-1)).toBe("--user stop spore.service")

  expect(await home.here("service", "uninstall")).toMatchObject({ code: 0, stdout: like(/^removed /) })
  expect((await asked(home)).slice(-2)).toEqual(["--user disable --now spore.service", "--user daemon-reload"])
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" })
  expect(await home.here("service", "uninstall")).toMatchObject({ code: 0, stdout: "no service is installed\n" })
})

test("what a run may cost is its keeper's word: no manager starts one with limits anew", async () => {
  await using home = await homeWithSystemd()
  const printed = async (...args: string[]): Promise<string> => (await home.here("service", "print", ...args)).stdout
  expect(lineOf(await printed("--systemd", "--max-cost", "5"), "Restart")).toBe("no")
  expect(lineOf(await printed("--systemd", "--until", "8h"), "Restart")).toBe("no")
  expect(await printed("--launchd", "--max-tokens", "9")).toMatch(/<key>KeepAlive<\/key>\n {2}<false\/>/)
  await mkdir(home.dataDir)
  await writeFile(join(home.dataDir, "config.toml"), "[research]\nmax_cost = 5\n")
  expect(lineOf(await printed("--systemd", "--solo"), "Restart")).toBe("no")
  await home.here("service", "install", "--solo")
  const unit = await readFile(join(home.path, ".config/systemd/user/spore.service"), "utf8")
  expect(lineOf(unit, "Restart")).toBe("no")
  await writeFile(join(home.dataDir, "config.toml"), "")
  const free = await printed("--systemd", "--solo")
  expect(lineOf(free, "Restart")).toBe("on-failure")
  // For limits that config.toml gets later.
  expect(lineOf(free, "RestartPreventExitStatus").split(" ")).toContain("10")
})

test("data folders have units of their own, below XDG_CONFIG_HOME", async () => {
  await using home = await homeWithSystemd()
  home.env["XDG_CONFIG_HOME"] = join(home.path, "xdg")
  const other = join(home.path, `o %h "$X" 'y'`)
  const { stdout } = await home.here("service", "install", "--json", "--data-dir", other)
  const { name, path } = writtenSchema.parse(JSON.parse(stdout))
  expect(name).toMatch(/^spore-[0-9a-f]{8}\.service$/)
  expect(path).toBe(join(home.path, "xdg/systemd/user", name))
  expect(systemdWords(lineOf(await readFile(path, "utf8"), "ExecStart"))).toContain(`--data-dir=${other}`)
  expect(await home.here("service", "uninstall")).toMatchObject({ stdout: "no service is installed\n" })
})

test("where systemd is not there or refuses, it says so and what to do, and nothing stays", async () => {
  await using home = await homeWithSystemd()
  const path = join(home.path, ".config/systemd/user/spore.service")
  await writeFile(join(home.path, "no-bus"), "")
  expect(await home.here("service", "install")).toMatchObject({
    code: 1,
    stderr: like(/^error: systemd has no manager for this user here: .*\nnext: .*in a container: spore start/),
  })
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" })
  home.env["PATH"] = join(home.path, "nothing")
  expect(await home.here("service", "install")).toMatchObject({
    code: 1,
    stderr: like(/^error: there is no systemd here\nnext: spore start/),
  })
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" })
})

test("a unit of that name that somebody else wrote is left alone", async () => {
  await using home = await homeWithSystemd()
  const path = join(home.path, ".config/systemd/user/spore.service")
  await mkdir(join(path, ".."), { recursive: true })
  await writeFile(path, "[Unit]\n")
  for (const command of ["install", "uninstall"]) {
    expect(await home.here("service", command)).toMatchObject({ code: 1, stderr: like(/was not written by spore/) })
  }
  expect(await readFile(path, "utf8")).toBe("[Unit]\n")
})
