import { fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createTransport } from "/work/main/packages/transport/dist/index.js"
import { memoryFacts } from "/work/main/packages/transport/test/memory-facts.ts"
import { addFile, addFolder, createMemoryArtifactStore } from "/work/main/packages/records/dist/artifacts/index.js"
import { encodeEnvelope, systemClock, systemRandom, silentLogger } from "/work/main/packages/records/dist/index.js"
import { testIdentity, makeTask, makeExperiment } from "/work/main/tooling/testkit/dist/index.js"
const wait = (child: any, pick: (m: any) => any): Promise<any> => new Promise((r) => { const on = (m: any) => { const v = pick(m); if (v !== undefined) { child.off("message", on); r(v) } }; child.on("message", on) })
const author = testIdentity(1), task = makeTask(author)
const rec = (i: number) => makeExperiment(author, { task, score: 1, created: task.body.created + i, proposal: { title: `${i}`, hypothesis: "h".repeat(450) } })
const records = Array.from({ length: 2000 }, (_, i) => rec(i))
console.log("record bytes", encodeEnvelope(records[0]!).length)
const facts = memoryFacts(task, ...records), artifacts = createMemoryArtifactStore()
const t = createTransport({ identity: author, listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: [], facts, artifacts, clock: systemClock, random: systemRandom, log: silentLogger })
await t.start()
// sync
for (let run = 0; run < 3; run++) {
  const child = fork("/work/main/packages/transport/child.ts", ["2"]); await wait(child, (m) => m.address)
  const t0 = performance.timeOrigin + performance.now()
  const done = wait(child, (m) => m.size === 2001 ? m.at : undefined)
  child.send({ connect: t.addresses()[0] })
  console.log("connect ms", (await wait(child, (m) => m.connected)).toFixed(0), "sync of 2000 done after ms", ((await done) - t0).toFixed(0))
  child.send({ exit: 1 }); await new Promise((r) => child.on("exit", r))
}
// gossip latency
{
  const child = fork("/work/main/packages/transport/child.ts", ["2"]); await wait(child, (m) => m.address)
  const done = wait(child, (m) => m.size === 2001 ? 1 : undefined); child.send({ connect: t.addresses()[0] }); await done
  const sent = new Map<string, number>(), lat: number[] = []
  child.on("message", (m: any) => { for (const [id, at] of m.got ?? []) { const s = sent.get(id); if (s) lat.push(at - s) } })
  for (let i = 0; i < 200; i++) { const r = rec(10000 + i); facts.add(r); sent.set(r.id, performance.timeOrigin + performance.now()); await t.publish(r); await new Promise((r) => setTimeout(r, 25)) }
  await new Promise((r) => setTimeout(r, 500)); lat.sort((a, b) => a - b)
  console.log("gossip n", lat.length, "median", lat[100]?.toFixed(2), "p95", lat[190]?.toFixed(2), "max", lat.at(-1)?.toFixed(2))
  // throughput
  const batch = Array.from({ length: 3000 }, (_, i) => rec(20000 + i)); facts.add(...batch)
  const target = 2001 + 200 + 3000
  const t0 = performance.timeOrigin + performance.now(); const end = wait(child, (m) => m.size >= target ? m.at : undefined)
  let got = 0; child.on("message", (m: any) => { got = m.size ?? got })
  for (let i = 0; i < batch.length; i++) { await t.publish(batch[i]!); if (i % 20 === 0) await new Promise((r) => setImmediate(r)) }
  const r = await Promise.race([end, new Promise((r) => setTimeout(() => r(undefined), 15000))])
  console.log("gossip burst of 3000:", r ? `${(3000 / ((r as number) - t0) * 1000).toFixed(0)}/s` : `only ${got - 2201} arrived`)
  child.send({ exit: 1 }); await new Promise((r) => child.on("exit", r))
}
// artifacts
const big = await addFile(artifacts, crypto.getRandomValues(new Uint8Array(65536)).length ? Buffer.alloc(100 * 1024 * 1024).map((_, i) => (i * 2654435761) >>> 24) : new Uint8Array())
const small = await addFolder(artifacts, new Map(Array.from({ length: 2000 }, (_, i) => [`d${i % 10}/f${i}`, new TextEncoder().encode("content " + i + "x".repeat(1000))] as const)))
const tiny = await addFile(artifacts, Buffer.alloc(50_000, "x"))
for (const store of ["memory", "fs"]) {
  const dir = mkdtempSync("/tmp/bench/store-")
  const child = fork("/work/main/packages/transport/child.ts", ["2", store, dir]); await wait(child, (m) => m.address)
  child.send({ connect: t.addresses()[0] }); await wait(child, (m) => m.size === 5201 ? 1 : undefined)
  for (const [name, root, mb] of [["50 KB", tiny, 0.05], ["100 MiB", big, 100], ["2000 files", small, 2.2]] as const) {
    child.send({ fetch: root.toString() }); const r = await wait(child, (m) => m.fetched ? m : undefined)
    console.log(store, name, r.fetched.toFixed(1), "ms", (mb / r.fetched * 1000).toFixed(1), "MiB/s, cpu ms", r.cpu.toFixed(0), "rss", r.rss.toFixed(0))
  }
  child.send({ exit: 1 }); await new Promise((r) => child.on("exit", r)); rmSync(dir, { recursive: true })
}
await t.stop()
