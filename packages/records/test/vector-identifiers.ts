/** Links, node ids, seeds and hardware classes, for vectors/identifiers.json. */
import { base58btc } from "multiformats/bases/base58"
import * as Digest from "multiformats/hashes/digest"
import {
  CID,
  cidOf,
  createIdentity,
  DAG_CBOR,
  DAG_PB,
  type Env,
  experimentSeed,
  hardwareClass,
  normaliseClassValue,
  RAW,
  type TaskBody,
  toHex,
  verificationSeed,
} from "../src/index.ts"
import { keyVector } from "./vector-objects.ts"
import { author, file, verifier, worked } from "./worked-objects.ts"

/** The content of identifiers.json. */
export function identifierVectors(): object {
  return {
    content: contents(),
    links: links(),
    keys: [0, 1, 2].map((n) => keyVector(createIdentity(new Uint8Array(32).fill(n)))),
    refusedNodeIds: refusedNodeIds(),
    seeds: seeds(),
    classes: classes(),
    classValues: CLASS_VALUES.map((value) => ({ value, normalised: normaliseClassValue(value) })),
  }
}

function contents(): object[] {
  const texts: [codec: "raw" | "dag-cbor", hex: string][] = [
    ["raw", ""],
    ["raw", toHex(new TextEncoder().encode("hello world"))],
    ["dag-cbor", "a0"],
  ]
  return texts.map(([codec, hex]) => {
    const cid = cidOf(codec === "raw" ? RAW : DAG_CBOR, new Uint8Array(Buffer.from(hex, "hex")))
    return { codec, bytes: hex, cid: toHex(cid.bytes), text: cid.toString() }
  })
}

/** Links by their text, and whether a field for records or for artifacts takes them. */
function links(): object[] {
  const { digest } = file("").multihash
  const base32 = (...bytes: (number | Uint8Array)[]): string =>
    CID.decode(new Uint8Array(bytes.flatMap((part) => (typeof part === "number" ? [part] : [...part])))).toString()
  const raw = base32(1, RAW, 0x12, 32, digest)
  const cases: [name: string, text: string, record: boolean, artifact: boolean][] = [
    ["an object", base32(1, DAG_CBOR, 0x12, 32, digest), true, false],
    ["a file", raw, false, true],
    ["a folder", base32(1, DAG_PB, 0x12, 32, digest), false, true],
    ["codec dag-json", base32(1, 0xa9, 0x02, 0x12, 32, digest), false, false],
    ["codec cbor, not dag-cbor", base32(1, 0x51, 0x12, 32, digest), false, false],
    ["codec libp2p-key", base32(1, 0x72, 0x12, 32, digest), false, false],
    ["CIDv0", base32(0x12, 32, digest), false, false],
    ["an empty identity hash", base32(1, RAW, 0, 0), false, false],
    ["an identity hash of 32 bytes", base32(1, DAG_CBOR, 0, 32, digest), false, false],
    ["a cut digest", base32(1, RAW, 0x12, 31, digest.subarray(1)), false, false],
    ["sha2-512", base32(1, RAW, 0x13, 64, digest, digest), false, false],
    ["sha3-256", base32(1, RAW, 0x16, 32, digest), false, false],
    ["blake3", base32(1, RAW, 0x1e, 32, digest), false, false],
    ["double sha2-256", base32(1, RAW, 0x56, 32, digest), false, false],
    ["nothing", "", false, false],
    ["a word", "experiment", false, false],
    ["cut", raw.slice(0, -1), false, false],
    ["with a character more", `${raw}a`, false, false],
    ["with padding bits that are not zero", `${raw.slice(0, -1)}v`, false, false],
    ["with white space before it", ` ${raw}`, false, false],
    ["with a character that base32 lacks", `${raw.slice(0, -1)}1`, false, false],
    ["hex without multibase", toHex(file("").bytes), false, false],
    ["an address", `ipfs://${raw}`, false, false],
    ["a node id", author.nodeId, false, false],
  ]
  return cases.map(([name, text, record, artifact]) => ({ name, text, record, artifact }))
}

function refusedNodeIds(): object[] {
  const { nodeId } = author
  return [
    { name: "nothing", text: "" },
    { name: "not base58", text: "0OIl" },
    { name: "an RSA key's hash", text: "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N" },
    { name: "a secp256k1 key", text: inlineId(new Uint8Array([8, 2, 18, 33, 2, ...author.publicKey])) },
    { name: "a key of 31 bytes", text: inlineId(new Uint8Array([8, 1, 18, 31, ...author.publicKey.subarray(1)])) },
    { name: "a CID of the key", text: CID.createV1(0x72, Digest.create(0, inlineKey)).toString() },
    { name: "cut", text: nodeId.slice(0, -1) },
    { name: "with a character more", text: `${nodeId}1` },
    { name: "with a character before it", text: `1${nodeId}` },
    { name: "with white space after it", text: `${nodeId} ` },
    { name: "the key in hex", text: toHex(author.publicKey) },
  ]
}

/** The key as a PeerId has it inline: a protobuf of its type and its bytes. */
const inlineKey = new Uint8Array([8, 1, 18, 32, ...author.publicKey])

function inlineId(encodedKey: Uint8Array): string {
  return base58btc.baseEncode(Digest.create(0, encodedKey).bytes)
}

/** The seeds of the worked experiment and its verifier, as its task fixes them and as they would be derived. */
function seeds(): object[] {
  const exact = worked.task.body
  const noisy: TaskBody = { ...exact, replay: { ...exact.replay, mode: "noisy", seeds: [] } }
  const { code } = worked.experiment.body
  const { cid } = worked.experiment
  const rows = (task: TaskBody, replicates: number[]): object[] =>
    replicates.flatMap((replicate) => [
      seedRow(
        task,
        "author",
        code,
        author.publicKey,
        replicate,
        experimentSeed(task, code, author.publicKey, replicate),
      ),
      seedRow(
        task,
        "verifier",
        cid,
        verifier.publicKey,
        replicate,
        verificationSeed(task, cid, verifier.publicKey, replicate),
      ),
    ])
  return [...rows(exact, [0, 1]), ...rows(noisy, [0, 1, 2, 255, 256, 65535])]
}

function seedRow(task: TaskBody, of: string, link: CID, key: Uint8Array, replicate: number, seed: number): object {
  const { mode, seeds: fixed } = task.replay
  return { mode, seeds: fixed, of, link: link.toString(), key: toHex(key), replicate, seed }
}

const machine: Env = {
  accelerator: "NVIDIA GeForce RTX 4090",
  runtime: { node: "26.10.0", torch: "2.9.0+cu130", empty: "" },
  os: "Linux 6.12 (Debian)",
  arch: "X64",
  sandbox: "bubblewrap",
}
const CLASS_KEYS = [
  [],
  ["arch"],
  ["os", "arch"],
  ["arch", "os"],
  ["accelerator", "runtime.torch"],
  ["runtime.node", "runtime.python"],
  ["runtime.empty"],
  ["runtime.constructor", "runtime.tostring"],
  ["arch", "arch"],
]

function classes(): object[] {
  return CLASS_KEYS.map((classKeys) => ({ env: machine, classKeys, class: hardwareClass(machine, classKeys) }))
}

const CLASS_VALUES = [
  "x64",
  "X64",
  "RTX  4090 (Laptop)",
  "a/b",
  "1.2+cu130_rc-1",
  " ",
  "",
  "Größe",
  "\u212a\u0130",
  "\u{1f680}",
  "unknown",
]
