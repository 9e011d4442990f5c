import { createSporeNode } from "@spore/node"
import { prepareDataFolder } from "@spore/node/local"
import { systemClock } from "@spore/records"
import { createLlmProposer } from "@spore/research/llm"
import { openModel } from "../../src/models/open-model.ts"

// Arguments: data folder, task, US dollars that may be spent (or nothing). Does research until that is spent.
const [dataDir = "", task = "", maxCost = ""] = process.argv.slice(2)
const model = await openModel(dataDir, {}, undefined)
if (model === null) throw new Error("no model is set")
const { identity } = await prepareDataFolder(dataDir)
const node = await createSporeNode({
  dataDir,
  identity,
  mode: "research",
  task,
  listen: ["/ip4/127.0.0.1/tcp/0"],
  createProposer: (host) => createLlmProposer({ model, host, clock: systemClock }),
  research: maxCost === "" ? {} : { limits: { maxCostUsd: Number(maxCost) } },
})
node.onEvent((event) => {
  if (event.type === "notice") process.stdout.write(`${event.notice.message}\n`)
  if (event.type === "research_ended") process.stdout.write(`ended: ${event.reason}\n`)
})
await node.start()
