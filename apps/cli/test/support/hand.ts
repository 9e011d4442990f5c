import { join } from "node:path"
import type { ExperimentDetail } from "@spore/api/client"
import { createSporeNode } from "@spore/node"
import { prepareDataFolder } from "@spore/node/local"
import { type AnyRecord, type Identity, signRecord, type SporeRecord, unixSeconds, systemClock } from "@spore/records"
import { addFile, type ArtifactStore } from "@spore/records/artifacts"
import { until } from "@spore/testkit"
import { BETTER, packing, type RealRecords, research } from "./real-records.ts"
import { CARRY, LONG, type RelayNetwork } from "./relay-network.ts"
import { withStore } from "./stored.ts"

/** Real records of circle-packing, published by the key of the data folder `author`; it left again. */
export async function publishedCircles(network: RelayNetwork): Promise<RealRecords> {
  const records = await research(join(network.home.path, "author"), "circle-packing", await packing(BETTER))
  await network.online("author", CARRY, () => atRelay(network, [records.baseline, records.better]))
  return records
}

/** Who signs by hand, and where its files lie. */
export interface Hand {
  readonly identity: Identity
  readonly artifacts: ArtifactStore
}

/**
 * A peer of this process, with the key of a data folder of this name, runs nothing and publishes what `sign` gives it;
 * it leaves when the relay has all of it. What the records link to must be at the relay.
 */
export async function byHand<T extends AnyRecord>(
  network: RelayNetwork,
  name: string,
  links: readonly AnyRecord[],
  sign: (hand: Hand) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const dataDir = join(network.home.path, name)
  const { identity } = await prepareDataFolder(dataDir)
  const listen = ["/ip4/127.0.0.1/tcp/0"]
  const node = await createSporeNode({ dataDir, identity, mode: "sync", listen, peers: [network.address] })
  await node.start()
  try {
    for (const { id } of links) await until(() => node.store.get(id), { ...LONG, what: `${id} at ${name}` })
    const records = await sign({ identity, artifacts: node.artifacts })
    for (const record of records) await node.publish(record)
    await atRelay(network, records)
    return records
  } finally {
    await node.stop()
  }
}

/** Waits until the relay has records and the files of the experiments among them. */
export async function atRelay({ home, relay }: RelayNetwork, records: readonly AnyRecord[]): Promise<void> {
  await withStore(join(home.path, "relay"), async (store) => {
    for (const { kind, id } of records) {
      const arrived = kind === "experiment" ? () => relay.experiment(id).then(isWhole) : () => store.get(id)
      await until<unknown>(arrived, { ...LONG, what: `${kind} ${id} at the relay` })
    }
  })
}

function isWhole({ code_held: code, log, outputs }: ExperimentDetail): boolean {
  return code && log?.held !== false && outputs?.held !== false
}

/** What is changed of an experiment to make another one of it. */
export interface Imitation {
  readonly of: SporeRecord<"experiment">
  readonly parent: SporeRecord<"experiment">
  readonly score: number
  /** The text of its code. */
  readonly code: string
}

/** An experiment with a score that nobody measured, and otherwise like a real one. */
export async function imitate({ identity, artifacts }: Hand, init: Imitation): Promise<SporeRecord<"experiment">> {
  const { of, parent, score, code } = init
  return signRecord(identity, "experiment", {
    ...of.body,
    created: Math.max(unixSeconds(systemClock), of.body.created),
    parent: parent.cid,
    code: await addFile(artifacts, new TextEncoder().encode(code)),
    run: { ...of.body.run, scores: [score] },
    proposal: { ...of.body.proposal, title: "an imitation" },
    log: null,
  })
}
