import { join } from "node:path"
import { createSporeNode } from "@spore/node"
import { dataPaths, prepareDataFolder } from "@spore/node/local"
import { createAgentProposer, parseAgentCommand } from "@spore/research/agent"

// Arguments: data folder, task, command of the agent, seconds for one attempt. Does research until it is killed.
const [dataDir = "", task = "", command = "", seconds = ""] = process.argv.slice(2)
const { identity } = await prepareDataFolder(dataDir)
const node = await createSporeNode({
  dataDir,
  identity,
  mode: "research",
  task,
  listen: ["/ip4/127.0.0.1/tcp/0"],
  createProposer: (host) =>
    createAgentProposer({
      command: parseAgentCommand(command),
      workDir: join(dataPaths(dataDir).jobs, "agents"),
      hidden: [dataDir],
      env: process.env,
      host,
      limits: { wallSeconds: Number(seconds) },
    }),
})
await node.start()
