import { base32 } from "multiformats/bases/base32"
import * as Digest from "multiformats/hashes/digest"
import { describe, expect, test } from "vitest"
import {
  asCid,
  CID,
  cidOf,
  createIdentity,
  DAG_CBOR,
  hexNodeIdOf,
  identityFromHex,
  parseNodeId,
  toHex,
  DAG_PB,
  isLink,
  linkText,
  nodeIdOf,
  parseLink,
  publicKeyOf,
  RAW,
} from "../src/index.ts"

describe("links", () => {
  const cid = cidOf(RAW, new TextEncoder().encode("hello world"))

  test("are those of any IPFS tool", () => {
    expect(cid.toString()).toBe("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e")
    expect(parseLink(cid.toString()).equals(cid)).toBe(true)
  })

  test.each([
    ["nothing", ""],
    ["no CID", "experiment"],
    ["a CIDv0", "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"],
    ["an identity hash", "bafkqaaa"],
    ["another codec", cidOf(0x0129, new Uint8Array()).toString()],
  ])("%s is refused", (_, text) => {
    expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: "bad_link" }))
  })

  test("may be asked to be of one codec", () => {
    expect(parseLink(cid.toString(), RAW, DAG_PB).equals(cid)).toBe(true)
    expect(() => parseLink(cid.toString(), DAG_CBOR)).toThrow(expect.objectContaining({ code: "bad_link" }))
  })
})

describe("a link is 36 bytes", () => {
  const digest = cidOf(RAW, new Uint8Array()).multihash.digest
  /** A CID from its numbers as they are written, and the digest. */
  const numbered = (...numbers: number[]): CID => CID.decode(Uint8Array.from([...numbers, ...digest]))

  test("however it came to be", () => {
    expect(isLink(numbered(1, RAW, 0x12, 32), [RAW])).toBe(true)
    expect(isLink(numbered(1, DAG_CBOR, 0x12, 32), [RAW, DAG_CBOR])).toBe(true)
    expect(isLink(numbered(1, DAG_CBOR, 0x12, 32), [RAW])).toBe(false)
  })

  test.each<[string, number[]]>([
    ["its hash", [1, RAW, 0x92, 0, 32]],
    ["its length", [1, RAW, 0x12, 0xa0, 0]],
    ["its hash and length", [1, RAW, 0x92, 0x80, 0, 0xa0, 0]],
  ])("so that padding %s does not make a second one", (_, [version, codec, ...numbers]) => {
    const multihash = Uint8Array.from([...numbers, ...digest])
    const bytes = Uint8Array.from([version ?? 1, codec ?? RAW, ...multihash])
    expect(isLink(CID.create(1, RAW, new Digest.Digest(0x12, 32, digest, multihash)), [RAW])).toBe(false)
    expect(() => parseLink(base32.encode(bytes))).toThrow(expect.objectContaining({ code: "bad_link" }))
  })

  test("and a CIDv0, another hash, a cut digest are none", () => {
    expect(isLink(CID.parse("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"), [DAG_PB])).toBe(false)
    expect(isLink(numbered(1, RAW, 0x16, 32), [RAW])).toBe(false)
    expect(isLink(CID.decode(Uint8Array.from([1, RAW, 0x12, 31, ...digest.subarray(1)])), [RAW])).toBe(false)
    expect(isLink(CID.decode(Uint8Array.from([1, RAW, 0x12, 33, ...digest, 0])), [RAW])).toBe(false)
  })

  test("whose text is that of the CID", () => {
    for (const codec of [RAW, DAG_PB, DAG_CBOR]) {
      const cid = cidOf(codec, digest)
      expect(linkText(cid)).toBe(cid.toString())
    }
    expect(asCid({ "/": "x", bytes: "x" })).toBeNull()
  })
})

describe("node ids", () => {
  const { publicKey, nodeId } = createIdentity(Uint8Array.from({ length: 32 }, (_, i) => i))

  test("hold the key and give it back", () => {
    expect(nodeId).toMatch(/^12D3KooW/)
    expect(nodeIdOf(publicKey)).toBe(nodeId)
    expect(publicKeyOf(nodeId)).toEqual(publicKey)
  })

  test("of more keys than are remembered are still each key's own", () => {
    const keys = Array.from({ length: 5_000 }, (_, n) => {
      const key = new Uint8Array(32)
      new DataView(key.buffer).setUint32(0, n)
      return key
    })
    const ids = keys.map(nodeIdOf)
    expect(new Set(ids).size).toBe(keys.length)
    for (const n of [0, 1, 903, 904, 4_095, 4_096, 4_999]) {
      expect(publicKeyOf(ids[n] ?? "")).toEqual(keys[n])
      expect(nodeIdOf(keys[n] ?? publicKey)).toBe(ids[n])
    }
  })

  test.each([
    ["nothing", ""],
    ["no base58", "0OIl"],
    ["the hash of an RSA key", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"],
    ["a cut id", nodeId.slice(0, -1)],
  ])("%s is refused", (_, text) => {
    expect(() => publicKeyOf(text)).toThrow(expect.objectContaining({ code: "bad_author" }))
  })
})

describe("the keys of 0.6", () => {
  // The public key is the one that RFC 8032 gives in its first test.
  const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
  const key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

  test("are seeds and node ids in hex", () => {
    const identity = identityFromHex(seed)
    expect(hexNodeIdOf(identity.publicKey)).toBe(key)
    expect(toHex(identity.exportSeed())).toBe(seed)
    for (const text of [key, key.toUpperCase(), ` ${key}\n`, identity.nodeId, `${identity.nodeId}\n`]) {
      expect(parseNodeId(text)).toEqual(identity.publicKey)
    }
  })

  test("may have white space around them, as in a file", () => {
    for (const text of [`${seed}\n`, `\t ${seed.toUpperCase()}\r\n`]) {
      expect(identityFromHex(text).nodeId).toBe(identityFromHex(seed).nodeId)
    }
  })

  test.each([
    ["empty", ""],
    ["too short", seed.slice(2)],
    ["too long", `${seed}00`],
    ["of an odd length", seed.slice(1)],
    ["no hex", `${seed.slice(1)}g`],
    ["broken by white space", `${seed.slice(0, 32)} ${seed.slice(32)}`],
  ])("are refused when %s, without repeating a secret", (_, text) => {
    expect(() => identityFromHex(text)).toThrow(
      expect.objectContaining({ code: "bad_seed", message: "expected a seed of 64 hex digits" }),
    )
    expect(() => parseNodeId(text)).toThrow(expect.objectContaining({ code: "bad_author" }))
  })
})
