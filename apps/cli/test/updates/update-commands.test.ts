import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { packProgram, signed } from "@spore/release"
import { serveControl } from "@spore/node"
import { claimFolder, dataPaths } from "@spore/node/local"
import { temporaryFolder, type TemporaryFolder, until } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import {
  type Channel,
  type Packed,
  packedCli,
  packedHome,
  type PackedHome,
  releaseChannel,
} from "../support/packed-home.ts"
import { jsonObject, like } from "../support/match.ts"
import { checkFields, documented } from "../support/json-docs.ts"
import { emptyHome } from "../support/spore.ts"

const DAY = 86_400_000
/** Programs of a few lines, as versions that pass their self-check and that do not. */
const WORKS = `if (!process.argv.includes("self-check")) console.log("the scripted program runs")\n`
const FAILS = `console.error("no such table: facts")\nprocess.exit(7)\n`

let packed: Packed
let work: TemporaryFolder
beforeAll(async () => {
  packed = await packedCli("1.0.0")
  work = await temporaryFolder()
})
afterAll(async () => {
  await packed[Symbol.asyncDispose]()
  await work[Symbol.asyncDispose]()
})

function program(version: string, cli: string, files: Record<string, string> = {}): Promise<string> {
  return packProgram(work.path, { version, files: { "dist/cli.js": cli, ...files } })
}

interface User extends AsyncDisposable {
  readonly home: PackedHome
  readonly channel: Channel
}

/** Version 1.0.0 installed, and an empty channel of the user's own. */
async function userOf(changes: Readonly<Record<string, string>> = {}, now?: () => number): Promise<User> {
  const folder = await temporaryFolder()
  const channel = await releaseChannel(folder.path, now)
  const home = await packedHome(packed, { url: channel.server.url, root: channel.root }, changes, "cli")
  return {
    home,
    channel,
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]()
      await channel[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe("spore update", () => {
  test("takes what the channel offers once its self-check passes, and says what became of it", async () => {
    await using user = await userOf()
    const { home, channel } = user
    expect(await home.json("update")).toMatchObject({
      version: "1.0.0",
      installed: "package",
      built_in: "1.0.0",
      current: null,
      update: { newest: null, looked_at: null, automatic: true, channel: channel.server.url },
    })
    expect(channel.server.requests).toEqual([])
    await channel.repository.publish(await program("1.1.0", WORKS), { notes: "Better." })
    const checked = await home.json("update", "check")
    checkFields(await documented(), "spore update check", checked, "check")
    expect(checked).toMatchObject({
      version: "1.0.0",
      newest: { version: "1.1.0", standing: "newer", reason: null, notes: "Better.", instructions: [] },
    })
    expect((await readdir(home.versions)).toSorted()).toEqual(["channel", "updates.json"])

    const applied = await home.json("update", "apply")
    checkFields(await documented(), "spore update apply", applied, "apply")
    expect(applied).toEqual({ from: "1.0.0", version: "1.1.0", state: "runs" })
    expect((await readdir(home.versions)).toSorted()).toEqual(["1.1.0", "channel", "state.json", "updates.json"])
    const history = await home.json("update", "history")
    checkFields(await documented(), "spore update history", history, "history")
    expect(history["entries"]).toMatchObject([
      { event: "accepted" },
      { event: "tried" },
      { event: "installed", version: "1.1.0" },
    ])
  })

  test("refuses a version whose self-check fails, tells why, and tries it again only when it is told to", async () => {
    await using user = await userOf()
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", FAILS))
    expect(await home.json("update", "apply")).toMatchObject({
      error: {
        code: "trial_failed",
        message: like("no such table: facts"),
        next: "spore update history",
      },
    })
    expect(await home.json("update")).toMatchObject({
      current: null,
      trial: null,
      refused: [{ version: "1.1.0", reason: like("it ended with code 7") }],
      update: { newest: { standing: "refused" } },
    })
    expect((await home.spore("update")).stdout).toContain("refused\t1.1.0")
    const again = await home.spore("update", "apply")
    expect(again).toMatchObject({ code: 1, stderr: like("spore update apply 1.1.0 --force") })
    expect(await home.json("update", "apply", "--force")).toMatchObject({ error: { code: "trial_failed" } })
  })

  test("says that a trial was never decided, and goes on with it, whatever the channel does", async () => {
    await using user = await userOf()
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    expect(await home.json("update", "apply")).toMatchObject({ state: "runs" })
    // As a power loss in the self-check leaves it.
    const path = join(home.versions, "state.json")
    const state = { ...jsonObject(await readFile(path, "utf8")), current: null, previous: null }
    await writeFile(path, JSON.stringify({ ...state, trial: { version: "1.1.0", attempts: 1, began: 1 } }))
    channel.server.misbehave(/./, (response) => void response.destroy())
    expect(await home.json("update")).toMatchObject({ trial: "1.1.0", update: { trial: "1.1.0" } })
    expect((await home.spore("update")).stdout).toMatch(/^on trial\t1\.1\.0, undecided .*spore update apply/m)
    const { stdout, stderr } = await home.spore("update", "apply")
    expect(stderr).toContain("the trial of 1.1.0 was never decided: going on with it")
    expect(stdout).toContain("1.1.0 is installed and works here; it was 1.0.0")
    expect(await home.json("update")).toMatchObject({ current: "1.1.0", trial: null })
  })

  test("goes back when its user says so, and never by a channel", async () => {
    await using user = await userOf()
    const { home, channel } = user
    expect(await home.spore("update", "rollback")).toMatchObject({ code: 3 })
    const { stdout: info } = await home.spore("info")
    expect(info).toContain(`spore\t1.0.0, as it was installed: ${packed.folder}\n`)
    expect(info).toMatch(/^versions\t.*\/versions$/m)
    await channel.repository.publish(await program("0.9.0", WORKS))
    expect(await home.json("update", "apply")).toMatchObject({ state: "current", version: "1.0.0" })
    const older = await home.spore("update", "apply", "0.9.0")
    expect(older).toMatchObject({ code: 2, stderr: like("next: spore update rollback") })
    expect(await home.spore("update", "apply", "7.0.0")).toMatchObject({ code: 3 })
    expect(channel.server.requests.filter((path) => path.endsWith(".tgz"))).toEqual([])

    await channel.repository.publish(await program("1.1.0", WORKS))
    await home.json("update", "apply")
    const back = await home.json("update", "rollback")
    checkFields(await documented(), "spore update rollback", back, "rollback")
    expect(back).toMatchObject({ from: "1.1.0", to: "1.0.0", node: "none" })
    expect(await home.json("update", "apply")).toMatchObject({ error: { code: "version_refused" } })
    expect(await home.json("update", "apply", "1.1.0", "--force")).toMatchObject({ state: "runs" })
  })

  test("withdraws what the running node waits to try, ends the wait for it, and leaves what runs as it is", async () => {
    await using user = await userOf()
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    await home.json("update", "apply")
    const dataDir = join(home.path, "research")
    const node = await waitingNode(dataDir)
    try {
      await channel.repository.publish(await program("1.2.0", WORKS))
      const applying = home.json("update", "apply", "--data-dir", dataDir)
      await until(() => node.awaited() === "1.2.0", { timeoutMs: 60_000, what: "a change that waits" })
      const back = await home.json("update", "rollback", "--data-dir", dataDir)
      expect(back).toEqual({ from: "1.2.0", to: "1.1.0", node: "called_off", database: "same" })
      expect(node.awaited()).toBeNull()
      expect(await applying).toMatchObject({ error: { code: "called_off", next: like("1.2.0 --force") } })
      expect(await home.json("update")).toMatchObject({ current: "1.1.0", previous: "1.0.0" })
      // Where the node cannot be asked, nothing is changed.
      await node.close()
      const failed = await home.json("update", "rollback", "--data-dir", dataDir)
      expect(failed).toMatchObject({ error: { code: "control_unavailable" } })
      expect(await home.json("update")).toMatchObject({ current: "1.1.0" })
    } finally {
      await node.close()
      node.end()
    }
  })

  test("joins a change that is under way, also while the node starts on trial", async () => {
    await using user = await userOf()
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    const dataDir = join(home.path, "research")
    const node = await waitingNode(dataDir)
    try {
      const first = home.json("update", "apply", "--data-dir", dataDir)
      await until(() => node.awaited() === "1.1.0", { timeoutMs: 60_000, what: "a change that waits" })
      await node.close()
      const place = join(home.versions, "state.json")
      const state = jsonObject(await readFile(place, "utf8"))
      // Found good a moment after the second one looked.
      const trial = { version: "1.1.0", attempts: 1, began: 1 }
      await writeFile(place, JSON.stringify({ ...state, current: "1.1.0", trial }))
      expect(await home.json("update", "apply", "--data-dir", dataDir)).toMatchObject({
        state: "runs",
        version: "1.1.0",
      })
      expect(await first).toMatchObject({ state: "runs", version: "1.1.0" })
    } finally {
      await node.close()
      node.end()
    }
  })

  test("names what its installer put there where that does not run, and refused versions only where they are newer", async () => {
    const builtIn = join(work.path, "installed")
    await mkdir(builtIn)
    await writeFile(join(builtIn, "package.json"), JSON.stringify({ version: "0.9.0" }))
    await using user = await userOf({ SPORE_BUILT_IN: builtIn })
    const { home } = user
    await mkdir(home.versions, { recursive: true, mode: 0o700 })
    const refused = { "0.9.5": { reason: "it hung", at: 1 }, "1.1.0": { reason: "it crashed", at: 2 } }
    const state = { format: 1, current: null, previous: null, trial: null, refused, history: [] }
    await writeFile(join(home.versions, "state.json"), JSON.stringify(state), { mode: 0o600 })
    const { stdout } = await home.spore("update")
    expect(stdout).toContain(`installed\t0.9.0: ${builtIn}\n`)
    expect(stdout).toMatch(/^refused\t1\.1\.0/m)
    expect(stdout).not.toContain("0.9.5")
  })

  test("leaves a checkout to git, and what was told to have no versions to its installer", async () => {
    await using user = await userOf({ SPORE_VERSIONS: "none" })
    const { home } = user
    expect((await home.json("update"))["update"]).toMatchObject({ automatic: false, why_not: "SPORE_VERSIONS=none" })
    expect(await home.json("update", "apply")).toMatchObject({ error: { code: "not_updatable" } })
    await using checkout = await emptyHome()
    expect(await checkout.here("update", "apply")).toMatchObject({
      code: 1,
      stderr: like("git pull"),
    })
    const { stdout } = await checkout.here("--json", "update")
    expect(jsonObject(stdout)).toMatchObject({ installed: "checkout", update: { automatic: false } })
  })

  test("tells a checkout nothing of what the installed program refuses", async () => {
    await using user = await userOf()
    const { home, channel } = user
    await channel.repository.publish(await program("9.0.0", FAILS))
    await home.spore("update", "apply")
    expect((await home.spore("update", "check")).stderr).toContain("not taken")
    await using checkout = await emptyHome()
    const { SPORE_UPDATE_URL = "", SPORE_UPDATE_ROOT = "" } = home.env
    Object.assign(checkout.env, { SPORE_VERSIONS: home.versions, SPORE_UPDATE_URL, SPORE_UPDATE_ROOT })
    expect(await checkout.here("update", "check")).toMatchObject({ code: 0, stderr: "next: git pull\n" })
    expect((await checkout.here("update")).stdout).not.toContain("refused")
  })

  test("lets two processes that update at once end with one version, whole", async () => {
    await using user = await userOf()
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    const both = await Promise.all([home.json("update", "apply"), home.json("update", "apply")])
    const words = both.map((one) => JSON.stringify(one))
    expect(words.filter((text) => text.includes('"state":')).length).toBeGreaterThan(0)
    for (const text of words) expect(text).toMatch(/"state":|versions_busy/)
    expect(await home.json("update", "apply")).toMatchObject({ version: "1.1.0", state: "current" })
    expect((await home.json("update"))["current"]).toBe("1.1.0")
  })
})

describe("an update that cannot be", () => {
  test("because its folder cannot be written leaves everything as it is", async () => {
    await writeFile(join(work.path, "a-file"), "")
    await using user = await userOf({ SPORE_VERSIONS: join(work.path, "a-file", "versions") })
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    expect(await home.json("update", "apply")).toMatchObject({
      error: { code: "versions_read_only", next: like("SPORE_VERSIONS") },
    })
    expect((await home.spore("update")).code).toBe(0)
  })

  test("because the disk is full leaves everything as it is, and is done when there is room", async () => {
    await using user = await userOf()
    const { home, channel } = user
    // Random bytes do not shrink: the archive is larger than what the limit lets any file be.
    const large = Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)))
      .toString("base64")
      .repeat(40)
    await channel.repository.publish(await program("1.1.0", WORKS, { "dist/large.txt": large }))
    const limited = { ...home.env, SPORE: join(packed.folder, "dist/main.js"), NODE: process.execPath }
    const { stderr } = await sh(`ulimit -f 64; exec "$NODE" "$SPORE" --json update apply`, limited)
    expect(jsonObject(stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({ error: { code: "disk_full" } })
    expect((await readdir(home.versions)).filter((name) => /^\d|tgz|part/.test(name))).toEqual([])
    expect(await home.json("update", "apply")).toMatchObject({ state: "runs", version: "1.1.0" })
  })

  test.each([
    ["ahead", -365 * DAY, /clock .*if it is ahead/],
    ["behind", 365 * DAY, /it is behind.*timedatectl/],
  ])("because the clock is a year %s says so", async (_, offset, words) => {
    await using user = await userOf({}, () => Date.now() + offset)
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    const { code, stderr } = await home.spore("update", "apply")
    expect(code).toBe(6)
    expect(stderr.replaceAll("\n", " ")).toMatch(words)
    // It stays to be seen.
    expect((await home.spore("update")).stdout).toMatch(/^problem\t.*clock/m)
  })

  test("because it names an instruction that is not known is refused before its archive is asked for", async () => {
    await using user = await userOf()
    const { home, channel } = user
    const { repository, keys, server } = channel
    const draft = await repository.draftRelease(await program("1.1.0", WORKS))
    const file = draft.signed.targets["stable.json"]
    const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")
    const place = join(repository.folder, "targets")
    const described = jsonObject(await readFile(join(place, `${file?.hashes["sha256"]}.stable.json`), "utf8"))
    const marker = join(home.path, "ran")
    const instructions = [{ do: "run", command: `touch ${marker}` }]
    const bytes = Buffer.from(JSON.stringify({ ...described, instructions }))
    await writeFile(join(place, `${sha256(bytes)}.stable.json`), bytes)
    Object.assign(file ?? {}, { length: bytes.length, hashes: { sha256: sha256(bytes) } })
    await repository.accept(signed(draft.signed, keys.targets.keys))
    expect(await home.json("update", "apply")).toMatchObject({ error: { code: "release_refused" } })
    expect(server.requests.filter((path) => path.endsWith(".tgz"))).toEqual([])
    expect(existsSync(marker)).toBe(false)
    expect((await home.json("update"))["update"]).toMatchObject({ problem: { code: "release_refused" } })
  })
})

describe("weakness 14 of the 0.6 network", () => {
  // Key files 0600: packages/records/test/keyfile.test.ts; the explorer on loopback: run.test.ts.
  test("an unsigned manifest does nothing, and its install line is run nowhere", async () => {
    await using user = await userOf()
    const { home, channel } = user
    const marker = join(home.path, "ran")
    const manifest = Buffer.from(
      JSON.stringify({
        version: "9.9.9",
        install: `touch ${marker}`,
        command: `touch ${marker}`,
        post_install: [`touch ${marker}`],
      }),
    )
    await channel.repository.publish(await program("1.1.0", WORKS))
    for (const path of [/./, /timestamp/, /stable\.json/, /root/, /tgz/]) {
      channel.server.behave()
      channel.server.misbehave(path, (response) => void response.end(manifest))
      const { code } = await home.spore("update", "apply")
      expect({ path: String(path), code }).not.toMatchObject({ code: 0 })
    }
    expect(existsSync(marker)).toBe(false)
    expect((await readdir(home.versions)).filter((name) => /^\d/.test(name))).toEqual([])
  })

  test("signatures of other keys than those of the root of trust do nothing", async () => {
    await using folder = await temporaryFolder()
    await using trusted = await releaseChannel(folder.path)
    await using user = await userOf({ SPORE_UPDATE_ROOT: trusted.root })
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    const { code, stderr } = await home.spore("update", "apply")
    expect({ code, stderr }).toMatchObject({ code: 6 })
    expect(channel.server.requests.filter((path) => path.endsWith(".tgz"))).toEqual([])
  })
})

describe("the root of trust", () => {
  const NONE = { SPORE_UPDATE_ROOT: "" }

  test("is nothing that a data folder says", async () => {
    await using user = await userOf(NONE)
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    await mkdir(home.dataDir, { recursive: true })
    const config = join(home.dataDir, "config.toml")
    // From a folder that was handed over: its channel and its root, also where a node would find it by its own folder.
    await writeFile(join(home.dataDir, "root.json"), channel.repository.root)
    for (const root of [channel.root, "root.json", join(home.dataDir, "root.json")]) {
      await writeFile(config, `[update]\nurl = "${channel.server.url}"\nroot = ${JSON.stringify(root)}\n`)
      expect(await home.json("update", "apply")).toMatchObject({
        error: { code: "bad_config", message: like("root"), next: like("spore update trust FILE") },
      })
    }
    // Its channel alone is a mirror at most.
    await writeFile(config, `[update]\nurl = "${channel.server.url}"\n`)
    await using other = await userOf({ ...NONE, SPORE_UPDATE_URL: "", HOME: home.path })
    expect(await other.home.json("update", "apply")).toMatchObject({ error: { code: "channel_untrusted" } })
    expect(channel.server.requests.filter((path) => path.endsWith(".tgz"))).toEqual([])
    expect(channel.server.requests.length).toBeGreaterThan(0)
  })

  test("is the user's own, once it is checked, and the program's again", async () => {
    await using user = await userOf(NONE)
    const { home, channel } = user
    await channel.repository.publish(await program("1.1.0", WORKS))
    expect(await home.json("update", "trust")).toMatchObject({ official: true, threshold: 2 })
    expect(await home.json("update", "apply")).toMatchObject({ error: { code: "channel_untrusted" } })

    const forged = join(home.path, "forged.json")
    const words = Buffer.from(channel.repository.root).toString()
    await writeFile(forged, words.replace(/"version":\s*1/, '"version": 2'))
    for (const file of [forged, join(packed.folder, "package.json"), join(home.path, "none.json")]) {
      expect(await home.json("update", "trust", file)).toMatchObject({ error: { code: "file_unusable" } })
    }
    expect(await home.json("update", "trust")).toMatchObject({ official: true })

    const shown = await home.json("update", "trust", channel.root)
    const keys = channel.keys.root.keys.map(({ key }) => key.keyVal["public"] ?? "")
    expect(shown).toMatchObject({ official: false, version: 1, threshold: 2 })
    expect(z.array(z.string()).parse(shown["keys"]).toSorted()).toEqual(keys.toSorted())
    const path = join(home.versions, "root.json")
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await home.json("update", "apply")).toMatchObject({ state: "runs", version: "1.1.0" })

    // What others may write to does not count, and doctor says so.
    await chmod(path, 0o666)
    expect(await home.json("update", "trust")).toMatchObject({ official: true })
    expect((await home.spore("doctor")).stdout).toMatch(/root\.json.*not yours alone/)
    await chmod(path, 0o600)
    expect(await home.json("update", "trust", "--official")).toMatchObject({ official: true })
    expect(existsSync(path)).toBe(false)
  })

  test("that the environment names wins, and never depends on where a process starts", async () => {
    await using user = await userOf({ SPORE_UPDATE_ROOT: "root.json" })
    expect(await user.home.json("update", "check")).toMatchObject({
      error: { code: "bad_setting", message: like("absolute") },
    })
  })
})

/** What commands see of a node that runs on a data folder, and that changes its version when its job has ended: never. */
async function waitingNode(
  dataDir: string,
): Promise<{ awaited(): string | null; close(): Promise<void>; end(): void }> {
  await mkdir(dataDir, { mode: 0o700 })
  const claim = await claimFolder(dataPaths(dataDir).running, dataDir, Date.now())
  let awaited: string | null = null
  const unasked = (): Promise<never> => Promise.reject(new Error("not asked for"))
  const control = await serveControl(dataDir, {
    nodeId: "node",
    connect: unasked,
    disconnect: unasked,
    fetchArtifact: unasked,
    verify: unasked,
    tryCandidate: unasked,
    publishTrial: unasked,
    collectArtifacts: unasked,
    switchVersion: async (to) => {
      awaited = to
      return to !== null
    },
    callOffSwitch: () => {
      const version = awaited
      awaited = null
      return version
    },
  })
  let closing: Promise<void> | null = null
  return {
    awaited: () => awaited,
    close: () => (closing ??= control.close()),
    end: () => claim.release(),
  }
}

async function sh(script: string, env: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const { spawn } = await import("node:child_process")
  const child = spawn("sh", ["-c", script], { env, stdio: ["ignore", "ignore", "pipe"] })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stderr }))
  })
}
