import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { createSporeNode, type SporeNode } from "@spore/node"
import { askNode, dataPaths } from "@spore/node/local"
import { type CID, cidOf, type Identity, RAW } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import { makeExperiment, makeTask, makeVerification, temporaryFolder, testIdentity, until } from "@spore/testkit"
import { expect, test } from "vitest"
import { relay, runRelay } from "./support.ts"

const LONG = { timeoutMs: 45_000, intervalMs: 50 }

/** A node that runs no code and knows nobody but the relay. */
async function nodeBehind(relayAddress: string, dataDir: string, identity: Identity): Promise<SporeNode> {
  const listen = ["/ip4/127.0.0.1/tcp/0"]
  const node = await createSporeNode({
    dataDir,
    identity,
    mode: "sync",
    listen,
    peers: [relayAddress],
    relay: "client",
  })
  await node.start()
  return node
}

async function blob(url: string, cid: CID): Promise<string | null> {
  const response = await fetch(`${url}/api/v1/blobs/${cid.toString()}`)
  return response.ok ? response.text() : null
}

test("two nodes exchange facts and artifacts through it, without ever being online together", async () => {
  await using folder = await temporaryFolder()
  await using running = await runRelay(join(folder.path, "relay"))
  const [ada, bob] = [testIdentity(1), testIdentity(2)]
  const text = "export const X = 1\n"
  const code = cidOf(RAW, new TextEncoder().encode(text))

  const first = await nodeBehind(running.address, join(folder.path, "ada"), ada)
  await addFile(first.artifacts, new TextEncoder().encode(text))
  const task = makeTask(ada, { baseline: code })
  const experiment = makeExperiment(ada, { task, score: 50, code })
  await first.publish(task)
  await first.publish(experiment)
  const arrives = async (): Promise<boolean> =>
    (await fetch(`${running.url}/api/v1/experiments/${experiment.id}`)).ok && (await blob(running.url, code)) === text
  await until(arrives, { ...LONG, what: "the experiment and its code at the relay" })
  await first.stop()

  const second = await nodeBehind(running.address, join(folder.path, "bob"), bob)
  await until(() => second.store.get(experiment.id), { ...LONG, what: "the experiment at the second node" })
  await until(() => second.artifacts.has(code), { ...LONG, what: "its code" })
  const rerun = makeVerification(bob, { task, experiment, score: 50 })
  await second.publish(rerun)
  await until(async () => (await askSeq(running.url)) >= (await second.store.lastSeq()), {
    ...LONG,
    what: "the rerun at the relay",
  })
  await second.stop()

  const again = await nodeBehind(running.address, join(folder.path, "ada"), ada)
  const arrived = await until(() => again.store.get(rerun.id), { ...LONG, what: "the rerun at the first node" })
  expect(arrived.payload).toEqual(rerun.payload)
  await again.stop()
})

async function askSeq(url: string): Promise<number> {
  const body: unknown = await (await fetch(`${url}/api/v1/health`)).json()
  if (typeof body === "object" && body !== null && "seq" in body) return Number(body.seq)
  throw new TypeError("no health")
}

test("it is found, watched and controlled through its folder, and ends in order on SIGTERM", async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, "relay")
  await using running = await runRelay(dataDir, "--limits", "max_connections=17")
  expect((await stat(dataPaths(dataDir).identity)).mode & 0o777).toBe(0o600)
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  expect(await askNode(dataDir, { op: "ping" })).toBe(running.node)
  const health = await fetch(`${running.url}/api/v1/health`)
  expect(await health.json()).toMatchObject({ status: "ok", peers: 0 })
  expect(await (await fetch(running.url)).text()).toContain("<!doctype html>")

  const other = await relay("--data-dir", dataDir, "--peers", "none").ended
  expect(other.code).toBe(1)
  expect(JSON.parse(other.stdout)).toMatchObject({ code: "already_running" })

  running.child.kill("SIGTERM")
  const { code, stdout, stderr } = await running.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  const lines: unknown[] = stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line))
  expect(lines.at(-1)).toMatchObject({ msg: "relay stopped" })
  expect(await readdir(dataDir)).not.toEqual(expect.arrayContaining(["running.json"]))
  expect(await readdir(dataDir)).not.toEqual(expect.arrayContaining(["control.sock"]))
  await expect(askNode(dataDir, { op: "ping" })).rejects.toMatchObject({ code: "node_not_running" })
})
