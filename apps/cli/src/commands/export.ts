import type { Store } from "@spore/dag"
import { blockedArtifacts, dataPaths } from "@spore/node/local"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { writeCar } from "../exchange/car-write.ts"
import { lineOf } from "../exchange/object-line.ts"
import { createProgress } from "../exchange/progress.ts"
import { writeResults } from "../exchange/results-write.ts"
import { createFileSink, createStdoutSink, type Sink } from "../exchange/sink.ts"
import { storedObjects, type StoredObjects } from "../exchange/stored-objects.ts"
import { openFacts } from "../folder/facts.ts"
import { count } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { chooseTask } from "../task-choice.ts"

const optionsSchema = z.object({
  task: z.string().optional(),
  class: z.string().optional(),
  out: z.string().optional(),
  car: z.boolean().default(false),
  results: z.string().optional(),
})
type Options = z.infer<typeof optionsSchema>

/** What was written. */
interface Exported {
  readonly [name: string]: string | number | null
}

/** Writes facts to a file or to stdout, ancestors first; or the results of a task as autoresearch keeps them. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  refuseContradictions(asked)
  const store = await openFacts(context.dataDir)
  try {
    const said = await exportTo(context, store, asked)
    // Data on stdout is all that stdout is for.
    if (said === null) return
    if (context.json) context.output.print(safeJson(said))
    else context.output.tell(sentence(said))
  } finally {
    await store.close()
  }
}

function refuseContradictions({ car, out, results, task, class: hardwareClass }: Options): void {
  if (results !== undefined && (car || out !== undefined)) {
    throw cliError("bad_usage", "--results names the file itself: it takes neither --out nor --car", {
      next: "spore export --results results.tsv --task <task>",
    })
  }
  if (results !== undefined && task === undefined) {
    throw cliError("bad_usage", "--results is of one task", {
      next: "spore export --results results.tsv --task <task>",
    })
  }
  if (results === undefined && hardwareClass !== undefined) {
    throw cliError("bad_usage", "--class goes with --results", { next: "leave --class out" })
  }
  if (car && (out === undefined || out === "-")) {
    throw cliError("bad_usage", "a CAR begins with its root, which is known at the end: it needs a file", {
      next: "spore export --car --out spore.car",
    })
  }
}

async function exportTo(context: Context, store: Store, asked: Options): Promise<Exported | null> {
  const task = asked.task === undefined ? null : chooseTask(await store.tasks(), asked.task)
  const path = asked.results ?? asked.out ?? "-"
  if (task !== null && asked.results !== undefined) {
    return intoSink(path, async (sink) => ({ task: task.id, rows: await writeResults(store, task, asked.class, sink) }))
  }
  const progress = createProgress(path === "-" ? { ...context, json: true } : context, "exporting")
  const facts = await storedObjects(store, task?.id ?? null)
  try {
    if (asked.car) return await exportCar(context, store, facts, path, progress.show)
    return await intoSink(path, async (sink) => {
      const written = await writeLines(facts, sink, progress.show)
      return { format: "ndjson", facts: written, withheld: facts.withheld() }
    })
  } finally {
    progress.clear()
  }
}

async function exportCar(
  { dataDir }: Context,
  store: Store,
  facts: StoredObjects,
  path: string,
  show: (done: number, total: number) => void,
): Promise<Exported> {
  const artifacts = await createFsArtifactStore(dataPaths(dataDir).artifacts)
  const sink = await createFileSink(path)
  try {
    const blocked = await blockedArtifacts(store)
    const { objects, blocks, incomplete } = await writeCar({ sink, artifacts, blocked }, watched(facts, show))
    await sink.finish()
    return { format: "car", facts: objects, withheld: facts.withheld(), blocks, incomplete_artifacts: incomplete, path }
  } finally {
    await sink.abandon()
  }
}

async function writeLines(
  facts: StoredObjects,
  sink: Sink,
  show: (done: number, total: number) => void,
): Promise<number> {
  let written = 0
  for await (const object of watched(facts, show)) {
    if (!(await sink.write(`${lineOf(object)}\n`))) break
    written++
  }
  return written
}

async function* watched(
  facts: StoredObjects,
  show: (done: number, total: number) => void,
): ReturnType<StoredObjects["objects"]> {
  for await (const object of facts.objects()) {
    const { done, total } = facts.place()
    show(done, total)
    yield object
  }
}

/** Null where it went to stdout: nothing else belongs there. */
async function intoSink(path: string, write: (sink: Sink) => Promise<Exported>): Promise<Exported | null> {
  const sink = path === "-" ? createStdoutSink() : await createFileSink(path)
  try {
    const said = await write(sink)
    await sink.finish()
    return path === "-" ? null : { ...said, path }
  } finally {
    await sink.abandon()
  }
}

function sentence({ facts, rows, withheld, blocks, incomplete_artifacts: incomplete, path }: Exported): string {
  const parts = [
    ...(facts === undefined ? [] : [count(Number(facts), "fact")]),
    ...(rows === undefined ? [] : [count(Number(rows), "row")]),
    ...(blocks === undefined ? [] : [`${count(Number(blocks), "block")} of artifacts`]),
  ]
  const left = [
    ...(Number(withheld ?? 0) > 0 ? [`${count(Number(withheld), "fact")} withheld`] : []),
    ...(Number(incomplete ?? 0) > 0 ? [`${count(Number(incomplete), "artifact")} not held in full`] : []),
  ]
  return `${parts.join(", ")} written to ${path}${left.length === 0 ? "" : `; left out: ${left.join(", ")}`}`
}
