import { dataPaths, openLocalStore } from "@spore/node/local"
import { signRecord } from "@spore/records"
import { loadIdentity } from "@spore/records/keyfile"
import { expect, test } from "vitest"
import { run as set } from "../src/commands/profile-set.ts"
import { run as show } from "../src/commands/profile-show.ts"
import type { Context } from "../src/context.ts"
import { jsonObject, like } from "./support/match.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { fakeTerminal } from "./support/terminal.ts"

interface Commands {
  set(options: Record<string, string>): Promise<Record<string, unknown>>
  show(...args: string[]): Promise<Record<string, unknown>>
}

/** The two commands in this process, by what they print as JSON. */
function commands({ dataDir, env }: Home): Commands {
  const printed = async (act: (context: Context) => Promise<void>): Promise<Record<string, unknown>> => {
    const { output } = fakeTerminal(4000)
    let line = ""
    const print = (text: string): void => void (line = text)
    const tell = (): void => undefined
    await act({ env, dataDir, json: true, version: "0.0.0", output: { ...output, print, tell } })
    return jsonObject(line)
  }
  return {
    set: (options) => printed((context) => set(context, { args: [], options })),
    show: (...args) => printed((context) => show(context, { args, options: {} })),
  }
}

/** Stores a profile of this node dated `created`. */
async function storeProfile(dataDir: string, created: number): Promise<void> {
  const identity = await loadIdentity(dataPaths(dataDir).identity)
  const words = { display_name: "later", bio: "", website: "", avatar_url: "", donation_address: "" }
  const store = await openLocalStore(dataDir)
  const [result] = await store.ingest([signRecord(identity, "profile", { created, ...words })])
  await store.close()
  if (result?.status !== "stored") throw new Error(result?.status)
}

test("what is not given stays, an empty text clears, and nothing new is signed for the same words", async () => {
  await using home = await emptyHome()
  const profile = commands(home)
  const first = await profile.set({ displayName: "Ada", bio: "b", donationAddress: "d" })
  expect(await profile.set({ bio: "", website: "https://a.example.org" })).toMatchObject({
    display_name: "Ada",
    bio: "",
    website: "https://a.example.org",
    donation_address: "d",
  })
  const shown = await profile.show()
  expect(Number(shown["created"])).toBeGreaterThan(Number(first["created"]))
  expect(await profile.set({ displayName: "Ada" })).toEqual(shown)
  expect(await profile.show(String(shown["node"]))).toEqual(shown)
})

test("bounds are those of the record, by the flag's name", async () => {
  await using home = await emptyHome()
  const profile = commands(home)
  await profile.set({ displayName: "é".repeat(32) })
  await expect(profile.set({ displayName: "é".repeat(33) })).rejects.toMatchObject({
    code: "bad_usage",
    message: like("--display-name: expected 0 to 64 bytes"),
  })
  await expect(profile.set({ avatarUrl: "a".repeat(513) })).rejects.toMatchObject({ message: like("--avatar-url") })
  await expect(profile.set({ bio: "\uD800" })).rejects.toMatchObject({ code: "bad_usage" })
  await expect(profile.set({})).rejects.toMatchObject({ code: "bad_usage" })
  expect(await profile.show()).toMatchObject({ display_name: "é".repeat(32), bio: "" })
})

test("a profile dated ahead of this clock is still followed by a newer one, within what others take", async () => {
  await using home = await emptyHome()
  const profile = commands(home)
  await home.init()
  const ahead = Math.floor(Date.now() / 1000) + 300
  await storeProfile(home.dataDir, ahead)
  expect(await profile.set({ displayName: "now" })).toMatchObject({ display_name: "now", created: ahead + 1 })
})

test("who has no profile, and who is not known, is said", async () => {
  await using home = await emptyHome()
  const profile = commands(home)
  await home.init()
  await expect(profile.show()).rejects.toMatchObject({ code: "not_found", next: like("spore profile set") })
  await expect(profile.show("nobody")).rejects.toMatchObject({ code: "not_found", next: like("spore peers") })
  await expect(profile.show("12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X")).rejects.toMatchObject({
    code: "not_found",
    message: like("no profile"),
  })
})
