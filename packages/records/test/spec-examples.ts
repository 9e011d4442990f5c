/** The worked examples of docs/spec/10-examples.md: each byte of one object of each kind, said what it is. */
import { createHash } from "node:crypto"
import { type AnyRecord, bytesEqual, encodeEnvelope, nodeIdOf, signedMessage, toHex } from "../src/index.ts"
import { worked } from "./worked-objects.ts"

const INTRODUCTION = `# 10. Worked examples

One object of each kind, byte by byte: the first eight of \`vectors/objects.json\`. This part is written by
\`packages/records/test/write-vectors.ts\` from these objects, and changes nothing that other parts say.

All bytes of an envelope block together are the envelope. Its second line is the head of the payload; the payload are
the bytes that are set in below it; the last 64 bytes are the signature. What is signed is what the message block holds,
followed by the payload.
`

/** The text of 10-examples.md. */
export function examplesText(): string {
  return [INTRODUCTION, ...Object.values(worked).map(section)].join("\n")
}

function section(record: AnyRecord, i: number): string {
  const { kind, payload, body } = record
  const prefix = Buffer.from(signedMessage(kind, payload)).subarray(0, -payload.length)
  const rows = [
    ["Author", `\`${toHex(body.author)}\``],
    ["Node id", `\`${nodeIdOf(body.author)}\``],
    ["Payload", `${payload.length} bytes, SHA-256 \`${createHash("sha256").update(payload).digest("hex")}\``],
    ["Id", `\`${toHex(record.cid.bytes)}\``],
    ["Id as text", `\`${record.id}\``],
  ]
  const width = Math.max(...rows.map(([, cell = ""]) => cell.length))
  return [
    `## 10.${i + 1} ${kind}`,
    "",
    `|            | ${"".padEnd(width)} |`,
    `| ---------- | ${"-".repeat(width)} |`,
    ...rows.map(([name = "", cell = ""]) => `| ${name.padEnd(10)} | ${cell.padEnd(width)} |`),
    "",
    `\`\`\`text message of the ${kind}`,
    line(0, `${prefix.subarray(0, -1).toString("hex")} 0a`, `"${prefix.subarray(0, -1).toString()}", line feed`),
    "```",
    "",
    `\`\`\`text envelope of the ${kind}`,
    ...envelopeLines(record),
    "```",
    "",
  ].join("\n")
}

function envelopeLines(record: AnyRecord): string[] {
  const bytes = encodeEnvelope(record)
  const { payload, signature } = record
  const at = bytes.length - 66 - payload.length
  if (!bytesEqual(bytes.subarray(at, at + payload.length), payload)) throw new Error("an envelope of another form")
  return [
    line(0, "82", "list of 2"),
    line(0, head(bytes.subarray(1, at)), `bytes, ${payload.length}: the payload`),
    ...createReader(payload).value(1),
    line(0, "58 40", "bytes, 64: the signature"),
    ...wrapped(1, signature),
  ]
}

interface Reader {
  value(depth: number): string[]
}

const NAMES: Record<number, string> = { 0x55: "raw", 0x70: "dag-pb", 0x71: "dag-cbor" }

/** Reads canonical bytes from their begin, a line or more for each item. */
function createReader(bytes: Uint8Array): Reader {
  let at = 0
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length))

  const value = (depth: number): string[] => {
    const first = bytes[at] ?? 0
    const major = first >> 5
    if (major === 7) return simple(depth)
    const { argument, taken } = readHead()
    const start = head(taken)
    if (major === 0) return [line(depth, start, String(argument))]
    if (major === 1) return [line(depth, start, String(-1 - argument))]
    if (major === 2) return [line(depth, start, `bytes, ${argument}`), ...wrapped(depth, take(argument))]
    if (major === 3) return text(depth, start, take(argument))
    if (major === 4) {
      const items = Array.from({ length: argument }, () => value(depth + 1))
      return [line(depth, start, `list of ${argument}`), ...items.flat()]
    }
    if (major === 5) {
      const entries = Array.from({ length: argument }, () => [...value(depth), ...value(depth + 1)])
      return [
        line(depth, start, argument > 1 ? `map of ${argument}, shortest key first` : `map of ${argument}`),
        ...entries.flat(),
      ]
    }
    return link(depth)
  }
  return { value }

  /** Its tag is taken. What the examples link to are links as fields allow them: version 1, sha2-256. */
  function link(depth: number): string[] {
    const [prefix, cid, digest] = [take(3), take(4), take(32)]
    const codec = NAMES[cid[1] ?? 0] ?? ""
    return [
      line(depth, `d8 2a ${head(prefix.subarray(0, 2))} 00`, "link: tag 42, bytes, 37, zero byte"),
      line(depth, toHex(cid).replaceAll(/(..)(?=.)/g, "$1 "), `CIDv1, ${codec}, sha2-256, 32 bytes`),
      ...wrapped(depth, digest),
    ]
  }

  function simple(depth: number): string[] {
    const [first = 0] = take(1)
    if (first === 0xf6) return [line(depth, "f6", "null")]
    const number = take(8)
    const view = new DataView(number.buffer, number.byteOffset)
    return [line(depth, `fb ${toHex(number)}`, `${view.getFloat64(0)}, a 64-bit float`)]
  }

  function readHead(): { argument: number; taken: Uint8Array } {
    const info = (bytes[at] ?? 0) & 31
    const taken = take(info < 24 ? 1 : 1 + (1 << (info - 24)))
    const argument = info < 24 ? info : Number.parseInt(toHex(taken.subarray(1)), 16)
    return { argument, taken }
  }
}

function text(depth: number, start: string, content: Uint8Array): string[] {
  const shown = JSON.stringify(Buffer.from(content).toString())
  if (content.length <= 12) return [line(depth, `${start} ${toHex(content)}`, shown)]
  return [line(depth, start, `text, ${content.length}: ${shown}`), ...wrapped(depth, content)]
}

/** Bytes by sixteen, one step further in. */
function wrapped(depth: number, bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let i = 0; i < bytes.length; i += 16) lines.push(line(depth + 1, toHex(bytes.subarray(i, i + 16)), ""))
  return lines
}

function head(bytes: Uint8Array): string {
  return bytes.length === 1 ? toHex(bytes) : `${toHex(bytes.subarray(0, 1))} ${toHex(bytes.subarray(1))}`
}

function line(depth: number, hex: string, comment: string): string {
  const bytes = `${"  ".repeat(depth)}${hex}`
  return comment === "" ? bytes : `${bytes.padEnd(46)}  ${comment}`
}
