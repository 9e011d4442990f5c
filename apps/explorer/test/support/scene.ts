import { createFakeNode, type FakeNode } from "@spore/fixture"
import type { SporeRecord } from "@spore/records"
import { addFile, addFolder, createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"

/** A task with a long lineage and every partial state that an experiment's page knows. */
export interface Scene {
  readonly node: FakeNode
  readonly root: SporeRecord<"experiment">
  readonly parent: SporeRecord<"experiment">
  /** The end of the lineage: two files changed, a log of 3,000 lines. */
  readonly tip: SporeRecord<"experiment">
  /** Another child of `parent`, and worse. */
  readonly sibling: SporeRecord<"experiment">
  /** One file of more than 1 MB. */
  readonly large: SporeRecord<"experiment">
  readonly timedOut: SporeRecord<"experiment">
  /** Neither code nor log are held. */
  readonly absent: SporeRecord<"experiment">
}

/** Changes from the root to `tip`. */
export const DEPTH = 30
export const LARGE_LINES = 40_000

const utf8 = new TextEncoder()

export async function buildScene(): Promise<Scene> {
  const node = await createFakeNode()
  const me = testIdentity(2)
  const { artifacts } = node
  const file = (text: string): ReturnType<typeof addFile> => addFile(artifacts, utf8.encode(text))
  const folder = (rate: number, width: number): ReturnType<typeof addFolder> =>
    addFolder(
      artifacts,
      new Map([
        ["train.py", utf8.encode(trainPy(rate))],
        ["model/net.py", utf8.encode(netPy(width))],
        ["README.md", utf8.encode("# A candidate\n\nTrains a *small* model.\n")],
      ]),
    )
  const task = makeTask(me, {
    name: "scene",
    artifact: "python_package",
    baseline: await folder(1, 64),
    metric: { name: "loss", minEffect: 0.001 },
  })
  await node.add(task)
  let made = 0
  async function add(init: Omit<Parameters<typeof makeExperiment>[1], "task">): Promise<SporeRecord<"experiment">> {
    const record = makeExperiment(me, { task, created: task.body.created + 60 * ++made, ...init })
    await node.add(record)
    return record
  }

  const root = await add({ score: 50, log: await file(logOf(50, 20)) })
  let parent = root
  for (let i = 1; i < DEPTH; i++) {
    parent = await add({
      parent,
      score: 50 - i,
      code: await folder(1 + i / 100, 64),
      log: i === DEPTH - 1 ? await file(logOf(50 - i, 20)) : null,
      run: { metrics: { train_loss: 49 - i } },
      proposal: { title: `rate ${1 + (i - 1) / 100} → ${1 + i / 100}`, hypothesis: "A little more.", agent: "tuner" },
    })
  }
  const child = (score: number | undefined, title: string): Omit<Parameters<typeof makeExperiment>[1], "task"> => ({
    parent,
    ...(score === undefined ? {} : { score }),
    proposal: { title, hypothesis: `Why ${title} should help.`, agent: "tuner" },
  })
  const tip = await add({
    ...child(18.5, "wider and faster"),
    code: await folder(2, 128),
    log: await file(`\u001b[31mcompiling\u001b[0m\n${logOf(18.5, 3000)}`),
    run: { metrics: { train_loss: 18.25 }, seconds: 9 },
  })
  const sibling = await add({ ...child(19.5, "a sibling"), code: await folder(1.5, 64) })
  const large = await add({
    ...child(30, "a large file"),
    code: await file(Array.from({ length: LARGE_LINES }, (_, i) => `constants[${i}] = ${i % 7} * weight`).join("\n")),
  })
  const timedOut = await add({
    ...child(undefined, "too slow"),
    code: await folder(9, 64),
    run: { outcome: "timeout" },
    log: await file(`${logOf(40, 5)}\nstopped: it ran past its time\n`),
  })
  const elsewhere = createMemoryArtifactStore()
  const absent = await add({
    ...child(20, "held by others"),
    code: await addFile(elsewhere, utf8.encode("nowhere = True\n")),
    log: await addFile(elsewhere, utf8.encode("nothing\n")),
  })
  return { node, root, parent, tip, sibling, large, timedOut, absent }
}

function trainPy(rate: number): string {
  return `"""Trains the model."""
import math
from model.net import Net

RATE = ${rate}  # tunable
STEPS = 3000

def schedule(step: int) -> float:
    # Warm up, then decay.
    return RATE * min(step / 100, math.sqrt(100 / max(1, step)))

net = Net(seed=17)
for step in range(STEPS):
    loss = net.step(schedule(step))
    print(f"step {step}/{STEPS} loss {loss:.4f}")
`
}

function netPy(width: number): string {
  return `WIDTH = ${width}\n\nclass Net:\n    def __init__(self, seed: int):\n        self.seed = seed\n`
}

function logOf(score: number, lines: number): string {
  const steps = Array.from(
    { length: lines },
    (_, i) => `step ${i + 1}/${lines} loss: ${(score * (1 + 2 / (i + 1))).toFixed(4)}`,
  )
  return `${steps.join("\n")}\nfinal loss ${score}`
}
