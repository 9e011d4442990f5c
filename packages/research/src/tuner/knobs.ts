import type { FileTree } from "@spore/records/artifacts"
import { activeValues, parseTunables, type Tunable, type TunedValue, writeTunables } from "./marks.ts"

/** A tunable of one of the editable files. */
export interface Knob {
  /** Tells it from the other files' tunables. */
  readonly key: string
  readonly file: string
  readonly tunable: Tunable
}

/** Values by the key of their knob. */
export type Settings = ReadonlyMap<string, TunedValue>

/** A candidate taken apart. */
export interface Dissection {
  /** In the order of the files and of their text. */
  readonly knobs: readonly Knob[]
  /** Everything but the knobs' values: candidates with the same frame differ in marked constants alone. */
  readonly frame: string
}

export function dissect(files: FileTree, editable: readonly string[]): Dissection {
  const knobs: Knob[] = []
  const frame = editable.map((file) => {
    const text = textOf(files, file)
    const parts: string[] = []
    let end = 0
    for (const tunable of parseTunables(text)) {
      knobs.push({ key: keyOf(file, tunable.name), file, tunable })
      parts.push(text.slice(end, tunable.start))
      ;({ end } = tunable)
    }
    return [...parts, text.slice(end)]
  })
  return { knobs, frame: JSON.stringify(frame) }
}

/** What the knobs stand at. */
export function settingsOf(knobs: readonly Knob[]): Settings {
  return new Map(knobs.map(({ key, tunable }) => [key, tunable.value]))
}

/** The settings of those knobs that have an effect among these; a knob that they lack is where it stands. */
export function activeSettings(knobs: readonly Knob[], settings: Settings): Settings {
  const files = new Set(knobs.map(({ file }) => file))
  return new Map(
    [...files].flatMap((file) => {
      const own = knobs.filter((knob) => knob.file === file)
      const values = own.flatMap(({ key, tunable: { name } }) => {
        const value = settings.get(key)
        return value === undefined ? [] : [[name, value] as const]
      })
      const active = activeValues(
        own.map(({ tunable }) => tunable),
        new Map(values),
      )
      return [...active].map(([name, value]) => [keyOf(file, name), value] as const)
    }),
  )
}

function keyOf(file: string, name: string): string {
  return `${file}:${name}`
}

/** One text for equal settings. */
export function settingsKey(settings: Settings): string {
  return JSON.stringify([...settings].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The files with the knobs set anew. */
export function withSettings(files: FileTree, knobs: readonly Knob[], settings: Settings): FileTree {
  return new Map(
    [...files].map(([file, content]) => {
      const own = knobs.filter((knob) => knob.file === file && settings.has(knob.key))
      const values = own.map(({ key, tunable }) => [tunable.name, settings.get(key) ?? tunable.value] as const)
      return own.length === 0 ? [file, content] : [file, bytesOf(writeTunables(textOf(files, file), new Map(values)))]
    }),
  )
}

/** One character for each byte: marks are ASCII, and every other byte comes back as it was. */
function textOf(files: FileTree, file: string): string {
  return Buffer.from(files.get(file) ?? []).toString("latin1")
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"))
}
