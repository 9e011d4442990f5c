import { until } from "@spore/testkit"
import { expect, test } from "vitest"
import { diallingOldNode, listeningOldNode, oldFacts } from "./fake-node.ts"
import { experiment } from "./made.ts"
import { memoryFacts } from "./memory-facts.ts"
import { listening, NOW, sample, syncWith } from "./wire-made.ts"

const sorted = (ids: Iterable<string>): string[] => [...ids].toSorted()

test("a sync with a 0.6 node brings its objects and code here, and ours there", async () => {
  const theirs = sample(30, "theirs")
  const ours = sample(20, "ours")
  await using node = await listeningOldNode(oldFacts(theirs.objects, theirs.code))
  const facts = memoryFacts()
  facts.store(...ours.objects)
  for (const text of Object.values(ours.code)) facts.addFile(text)

  const { traffic, isWhole } = await syncWith(node.address, facts)
  expect(isWhole).toBe(true)
  // Its profile is in no log: 0.6 tells it only when it changes.
  const told = theirs.objects.filter(({ kind }) => kind !== "legacy_profile")
  const all = [...told, ...ours.objects].map(({ id }) => id)
  expect(sorted(facts.ids())).toEqual(sorted(all))
  expect(sorted(node.facts.objects.keys())).toEqual(sorted([...theirs.objects, ...ours.objects].map(({ id }) => id)))
  expect(Object.keys(theirs.code).filter((digest) => !facts.files.has(digest))).toEqual([])
  expect(Object.keys(ours.code).filter((digest) => !node.facts.code.has(digest))).toEqual([])
  expect(traffic.received.experiment).toMatchObject({ stored: 30, refused: 0 })
  expect(traffic.sent).toMatchObject({ experiment: 20, task: 1, verification: 1, profile: 1 })
  expect(traffic.code).toEqual({ stored: 30, missing: 0, refused: 0 })
})

test("it asks in 0.6's order, for no peers, and the next time only from where this node's clock says", async () => {
  const theirs = sample(5, "theirs")
  await using node = await listeningOldNode(oldFacts(theirs.objects))
  const facts = memoryFacts()
  await syncWith(node.address, facts)
  await syncWith(node.address, facts)
  const asked = node.peers.map(({ heard }) =>
    heard.filter(({ type }) => type.endsWith("_request")).map(({ type, payload }) => [type, payload]),
  )
  const since = BigInt(NOW - 86_400)
  const requests = (n: bigint): unknown[] => [
    ["sync_request", new Map([["since", n]])],
    ["control_sync_request", new Map([["since", n - 1n]])],
    ["task_sync_request", new Map([["since", n - 1n]])],
  ]
  expect(asked.map((each) => each.filter(([type]) => type !== "code_request"))).toEqual([requests(0n), requests(since)])
  // What the peer has it was not sent, either time.
  expect(node.peers.map((peer) => peer.count("experiment"))).toEqual([0, 0])
})

test("weakness 13: what was made offline is sent, however old it says it is, and nothing else again", async () => {
  await using node = await listeningOldNode(oldFacts(sample(3, "theirs").objects))
  const facts = memoryFacts()
  await syncWith(node.address, facts)
  const late = experiment({ description: "made offline", timestamp: 1_700_000_000n })
  facts.store(late)
  const { traffic } = await syncWith(node.address, facts)
  expect(traffic.sent.experiment).toBe(1)
  expect(node.facts.objects.has(late.id)).toBe(true)
})

test("a code file that the peer does not hold is counted, and holds nothing up", async () => {
  const theirs = sample(40, "theirs")
  const [first = "", ...rest] = Object.keys(theirs.code)
  await using node = await listeningOldNode(oldFacts(theirs.objects, { [first]: theirs.code[first] ?? "" }))
  const facts = memoryFacts()
  const { traffic } = await syncWith(node.address, facts)
  expect(traffic.code).toEqual({ stored: 1, missing: rest.length, refused: 0 })
})

test("a 0.6 node that dials gets the objects, the code, and what is stored later; what it has comes here", async () => {
  const ours = sample(10, "ours")
  const theirs = sample(10, "theirs")
  const facts = memoryFacts()
  facts.store(...ours.objects)
  for (const text of Object.values(ours.code)) facts.addFile(text)
  await using node = await listening(facts, { askBackMs: 100 })
  const old = oldFacts(theirs.objects, theirs.code)
  using peer = await diallingOldNode(old, node.address)
  await until(() => peer.count("task_sync_response") === 1 && old.code.size === 20)
  expect(peer.heard.find(({ type }) => type === "pex_response")?.payload).toEqual(new Map([["peer", []]]))
  expect([peer.count("experiment"), peer.count("profile")]).toEqual([10, 1])
  await until(() => facts.ids().length === 13 + 12)
  await until(() => facts.files.size === 20)
  const later = experiment({ description: "later" })
  facts.store(later)
  await until(() => old.objects.has(later.id))
  // Nothing was sent back to who sent it.
  expect(peer.count("experiment")).toBe(11)
})

test("our client and our server end with the same objects and files", async () => {
  const [a, b] = [memoryFacts(), memoryFacts()]
  const [ofA, ofB, both] = [sample(40, "a"), sample(60, "b"), sample(50, "both")]
  a.store(...ofA.objects, ...both.objects)
  b.store(...ofB.objects, ...both.objects)
  for (const text of Object.values({ ...ofA.code, ...both.code })) a.addFile(text)
  for (const text of Object.values(ofB.code)) b.addFile(text)
  await using node = await listening(a)
  const { traffic } = await syncWith(node.address, b)
  await until(() => a.files.size === 150)
  expect(sorted(b.ids())).toEqual(sorted(a.ids()))
  expect(a.ids()).toHaveLength(159)
  expect([...b.files.keys()].toSorted()).toEqual([...a.files.keys()].toSorted())
  expect(traffic.sent.experiment).toBe(60)
})
