import { createTransport, createFsArtifactStore } from "/work/main/packages/transport/dist/index.js"
import { memoryFacts } from "/work/main/packages/transport/test/memory-facts.ts"
import { createMemoryArtifactStore } from "/work/main/packages/records/dist/artifacts/index.js"
import { CID, systemClock, systemRandom, silentLogger } from "/work/main/packages/records/dist/index.js"
import { testIdentity } from "/work/main/tooling/testkit/dist/index.js"
const [n, store, dir] = process.argv.slice(2)
const facts = memoryFacts()
const inner = facts.receive
facts.receive = async (records, from) => { const now = performance.timeOrigin + performance.now(); const v = await inner(records, from); process.send?.({ got: records.map((r: any) => [r.id, now]), size: facts.size, at: performance.timeOrigin + performance.now() }); return v }
const artifacts = store === "fs" ? await createFsArtifactStore(dir!) : createMemoryArtifactStore()
const t = createTransport({ identity: testIdentity(Number(n)), listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: [], facts, artifacts, clock: systemClock, random: systemRandom, log: silentLogger })
await t.start()
process.on("message", async (m: any) => {
  if (m.connect) { const t0 = performance.now(); await t.connect(m.connect); process.send!({ connected: performance.now() - t0 }) }
  if (m.fetch) { const t0 = performance.now(); const c0 = process.cpuUsage(); await t.fetchArtifact(CID.parse(m.fetch), {limits: {maxBytes: 1e9, maxFiles: 20000}}); const c = process.cpuUsage(c0); process.send!({ fetched: performance.now() - t0, cpu: (c.user + c.system) / 1000, rss: process.memoryUsage().rss / 1e6 }) }
  if (m.exit) { await t.stop(); process.exit(0) }
})
process.send!({ address: t.addresses()[0] })
