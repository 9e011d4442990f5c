import { resolve } from "node:path"
import { createMemoryArtifactStore, readTree } from "@spore/records/artifacts"
import { candidateFiles, packTask } from "@spore/runner"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { writeArtifactCar } from "../exchange/artifact-car.ts"
import { createFileSink } from "../exchange/sink.ts"
import { formatBytes } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"

const optionsSchema = z.object({ car: z.string().optional() })

interface PackedFile {
  path: string
  bytes: number
  editable: boolean
}

/** Shows what a task package would be signed with, and writes it as a CAR where asked to. Nothing is signed or stored. */
export async function run({ json, output }: Context, { args, options }: Invocation): Promise<void> {
  const { car } = optionsSchema.parse(options)
  const store = createMemoryArtifactStore()
  const packed = await packTask(store, resolve(args[0] ?? "."))
  const { bundle, baseline } = packed
  const frozen = await readTree(store, bundle)
  const files: PackedFile[] = [...frozen].map(([path, bytes]) => ({ path, bytes: bytes.length, editable: false }))
  const candidate = await candidateFiles(store, packed.package, baseline)
  for (const [path, bytes] of candidate) files.push({ path, bytes: bytes.length, editable: true })
  const blocks = car === undefined ? null : await writeCar(car)
  const total = files.reduce((sum, file) => sum + file.bytes, 0)

  if (json) {
    output.print(
      safeJson({ name: packed.package.name, bundle: `${bundle}`, baseline: `${baseline}`, files, car, blocks }),
    )
    return
  }
  printTable(output, COLUMNS, files)
  output.tell(`bundle    ${bundle}`)
  output.tell(`baseline  ${baseline}`)
  output.tell(`${files.length} files, ${formatBytes(total)}${car === undefined ? "" : `, written to ${car}`}`)

  async function writeCar(path: string): Promise<number> {
    const sink = await createFileSink(path)
    try {
      const written = await writeArtifactCar(store, [bundle, baseline], sink)
      await sink.finish()
      return written
    } finally {
      await sink.abandon()
    }
  }
}

const COLUMNS = [
  { key: "file", value: (row: PackedFile) => row.path, flexible: true },
  { key: "bytes", value: (row: PackedFile) => row.bytes, align: "right" as const },
  {
    key: "editable",
    value: (row: PackedFile) => row.editable,
    show: (row: PackedFile) => (row.editable ? "editable" : "frozen"),
  },
]
