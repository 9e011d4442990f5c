import { join } from "node:path"

/** Where a node keeps what, below its data folder. */
export interface DataPaths {
  identity: string
  config: string
  database: string
  /** Copies of the database from before its layout changed, and newer ones that were put aside. */
  backups: string
  artifacts: string
  /** Addresses of peers met or told of. */
  peers: string
  /** An empty file for each artifact that the user wants kept. */
  pins: string
  /** Folders of running jobs; emptied at stop. */
  jobs: string
  /** Prepared Python environments. */
  environments: string
  /** Process id and addresses of the running node, for other commands. */
  running: string
}

export function dataPaths(dataDir: string): DataPaths {
  return {
    identity: join(dataDir, "identity.pem"),
    config: join(dataDir, "config.toml"),
    database: join(dataDir, "spore.sqlite"),
    backups: join(dataDir, "backups"),
    artifacts: join(dataDir, "artifacts"),
    peers: join(dataDir, "peers.json"),
    pins: join(dataDir, "pins"),
    jobs: join(dataDir, "jobs"),
    environments: join(dataDir, "environments"),
    running: join(dataDir, "running.json"),
  }
}
