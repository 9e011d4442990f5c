import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { updateFindings } from "../src/doctor/update.ts"
import { like } from "./support/match.ts"

const NOW = Date.UTC(2026, 10, 28, 12)
const SETTINGS = { auto: true, offBy: null, url: "https://releases.example.org/", root: undefined }

test("doctor tells how updates stand, by whatever of the state can be read", async () => {
  await using folder = await temporaryFolder()
  const versions = join(folder.path, "versions")
  expect(await updateFindings(versions, SETTINGS, "1.2.0", NOW)).toMatchObject([
    { level: "ok", message: "by itself, from https://releases.example.org/" },
  ])
  await mkdir(versions, { mode: 0o700 })
  const looked = { looked_at: NOW / 1000 - 600, reached_at: NOW / 1000 - 7200, problem: null, more: "unknown" }
  await writeFile(join(versions, "updates.json"), JSON.stringify(looked))
  const DAY = 86_400
  for (const [record, words] of [
    [{ ...looked, reached_at: NOW / 1000 - 8 * DAY }, /channel last answered on .*: a newer version may be out/],
    [{ ...looked, reached_at: null, asked_since: NOW / 1000 - 8 * DAY }, /channel never answered since/],
    [{ ...looked, valid_until: NOW / 1000 - 60 }, /last answered on/],
  ] as const) {
    await writeFile(join(versions, "updates.json"), JSON.stringify(record))
    expect(await updateFindings(versions, SETTINGS, "1.2.0", NOW)).toMatchObject([
      { level: "ok" },
      { level: "warn", message: like(words), next: "spore update check" },
    ])
    expect(await updateFindings(versions, { ...SETTINGS, auto: false, offBy: "off" }, "1.2.0", NOW)).toHaveLength(1)
  }
  await writeFile(join(versions, "updates.json"), JSON.stringify({ ...looked, valid_until: NOW / 1000 + 60 }))
  expect(await updateFindings(versions, SETTINGS, "1.2.0", NOW)).toHaveLength(1)
  await writeFile(join(versions, "updates.json"), JSON.stringify(looked))
  const state = { format: 1, current: "1.2.0", trial: null, refused: { "1.3.0": { reason: "it crashed", at: 1 } } }
  await writeFile(join(versions, "state.json"), JSON.stringify(state))
  expect(
    await updateFindings(versions, { ...SETTINGS, auto: false, offBy: "SPORE_AUTO_UPDATE=off" }, "1.2.0", NOW),
  ).toMatchObject([
    { message: like(/^not by itself .*; looked 10 min ago, last reached 2 h ago$/) },
    { level: "warn", message: "version 1.3.0 is passed over: it crashed" },
  ])
  // What the user went back from is as they want it, and what is older than what runs is no matter.
  const history = [
    { at: 1, event: "rejected", version: "1.4.0", reason: null },
    { at: 2, event: "forgiven", version: "1.4.0", reason: null },
    { at: 3, event: "rolled_back", version: "1.4.0", reason: null },
    { at: 4, event: "removed", version: "1.4.0", reason: null },
  ]
  const own = { reason: "you went back from it", at: 3 }
  const more = { ...state.refused, "1.4.0": own, "1.1.0": { reason: "it hung", at: 1 } }
  await writeFile(join(versions, "state.json"), JSON.stringify({ ...state, history, refused: more }))
  expect((await updateFindings(versions, SETTINGS, "1.2.0", NOW)).slice(1)).toMatchObject([
    { level: "warn", message: "version 1.3.0 is passed over: it crashed" },
    { level: "ok", message: "version 1.4.0 is passed over: you went back from it" },
  ])
  await writeFile(join(versions, "state.json"), "half of i")
  expect((await updateFindings(versions, SETTINGS, "1.2.0", NOW)).at(-1)).toMatchObject({ level: "warn" })
})
