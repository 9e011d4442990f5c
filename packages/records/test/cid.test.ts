import { describe, expect, test } from "vitest"
import { cidOf, createIdentity, DAG_CBOR, DAG_PB, nodeIdOf, parseLink, publicKeyOf, RAW } from "../src/index.ts"

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

describe("node ids", () => {
  const { publicKey, nodeId } = createIdentity(Uint8Array.from({ length: 32 }, (_, i) => i))

  test("hold the key and give it back", () => {
    expect(nodeId).toMatch(/^12D3KooW/)
    expect(nodeIdOf(publicKey)).toBe(nodeId)
    expect(publicKeyOf(nodeId)).toEqual(publicKey)
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
