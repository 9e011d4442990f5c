import { createStore } from "@spore/dag"
import { cidOf, RAW } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { expect, test } from "vitest"
import { carriedArtifacts } from "../src/carried-artifacts.ts"

const bytes = new TextEncoder().encode("def train(): ...")
const cid = cidOf(RAW, bytes)

test("a withheld artifact is neither served nor taken, until it is carried again", async () => {
  const store = await createStore({ path: ":memory:" })
  const artifacts = createMemoryArtifactStore()
  const carried = carriedArtifacts(store, artifacts)
  await carried.put(cid, bytes)
  expect(await carried.get(cid)).toEqual(bytes)

  await store.block("artifact", cid.toString(), "licence")
  expect([await carried.has(cid), await carried.get(cid)]).toEqual([false, undefined])
  const other = new TextEncoder().encode("another")
  await store.block("artifact", cidOf(RAW, other).toString(), "licence")
  await carried.put(cidOf(RAW, other), other)
  expect(await artifacts.has(cidOf(RAW, other))).toBe(false)

  await store.unblock("artifact", cid.toString())
  expect(await carried.get(cid)).toEqual(bytes)
  await store.close()
})
