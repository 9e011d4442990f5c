import { fileURLToPath } from "node:url"
import { type ApiInit, type ApiServer, createApi, serveApi } from "@spore/api"

/** The folder that `vite build` writes. */
export const EXPLORER_DIR: string = fileURLToPath(new URL("../../dist", import.meta.url))

const quiet: ApiInit["log"] = { debug() {}, info() {}, warn() {}, error() {} }

/** Serves the built explorer over a node, on a free port of loopback where none is given. */
export function serveExplorer(node: ApiInit["node"], port = 0, more: Partial<ApiInit> = {}): Promise<ApiServer> {
  const app = createApi({ node, explorerDir: EXPLORER_DIR, version: "0.0.0", log: quiet, ...more })
  return serveApi(app, { host: "127.0.0.1", port })
}
