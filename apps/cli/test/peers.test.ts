import { chmod, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"
import { jsonObject, like } from "./support/match.ts"
import { type RunningNode, runNode } from "./support/node.ts"
import { type Ended, emptyHome, type Home } from "./support/spore.ts"

const STRANGER = "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"

/** A command beside the node of that name. */
function beside(home: Home, name: string, ...args: string[]): Promise<Ended> {
  return home.spore("--data-dir", join(home.path, name), ...args)
}

async function json(ended: Promise<Ended>): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await ended
  if (code !== 0) throw new Error(stderr)
  return jsonObject(stdout)
}

async function idOf(node: RunningNode): Promise<string> {
  const { node: id } = await node.client.status()
  if (id === null) throw new Error("a node that runs has an id")
  return id
}

/** `host:port` of a multiaddr. */
function hostPort(address: string): string {
  const [, , host, , port] = address.split("/")
  return `${host}:${port}`
}

test("a running node connects, lists its peers and lets them go", async () => {
  await using home = await emptyHome()
  await using one = await runNode(home, "one", "--solo", "--no-train")
  await using two = await runNode(home, "two", "--solo", "--no-train")
  const id = await idOf(two)

  const nobody = await beside(home, "one", "peers")
  expect(nobody).toMatchObject({ code: 0, stdout: like(/^node\tname\taddress\t[^\n]*\n$/) })

  const connected = await beside(home, "one", "connect", hostPort(two.address))
  expect(connected).toMatchObject({ code: 0, stdout: `${id}\n` })
  const { peers } = await json(beside(home, "one", "peers", "--json"))
  expect(peers).toEqual([
    expect.objectContaining({
      node: id,
      direction: "outbound",
      relayed: false,
      score: 0,
      display_name: null,
      address: like(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/),
    }),
  ])
  expect((await beside(home, "one", "peers")).stdout).toContain(`${id}\t`)
  expect(await json(beside(home, "two", "peers", "--json"))).toMatchObject({ peers: [{ node: await idOf(one) }] })

  const short = id.slice("12D3KooW".length, "12D3KooW".length + 8)
  expect(await beside(home, "one", "disconnect", short)).toMatchObject({ code: 0, stdout: `disconnected ${id}\n` })
  await until(async () => (await two.client.status()).peers.length === 0, { what: "the peer to be gone" })
  expect(await beside(home, "one", "disconnect", STRANGER)).toMatchObject({ code: 1, stderr: like("not connected") })
  expect(await beside(home, "one", "connect", "not an address")).toMatchObject({ code: 2, stderr: like("next: ") })
})

test("where no node runs, the commands say so and how to start one", async () => {
  await using home = await emptyHome()
  await home.init()
  for (const command of [["peers"], ["connect", "127.0.0.1:1"], ["disconnect", "127.0.0.1:1"]]) {
    expect(await home.spore(...command)).toMatchObject({ code: 5, stdout: "", stderr: like("spore run") })
  }
  expect(jsonObject((await home.spore("connect", "127.0.0.1:1", "--json")).stderr)).toMatchObject({
    error: { code: "node_not_running" },
  })
})

test("a node whose folder others may write to runs without its control socket, and says so", async () => {
  await using home = await emptyHome()
  const dataDir = join(home.path, "open")
  await mkdir(dataDir)
  await chmod(dataDir, 0o777)
  await using node = await runNode(home, "open", "--solo", "--no-train")
  expect((await node.client.status()).mode).toBe("sync")
  const refused = await beside(home, "open", "connect", "127.0.0.1:1")
  expect(refused).toMatchObject({ code: 1, stderr: like(`next: chmod go-w ${dataDir}`) })
  const { findings } = await doctor(home, dataDir)
  expect(findings).toContainEqual(expect.objectContaining({ check: "control", level: "warn" }))
})

/** What `spore doctor` finds, whether or not other checks fail on this machine. */
async function doctor(home: Home, dataDir: string): Promise<Record<string, unknown>> {
  return jsonObject((await home.spore("--data-dir", dataDir, "doctor", "--json")).stdout)
}

test("a profile set beside a running node reaches a peer, and each newer one takes its place", async () => {
  await using home = await emptyHome()
  await using author = await runNode(home, "author", "--solo", "--no-train")
  await using reader = await runNode(home, "reader", "--solo", "--no-train")
  const id = await idOf(author)
  await beside(home, "author", "connect", reader.address)
  const shownWith = (field: string, value: string): Promise<Record<string, unknown>> =>
    until(
      async () => {
        const shown = await json(beside(home, "reader", "profile", "show", id, "--json"))
        return shown[field] === value ? shown : null
      },
      { timeoutMs: 45_000, intervalMs: 200, what: "the profile at the reader" },
    )

  const set = ["profile", "set", "--display-name", "Ada", "--bio", "I train\u001b[31m small models"]
  expect(await json(beside(home, "author", ...set, "--json"))).toMatchObject({ node: id, display_name: "Ada" })
  expect(await shownWith("display_name", "Ada")).toMatchObject({ node: id, website: "" })
  // In the same second as the first: it is dated after it.
  await beside(home, "author", "profile", "set", "--website", "https://ada.example.org", "--bio", "")
  expect(await shownWith("website", "https://ada.example.org")).toMatchObject({ display_name: "Ada", bio: "" })

  const { peers } = await json(beside(home, "reader", "peers", "--json"))
  expect(peers).toEqual([expect.objectContaining({ node: id, display_name: "Ada" })])
  const shown = await beside(home, "reader", "profile", "show", id.slice(0, 16))
  expect(shown.stdout).toContain("display name\tAda\n")
})

test("a profile set while no node runs travels at the next run", async () => {
  await using home = await emptyHome()
  const set = await json(beside(home, "author", "profile", "set", "--display-name", "Ada", "--json"))
  await using author = await runNode(home, "author", "--solo", "--no-train")
  await using reader = await runNode(home, "reader", "--no-train", "--peer", author.address)
  const profile = await until(async () => (await reader.client.node(String(set["node"]))).profile, {
    timeoutMs: 45_000,
    intervalMs: 200,
    what: "the profile at the reader",
  })
  expect(profile).toMatchObject({ display_name: "Ada" })
})
