import { createHash } from "node:crypto"
import type { Store } from "@spore/dag"
import { type LegacyFields, legacyCodeLink, type LegacyObject, signLegacy } from "@spore/legacy"
import { CID, type Clock } from "@spore/records"
import { type ArtifactStore, createMemoryArtifactStore } from "@spore/records/artifacts"
import { openStore } from "../src/open-store.ts"

/** Unix seconds of the clock of these tests. */
export const NOW = 1_760_100_000
export const clock: Clock = { now: () => NOW * 1000 }
export const seed = new Uint8Array(32).fill(1)

export interface Folder extends AsyncDisposable {
  readonly store: Store
  readonly artifacts: ArtifactStore
  /** Ids of what is stored of the 0.6 network. */
  ids(): Promise<string[]>
  addCode(text: string): Promise<string>
}

export async function folder(): Promise<Folder> {
  const store = await openStore(":memory:", { clock })
  const artifacts = createMemoryArtifactStore()
  return {
    store,
    artifacts,
    ids: async () => (await store.logEntries("legacy")).map(({ id }) => id).toSorted(),
    addCode: async (text) => {
      const bytes = new TextEncoder().encode(text)
      const digest = createHash("sha256").update(bytes).digest("hex")
      await artifacts.put(CID.parse(legacyCodeLink(digest)), bytes)
      return digest
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}

export function experiment(fields: LegacyFields = {}, by = seed): LegacyObject {
  return signLegacy(by, "legacy_experiment", {
    parent: null,
    depth: 0n,
    code_cid: "",
    diff: "",
    dataset_cid: "ds",
    prepare_cid: "",
    time_budget: 300n,
    val_bpb: 1.25,
    peak_vram_mb: 1024.5,
    num_steps: 100n,
    num_params: 1000n,
    status: "keep",
    description: "a change",
    hypothesis: "",
    agent_model: "m",
    gpu_model: "RTX 4090",
    cuda_version: "",
    torch_version: "",
    timestamp: 1_760_000_000n,
    ...fields,
  })
}

export function manifest(fields: LegacyFields = {}): LegacyObject {
  return signLegacy(seed, "legacy_task", {
    name: "speed",
    description: "",
    task_type: "ml_train",
    artifact_type: "python_train_script",
    metric: "val_bpb",
    goal: "minimize",
    base_code_cid: "",
    prepare_cid: "",
    dataset_cid: "",
    time_budget: 600n,
    timestamp: 1_760_000_000n,
    ...fields,
  })
}
