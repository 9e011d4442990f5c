import { parentPort } from "node:worker_threads"
import type { BlockRequest } from "./pool.ts"
import { runBlock } from "./simulations.ts"

parentPort?.on("message", (request: BlockRequest) => parentPort?.postMessage(runBlock(request)))
