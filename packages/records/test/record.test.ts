import { describe, expect, test } from "vitest"
import {
  bytesEqual,
  type AnyRecord,
  cidOf,
  concatBytes,
  createIdentity,
  DAG_CBOR,
  encodeCanonical,
  encodeEnvelope,
  isKind,
  isSporeError,
  KINDS,
  MAX_ENVELOPE,
  maxPayload,
  openEnvelope,
  openEnvelopeAsync,
  parseEnvelope,
  parseRecord,
  signedMessage,
  signRecord,
  toHex,
} from "../src/index.ts"
import { decodeByLibrary } from "./library-codec.ts"
import { author, verifier, worked } from "./worked-objects.ts"

const objects: AnyRecord[] = Object.values(worked)

/** The code with which an envelope is refused, by both ways of opening it. */
async function refusal(envelope: Uint8Array): Promise<string> {
  const codes: string[] = []
  for (const open of [() => Promise.resolve(openEnvelope(envelope)), () => openEnvelopeAsync(envelope)]) {
    try {
      await open()
      codes.push("accepted")
    } catch (error) {
      codes.push(isSporeError(error) ? error.code : String(error))
    }
  }
  expect(codes[1]).toBe(codes[0])
  return codes[0] ?? ""
}

/** The code for bytes that are no canonical list of a payload and 64 bytes; `split` where they are one. */
function splitByLibrary(envelope: Uint8Array): string {
  const read = decodeByLibrary(envelope)
  if (read === null) return "bad_encoding"
  const parts: unknown[] = Array.isArray(read.value) ? read.value : []
  const isSplit = parts.length === 2 && parts.every((part) => part instanceof Uint8Array)
  return isSplit && parts[1] instanceof Uint8Array && parts[1].length === 64 ? "split" : "bad_envelope"
}

/** An envelope whose payload says what `body` says, signed as `kind` says. */
function signed(body: Record<string, unknown>, kind = String(body["kind"])): Uint8Array {
  const payload = encodeCanonical({ v: 1, author: author.publicKey, ...body })
  return encodeCanonical([payload, author.sign(signedMessage(kind, payload))])
}

describe.each(objects)("$kind", (record) => {
  const envelope = encodeEnvelope(record)

  test("opens as it was signed, by both ways", async () => {
    for (const opened of [openEnvelope(envelope), await openEnvelopeAsync(envelope), parseEnvelope(envelope)]) {
      expect(opened.id).toBe(record.id)
      expect(opened.kind).toBe(record.kind)
      expect(opened.body).toEqual(record.body)
      expect(encodeEnvelope(opened)).toEqual(envelope)
    }
  })

  test("has the CID of its payload as its id, whatever the signature", () => {
    expect(record.cid.equals(cidOf(DAG_CBOR, record.payload))).toBe(true)
    expect(parseRecord(record.payload, new Uint8Array(64)).id).toBe(record.id)
  })

  test("is refused with any signature but its author's over this kind", async () => {
    const { payload } = record
    const other = record.body.author.every((byte, i) => byte === author.publicKey[i]) ? verifier : author
    const flipped = Uint8Array.from(record.signature)
    flipped[40] = (flipped[40] ?? 0) ^ 1
    const signatures = [
      flipped,
      new Uint8Array(64),
      other.sign(signedMessage(record.kind, payload)),
      ...[...KINDS.filter((kind) => kind !== record.kind), "legacy"].map((kind) =>
        ownKey(record).sign(signedMessage(kind, payload)),
      ),
      ownKey(record).sign(payload),
    ]
    for (const signature of signatures)
      expect(await refusal(encodeCanonical([payload, signature]))).toBe("bad_signature")
  })

  test("is refused when a byte of its payload changes", async () => {
    const payload = Uint8Array.from(record.payload)
    payload[payload.length - 1] = (payload.at(-1) ?? 0) ^ 1
    expect(await refusal(encodeCanonical([payload, record.signature]))).not.toBe("accepted")
  })
})

function ownKey(record: AnyRecord): typeof author {
  return bytesEqual(record.body.author, worked.task.body.author) ? author : verifier
}

describe("envelopes", () => {
  const { payload, signature } = worked.profile
  test.each<[string, unknown, string]>([
    ["no list", { payload, signature }, "bad_envelope"],
    ["an empty list", [], "bad_envelope"],
    ["no signature", [payload], "bad_envelope"],
    ["something after the signature", [payload, signature, null], "bad_envelope"],
    ["a signature of 63 bytes", [payload, signature.subarray(1)], "bad_envelope"],
    ["a signature of 65 bytes", [payload, new Uint8Array(65)], "bad_envelope"],
    ["a payload that is not wrapped", [{ kind: "profile" }, signature], "bad_envelope"],
    ["text for bytes", ["payload", signature], "bad_envelope"],
    ["a payload that is no CBOR", [new Uint8Array([0xff]), signature], "bad_encoding"],
    ["an empty payload", [new Uint8Array(), signature], "bad_encoding"],
    ["a payload with bytes after it", [new Uint8Array([...payload, 0]), signature], "bad_encoding"],
    ["a list for a payload", [encodeCanonical([1]), signature], "bad_schema"],
    ["a number for a payload", [encodeCanonical(1), signature], "bad_schema"],
    ["null for a payload", [encodeCanonical(null), signature], "bad_schema"],
    ["a link for a payload", [encodeCanonical(worked.task.cid), signature], "bad_schema"],
    ["a payload without a kind", [encodeCanonical({ v: 1 }), signature], "bad_schema"],
    ["a payload without a version", [encodeCanonical({ kind: "profile" }), signature], "bad_schema"],
  ])("%s", async (_, value, code) => {
    expect(await refusal(encodeCanonical(value))).toBe(code)
  })

  test.each([0, 1, 23, 24, 255, 256, 65_535, 65_536, 262_144])(
    "are written as a library writes them: %i bytes",
    (size) => {
      for (const signatureSize of [0, 63, 64, 300]) {
        const parts = { payload: new Uint8Array(size).fill(1), signature: new Uint8Array(signatureSize) }
        expect(bytesEqual(encodeEnvelope(parts), encodeCanonical([parts.payload, parts.signature]))).toBe(true)
      }
    },
  )

  test.each([0, 1, 23, 24, 255, 256, 65_535, 65_536, 262_144])(
    "are split by the shortest heads alone: %i bytes",
    async (size) => {
      // Nothing but the payload is wrong with these: its value is the number 0, and something follows it.
      const zeros = new Uint8Array(size)
      const inner = size === 1 ? "bad_schema" : "bad_encoding"
      expect(await refusal(encodeEnvelope({ payload: zeros, signature }))).toBe(inner)
      for (const width of [0, 1, 2, 4, 8]) {
        const argument = Array.from({ length: width }, (_, i) => Math.floor(size / 2 ** (8 * (width - 1 - i))) % 256)
        const framed = concatBytes(
          Uint8Array.of(0x82, 0x40 | (width === 0 ? Math.min(size, 23) : 24 + Math.log2(width)), ...argument),
          zeros,
          Uint8Array.of(0x58, 64),
          signature,
        )
        const isShortest = bytesEqual(framed, encodeCanonical([zeros, signature]))
        const code = framed.length > MAX_ENVELOPE ? "too_large" : isShortest ? inner : "bad_encoding"
        expect([width, await refusal(framed)]).toEqual([width, code])
      }
    },
  )

  test("with a byte changed, cut off or added are refused with the code that a library's reading gives", async () => {
    const envelope = encodeEnvelope(worked.profile)
    const changed = Array.from({ length: 12 }, (_, at) =>
      [0x00, 0x01, 0x3f, 0x40, 0x57, 0x58, 0x59, 0x82, 0xff].map((byte) => {
        const copy = Uint8Array.from(envelope)
        // The first bytes, and the head of the signature.
        copy[at < 6 ? at : envelope.length - 72 + at] = byte
        return copy
      }),
    ).flat()
    const cut = Array.from({ length: envelope.length }, (_, length) => envelope.subarray(0, length))
    const longer = [concatBytes(envelope, Uint8Array.of(0)), concatBytes(Uint8Array.of(0x82), envelope)]
    for (const bytes of [...changed, ...cut, ...longer]) {
      const code = await refusal(bytes)
      const isSplit = code !== "bad_envelope" && splitByLibrary(bytes) !== "bad_encoding"
      expect([toHex(bytes), splitByLibrary(bytes)]).toEqual([toHex(bytes), isSplit ? "split" : code])
    }
  })

  test("share their memory with the record, as plain byte arrays", () => {
    const frame = Buffer.concat([Buffer.alloc(3), encodeEnvelope(worked.profile)])
    const record = parseEnvelope(frame.subarray(3))
    expect(record.payload.buffer).toBe(frame.buffer)
    expect([Buffer.isBuffer(record.payload), Buffer.isBuffer(record.signature)]).toEqual([false, false])
    expect(bytesEqual(record.payload, worked.profile.payload)).toBe(true)
  })

  test("bytes that are no envelope at all", async () => {
    for (const bytes of [new Uint8Array(), new Uint8Array([0]), new TextEncoder().encode('{"type":"experiment"}')]) {
      expect(["bad_encoding", "bad_envelope"]).toContain(await refusal(bytes))
    }
  })
})

describe("kinds and versions of newer nodes are told apart from faults", () => {
  test.each<[string, Record<string, unknown>]>([
    ["an unknown kind", { kind: "poll", created: 1 }],
    ["a kind that objects inherit", { kind: "constructor" }],
    ["a kind that is no text", { kind: 7 }],
    ["version 2", { ...worked.profile.body, v: 2 }],
    ["version 0", { ...worked.profile.body, v: 0 }],
    ["a version that is no number", { ...worked.profile.body, v: "1" }],
  ])("%s", async (_, body) => {
    expect(await refusal(signed(body))).toBe("unknown_kind")
  })
})

describe("author keys", () => {
  test.each([
    ["the neutral element", "01".padEnd(64, "0")],
    ["the neutral element with a sign", `01${"80".padStart(62, "0")}`],
    ["the neutral element, not reduced", `ee${"ff".repeat(30)}7f`],
    ["the point of order 2", `ec${"ff".repeat(30)}7f`],
    ["a point of order 4", "00".repeat(32)],
    ["a point of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
  ])("%s is refused, although a signature fits it", async (_, hex) => {
    // R = A's neutral part and S = 0 verify under ZIP-215 for every message when A has small order.
    const payload = encodeCanonical({ ...worked.profile.body, author: new Uint8Array(Buffer.from(hex, "hex")) })
    const neutral = new Uint8Array(64)
    neutral[0] = 1
    expect(await refusal(encodeCanonical([payload, neutral]))).toBe("bad_author")
  })

  test("bytes that are no point verify nothing", async () => {
    const payload = encodeCanonical({ ...worked.profile.body, author: new Uint8Array(32).fill(2) })
    expect(await refusal(encodeCanonical([payload, new Uint8Array(64)]))).toBe("bad_signature")
  })
})

describe("sizes", () => {
  const base = encodeCanonical({ kind: "poll", v: 1, x: new Uint8Array(70_000) }).length - 70_000
  /** A payload of exactly this many bytes, of a kind that nobody knows. */
  const unknown = (size: number): Uint8Array => encodeCanonical({ kind: "poll", v: 1, x: new Uint8Array(size - base) })

  test("a task has at most 16 KiB", async () => {
    expect(maxPayload("task")).toBe(16 * 1024)
    const datasets = Array.from({ length: 16 }, (_, i) => ({
      name: `set ${i}`,
      url: "u".repeat(550),
      sha256: new Uint8Array(32),
    }))
    const sized = (length: number): Record<string, unknown> => ({
      ...worked.task.body,
      datasets,
      description: "d".repeat(length),
    })
    const room = 16 * 1024 - encodeCanonical(sized(4000)).length
    expect(Math.abs(room)).toBeLessThan(4000)
    const full = signed(sized(4000 + room))
    expect(openEnvelope(full).payload).toHaveLength(16 * 1024)
    expect(await refusal(signed(sized(4000 + room + 1)))).toBe("too_large")
  })

  test("any payload has at most 256 KiB", async () => {
    const limit = 256 * 1024
    expect(maxPayload("experiment")).toBe(limit)
    expect(unknown(limit)).toHaveLength(limit)
    const fits = encodeCanonical([unknown(limit), new Uint8Array(64)])
    expect(fits).toHaveLength(MAX_ENVELOPE)
    expect(await refusal(fits)).toBe("unknown_kind")
    expect(await refusal(encodeCanonical([unknown(limit + 1), new Uint8Array(64)]))).toBe("too_large")
    expect(() => parseRecord(unknown(limit + 1), new Uint8Array(64))).toThrow("limit 262144")
  })

  test("an oversized envelope is refused before it is read", async () => {
    expect(await refusal(new Uint8Array(MAX_ENVELOPE + 1))).toBe("too_large")
    expect(await refusal(new Uint8Array(MAX_ENVELOPE))).toBe("bad_encoding")
  })
})

describe("messages about hostile records", () => {
  test("stay short and print safely", () => {
    const names = Array.from({ length: 2000 }, (_, i) => [`\u001b[31m\u202e${i}`, 1] as const)
    for (const body of [
      { ...worked.profile.body, ...Object.fromEntries(names) },
      {
        ...worked.experiment.body,
        run: { ...worked.experiment.body.run, metrics: { [`\u001b${"m".repeat(60)}`]: "x" } },
      },
      { ...worked.experiment.body, run: { ...worked.experiment.body.run, metrics: { ["m\u0000".repeat(9999)]: 1 } } },
    ]) {
      let message = ""
      try {
        parseRecord(encodeCanonical(body), new Uint8Array(64))
      } catch (error) {
        message = error instanceof Error ? error.message : ""
      }
      expect(message).toMatch(/^(profile|experiment): /)
      expect(message.length).toBeLessThan(450)
      // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
      expect(message).not.toMatch(/[\u0000-\u001f\u202e]/)
    }
  })
})

describe("signRecord", () => {
  test("makes the author the identity's key, and refuses what the schema refuses", () => {
    const { kind: _kind, v: _v, author: _author, ...fields } = worked.profile.body
    const identity = createIdentity()
    const record = signRecord(identity, "profile", fields)
    expect(record.body.author).toEqual(identity.publicKey)
    expect(isKind(record, "profile")).toBe(true)
    expect(isKind(record, "task")).toBe(false)
    expect(() => signRecord(identity, "profile", { ...fields, display_name: "x".repeat(65) })).toThrow("display_name")
    expect(() => signRecord(identity, "profile", { ...fields, bio: "\ud800" })).toThrow("lone surrogate")
  })

  test("signs alike each time, so that one fact has one envelope", () => {
    const { kind: _kind, v: _v, author: _author, ...fields } = worked.profile.body
    expect(encodeEnvelope(signRecord(author, "profile", fields))).toEqual(encodeEnvelope(worked.profile))
  })
})
