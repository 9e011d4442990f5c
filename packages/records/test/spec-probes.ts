/** Values at the bounds of the types that the specification gives to fields, and just past them. */
import { CID, cidOf, DAG_CBOR, DAG_PB, RAW } from "../src/index.ts"
import type { Fields, SpecType } from "./spec-tables.ts"

/** A value for a field; undefined to leave the field out. */
export interface Probe {
  readonly what: string
  readonly value: unknown
}

export interface Probes {
  readonly accept: readonly Probe[]
  readonly refuse: readonly Probe[]
}

const file = cidOf(RAW, new Uint8Array([1]))
const folder = cidOf(DAG_PB, new Uint8Array([1]))
const object = cidOf(DAG_CBOR, new Uint8Array([1]))
const { digest } = file.multihash
const oddLinks: Probe[] = [
  { what: "CIDv0", value: CID.decode(folder.multihash.bytes) },
  { what: "identity hash", value: CID.decode(new Uint8Array([1, RAW, 0, 1, 7])) },
  { what: "identity hash of 32 bytes", value: CID.decode(new Uint8Array([1, DAG_CBOR, 0, 32, ...digest])) },
  { what: "cut digest", value: CID.decode(new Uint8Array([1, DAG_CBOR, 0x12, 31, ...digest.subarray(1)])) },
  { what: "sha2-512", value: CID.decode(new Uint8Array([1, RAW, 0x13, 64, ...digest, ...digest])) },
  { what: "codec dag-json", value: CID.createV1(0x0129, file.multihash) },
  { what: "text of a link", value: object.toString() },
  { what: "bytes of a link", value: object.bytes },
]

/** Each field, those of maps inside by a dotted path. */
export function fieldPaths(fields: Fields, under = ""): [path: string, type: SpecType][] {
  return [...fields].flatMap(([name, type]): [string, SpecType][] => [
    [`${under}${name}`, type],
    ...(type.is === "table" ? fieldPaths(type.fields, `${under}${name}.`) : []),
  ])
}

/** A field's values to accept and to refuse, being left out and null among them. */
export function probesOf(type: SpecType): Probes {
  const inner = type.is === "nullable" ? type.type : type
  const { accept, refuse } = ownProbes(inner)
  const isNull: Probe = { what: "null", value: null }
  const missing: Probe = { what: "missing", value: undefined }
  return inner === type
    ? { accept, refuse: [missing, isNull, ...refuse] }
    : { accept: [isNull, ...accept], refuse: [missing, ...refuse] }
}

function ownProbes(type: SpecType): Probes {
  switch (type.is) {
    case "text":
      return textProbes(type.min, type.max)
    case "bytes":
      return {
        accept: [{ what: `${type.length} bytes`, value: bytes(type.length) }],
        refuse: [
          { what: `${type.length - 1} bytes`, value: bytes(type.length - 1) },
          { what: `${type.length + 1} bytes`, value: bytes(type.length + 1) },
          { what: "text", value: "x".repeat(type.length) },
        ],
      }
    case "integer":
      return {
        accept: [type.min, type.max].map(numeric),
        refuse: [
          ...[type.min - 1, type.max + 1, type.min + 0.5].map(numeric),
          { what: "text", value: String(type.min) },
        ],
      }
    case "number":
      return numberProbes(type.range)
    case "choice":
      return {
        accept: type.values.map((value) => ({ what: String(value), value })),
        refuse: type.values.some((value) => typeof value === "string")
          ? ["", ...type.values.map((value) => `${value}s`), String(type.values[0]).toUpperCase(), 0].map(named)
          : [],
      }
    case "slug":
      return {
        accept: ["a", "a-b_9", `a${"9".repeat(63)}`].map(named),
        refuse: ["", `a${"9".repeat(64)}`, "9a", "_a", "-a", "Aa", "aB", "a b", "a.b", "ä", "a\n", 1].map(named),
      }
    case "class key":
      return {
        accept: ["arch", "os", "accelerator", "runtime.a", `runtime.a${"_".repeat(31)}`].map(named),
        refuse: [
          "",
          "sandbox",
          "runtime",
          "runtime.",
          "runtime.A",
          "runtime.9",
          "runtime._",
          "Arch",
          "arch ",
          "arch\n",
          1,
        ]
          .map(named)
          .concat(named(`runtime.a${"_".repeat(32)}`)),
      }
    case "record":
      return {
        accept: [{ what: "record link", value: object }],
        refuse: [{ what: "link to a file", value: file }, { what: "link to a folder", value: folder }, ...oddLinks],
      }
    case "artifact":
      return {
        accept: [
          { what: "link to a file", value: file },
          { what: "link to a folder", value: folder },
        ],
        refuse: [{ what: "record link", value: object }, ...oddLinks],
      }
    case "map":
      return mapProbes(type.max, type.value)
    case "list":
      return listProbes(type.min, type.max, type.item)
    case "table":
      // Its fields have probes of their own, by their paths.
      return { accept: [], refuse: [{ what: "list", value: [] }, named("x")] }
    case "either":
      return {
        accept: type.options.flatMap((option) => itemProbes(option).accept),
        refuse: type.options.flatMap((option) => itemProbes(option).refuse),
      }
    case "nullable":
      return probesOf(type)
  }
}

function textProbes(min: number, max: number): Probes {
  const long = "x".repeat(max)
  return {
    accept: [
      { what: `${min} bytes`, value: "x".repeat(min) },
      { what: `${max} bytes`, value: long },
      { what: `${max} bytes of two-byte characters`, value: "ü".repeat(max / 2) + "x".repeat(max % 2) },
      { what: `${max} bytes of four-byte characters`, value: "\u{1d11e}".repeat(max / 4) + "x".repeat(max % 4) },
    ],
    refuse: [
      { what: `${max + 1} bytes`, value: `${long}x` },
      { what: `${max + 1} bytes in ${max} characters`, value: `${long.slice(1)}ü` },
      ...(min > 0 ? [{ what: `${min - 1} bytes`, value: "x".repeat(min - 1) }] : []),
      { what: "number", value: 0 },
      { what: "bytes", value: bytes(min) },
    ],
  }
}

function numberProbes(range: "any" | "not negative" | "positive"): Probes {
  const negative = [-1e300, -1, -5e-324].map(numeric)
  const positive = [5e-324, 0.5, 2 ** 53, 1e300].map(numeric)
  const text: Probe = { what: "text", value: "1" }
  if (range === "any") return { accept: [...negative, numeric(0), ...positive], refuse: [text] }
  return range === "positive"
    ? { accept: positive, refuse: [numeric(0), ...negative, text] }
    : { accept: [numeric(0), ...positive], refuse: [...negative, text] }
}

function mapProbes(max: number, value: SpecType): Probes {
  const [sample] = ownProbes(value).accept
  const entries = (count: number): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`.padEnd(64, "k"), sample?.value]))
  const { accept, refuse } = ownProbes(value)
  return {
    accept: [
      { what: "no entries", value: {} },
      { what: `${max} entries with keys of 64 bytes`, value: entries(max) },
      ...accept.map((probe) => ({ what: `value ${probe.what}`, value: { k: probe.value } })),
    ],
    refuse: [
      { what: `${max + 1} entries`, value: entries(max + 1) },
      { what: "empty key", value: { "": sample?.value } },
      { what: "key of 65 bytes", value: { ["k".repeat(65)]: sample?.value } },
      { what: "key of 65 bytes in 64 characters", value: { [`${"k".repeat(63)}ü`]: sample?.value } },
      { what: "list", value: [] },
      { what: "value null", value: { k: null } },
      ...refuse.map((probe) => ({ what: `value ${probe.what}`, value: { k: probe.value } })),
    ],
  }
}

/** Items are ascending where they are numbers, for replicate numbers must be. */
function listProbes(min: number, max: number, item: SpecType): Probes {
  const { accept, refuse } = itemProbes(item)
  const sample = accept[0]?.value
  const items = (count: number): unknown[] =>
    Array.from({ length: count }, (_, i) => (item.is === "integer" ? item.min + i : sample))
  return {
    accept: [
      { what: `${min} items`, value: items(min) },
      { what: `${max} items`, value: items(max) },
      ...accept.map((probe) => ({ what: `item ${probe.what}`, value: [probe.value] })),
    ],
    refuse: [
      { what: `${max + 1} items`, value: items(max + 1) },
      ...(min > 0 ? [{ what: `${min - 1} items`, value: items(min - 1) }] : []),
      { what: "map", value: {} },
      { what: "item null", value: [null] },
      ...refuse.map((probe) => ({ what: `item ${probe.what}`, value: [probe.value] })),
    ],
  }
}

/** What a list may hold; for a map every field's probes, its other fields at a sample. */
function itemProbes(type: SpecType): Probes {
  if (type.is !== "table") return ownProbes(type)
  const { fields } = type
  const sample = Object.fromEntries([...fields].map(([name, field]) => [name, ownProbes(field).accept[0]?.value]))
  const withField = (name: string, probe: Probe): Probe => ({
    what: `${type.title} ${name}: ${probe.what}`,
    value:
      probe.value === undefined
        ? Object.fromEntries(Object.entries(sample).filter(([key]) => key !== name))
        : { ...sample, [name]: probe.value },
  })
  return {
    accept: [...fields].flatMap(([name, field]) => probesOf(field).accept.map((probe) => withField(name, probe))),
    refuse: [
      ...ownProbes(type).refuse.map(({ what, value }) => ({ what: `${type.title} as ${what}`, value })),
      { what: `${type.title} with an unknown field`, value: { ...sample, extra: 1 } },
      ...[...fields].flatMap(([name, field]) => probesOf(field).refuse.map((probe) => withField(name, probe))),
    ],
  }
}

function bytes(length: number): Uint8Array {
  return new Uint8Array(length).fill(1)
}

function numeric(value: number): Probe {
  return { what: String(value), value }
}

function named(value: string | number): Probe {
  return { what: JSON.stringify(value).slice(0, 40), value }
}
