/** `pnpm soak [--minutes N] [--seed S] [--nodes N] [--records N] [--slow] [--json FILE]`: real processes, long form. */
import { randomInt } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { z } from "zod"
import { seededRandom } from "@spore/records"
import { openLinks } from "./fabric.ts"
import { namespaceObstacle, openNamespaces } from "./namespaces.ts"
import { soak } from "./scenario.ts"
import { SLOW } from "./slow.ts"

const count = z.coerce.number().int().positive()
const options = z.object({
  minutes: z.coerce.number().nonnegative().default(10),
  seed: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(() => randomInt(2 ** 31)),
  nodes: count.min(4).max(100).default(10),
  records: count.default(20),
  slow: z.boolean().default(false),
  json: z.string().default("soak-report.json"),
})
const text = { type: "string" } as const
const { minutes, seed, nodes, records, slow, json } = options.parse(
  parseArgs({
    options: { minutes: text, seed: text, nodes: text, records: text, json: text, slow: { type: "boolean" } },
  }).values,
)

const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const obstacle = slow ? await namespaceObstacle() : null
if (obstacle !== null) say(`no network namespaces (${obstacle}): slow links of this program instead`)
say(`soak: ${nodes} nodes, ${minutes} min, seed ${seed}`)
const report = await soak({
  seed,
  nodes,
  records,
  minutes,
  agreeMs: 300_000,
  openFabric: async (edges) => {
    if (!slow) return openLinks(edges)
    const init = { ...SLOW, random: seededRandom(seed) }
    return obstacle === null ? openNamespaces(nodes, init) : openLinks(edges, init)
  },
  onPhase: ({ round, name, seconds }) => say(`round ${round}  ${seconds.toFixed(1).padStart(7)} s  ${name}`),
})
await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
say(`all agree: ${report.facts} facts, digest ${report.digest}, at most ${Math.round(report.peakMemory / 1e6)} MB`)
