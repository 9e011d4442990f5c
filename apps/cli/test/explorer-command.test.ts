import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { get } from "node:http"
import { join } from "node:path"
import { createSporeClient } from "@spore/api/client"
import { dataPaths, openLocalStore } from "@spore/node/local"
import { ownIdentity } from "@spore/operator/process"
import { makeExperiment, testIdentity, until } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { jsonObject } from "./support/match.ts"
import { emptyHome, type Home, type Started } from "./support/spore.ts"
import { storedSample, type StoredSample } from "./support/stored.ts"

let home: Home
let sample: StoredSample
beforeAll(async () => {
  home = await emptyHome()
  sample = await storedSample(home, "shown")
})
afterAll(() => home[Symbol.asyncDispose]())

function explorer(...flags: string[]): Started {
  return home.start("explorer", "--data-dir", sample.dataDir, ...flags)
}

async function urlOf({ says }: Started): Promise<string> {
  return (await says(/http:\/\/[^\s"]+/))[0]
}

async function end({ child, ended }: Started): Promise<number | null> {
  child.kill("SIGINT")
  return (await ended).code
}

/** The status of an answer to a request that names the server so. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/v1/health`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).once("error", reject)
  })
}

/** As a running node tells others of itself; this process is the one that runs. */
async function announceNode(url: string | null): Promise<string> {
  const path = dataPaths(sample.dataDir).running
  const running = { ...ownIdentity(), started_at: 1_780_000_000, url, addresses: [] }
  await writeFile(path, JSON.stringify(running))
  return path
}

describe("spore explorer", () => {
  it("shows a folder on which no node runs, and what others store there", async () => {
    const started = explorer("--json", "--web-port", "0")
    const { url, served_by, node } = jsonObject((await started.says(/\{.*\}/))[0])
    expect({ served_by, node }).toEqual({ served_by: "explorer", node: null })
    const client = createSporeClient(String(url))
    expect(await client.status()).toMatchObject({
      mode: "explorer",
      activities: [],
      peers: [],
      notices: [{ code: "no_node_runs", next: "spore run" }],
    })
    expect((await client.code(sample.baseline.id)).held).toBe(true)
    const page = await fetch(`${url}/t/anything`)
    expect(page.headers.get("content-type")).toMatch(/text\/html/)

    const events = client.events({ types: ["fact"] })
    expect((await events.next()).value).toMatchObject({ type: "ready" })
    const next = events.next()
    const store = await openLocalStore(sample.dataDir)
    const made = makeExperiment(testIdentity(1), { task: sample.task, parent: sample.better, score: 30 })
    await store.ingest([made])
    await store.close()
    expect((await next).value).toMatchObject({ type: "fact", data: { id: made.id } })
    expect(await client.experiment(made.id)).toMatchObject({ value: 30 })
    await events.return(undefined)

    expect(await end(started)).toBe(0)
    expect(await readdir(sample.dataDir)).not.toEqual(expect.arrayContaining(["running.json"]))
    expect(await readdir(sample.dataDir)).not.toEqual(expect.arrayContaining(["identity.pem"]))
  })

  it("names the explorer of the node that runs, and serves beside it where asked to", async () => {
    const path = await announceNode("http://localhost:9999")
    try {
      const { code, stdout, stderr } = await home.spore("explorer", "--data-dir", sample.dataDir)
      expect({ code, stdout }).toEqual({ code: 0, stdout: "http://localhost:9999\n" })
      expect(stderr).toContain("served by the node that runs")
      const told = await home.spore("explorer", "--data-dir", sample.dataDir, "--json")
      expect(jsonObject(told.stdout)).toEqual({ url: "http://localhost:9999", served_by: "node", pid: process.pid })

      const started = explorer("--web-port", "0")
      const client = createSporeClient(await urlOf(started))
      const { mode, notices } = await client.status()
      expect(mode).toBe("explorer")
      expect(notices).toMatchObject([{ code: "node_runs_here" }])
      expect(notices[0]?.message).toContain("http://localhost:9999")
      expect(await end(started)).toBe(0)
      expect(await readFile(path, "utf8")).toContain("localhost:9999")
    } finally {
      await writeFile(path, "{}")
    }
  })

  it("listens elsewhere with a warning, and answers to the names it is given alone", async () => {
    const started = explorer("--web-port", "0", "--web-host", "0.0.0.0", "--host", "spore.example.org")
    const url = await urlOf(started)
    await started.says(/http/)
    expect(await statusFor(url, "spore.example.org")).toBe(200)
    expect(await statusFor(url, "other.example.org")).toBe(403)
    started.child.kill("SIGINT")
    const { code, stderr } = await started.ended
    expect(code).toBe(0)
    expect(stderr).toContain("warning: Explorer and API listen on 0.0.0.0")
  })

  it.skipIf(process.platform !== "linux")("hands the address to the platform's opener as one argument", async () => {
    const bin = join(home.path, "bin")
    await mkdir(bin)
    await writeFile(join(bin, "xdg-open"), '#!/bin/sh\nprintf "%s|" "$@" > "$HOME/opened"\n')
    await chmod(join(bin, "xdg-open"), 0o755)
    const path = home.env["PATH"] ?? ""
    home.env["PATH"] = `${bin}:${path}`
    const started = explorer("--web-port", "0", "--open")
    home.env["PATH"] = path
    const url = await urlOf(started)
    const opened = join(home.path, "opened")
    await until(async () => (await readFile(opened, "utf8")).endsWith("|"), { what: "the opener to be called" })
    expect(await readFile(opened, "utf8")).toBe(`${url}|`)
    expect(await end(started)).toBe(0)
  })

  it("needs a data folder", async () => {
    const { code, stderr } = await home.spore("explorer", "--data-dir", join(home.path, "none"))
    expect(code).toBe(3)
    expect(stderr).toContain("there is no node in")
    expect(await readdir(home.path)).not.toContain("none")
  })
})
