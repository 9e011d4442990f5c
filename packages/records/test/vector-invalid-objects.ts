/** Envelopes that the stateless step refuses or ignores, for vectors/invalid-objects.json. */
import {
  type AnyRecord,
  CID,
  concatBytes,
  encodeCanonical,
  encodeEnvelope,
  type Identity,
  type Kind,
  KINDS,
  MAX_ENVELOPE,
  MAX_PAYLOAD,
  maxPayload,
  RAW,
  type RecordErrorCode,
  signedMessage,
  toHex,
} from "../src/index.ts"
import { changed, type Changes, minimal, probedBody } from "./bodies.ts"
import { littleEndian, notPoint, smallOrderKeys, withL } from "./curve.ts"
import { fieldPaths, probesOf } from "./spec-probes.ts"
import { fieldsOf, specText } from "./spec-tables.ts"
import { packHex } from "./vector-format.ts"
import { author, verifier, worked } from "./worked-objects.ts"

interface Invalid {
  name: string
  code: RecordErrorCode
  envelope: string
}

/** The cases of invalid-objects.json. */
export function invalidObjectVectors(): Invalid[] {
  return [
    ...KINDS.flatMap(fieldFaults),
    ...ruleFaults(),
    ...newer(),
    ...domains(),
    ...signatures(),
    ...authors(),
    ...envelopes(),
    ...encodings(),
    ...sizes(),
  ]
}

const utf8 = new TextEncoder()
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"))
const profile = minimal.profile

function invalid(name: string, code: RecordErrorCode, envelope: Uint8Array): Invalid {
  return { name, code, envelope: packHex(envelope) }
}

function envelopeOf(payload: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeCanonical([payload, signature])
}

/** A payload signed as this kind demands, so that nothing but the payload can be wrong. */
function signedAs(kind: string, payload: Uint8Array, identity: Identity = author): Uint8Array {
  return envelopeOf(payload, identity.sign(signedMessage(kind, payload)))
}

function signedBody(body: object): Uint8Array {
  return signedAs("kind" in body && typeof body.kind === "string" ? body.kind : "", encodeCanonical(body))
}

/** Each field of a kind left out, of another type and past each of its bounds; and a field more in each map. */
function fieldFaults(kind: Kind): Invalid[] {
  const paths = fieldPaths(fieldsOf(specText("03-objects.md"), kind))
  const faults = paths.flatMap(([path, type]) =>
    probesOf(type)
      .refuse.filter(({ what }) => isKept(kind, path, what))
      .map(({ what, value }) => {
        const isUnknown = (path === "kind" || path === "v") && what !== "missing"
        const body = probedBody(kind, path, value)
        return invalid(`${kind}: ${path}: ${what}`, isUnknown ? "unknown_kind" : "bad_schema", signedBody(body))
      }),
  )
  const inner = paths.flatMap(([path, type]) => (type.is === "table" ? [`${path}.`] : []))
  const extra = ["", ...inner].map((place) =>
    invalid(
      `${kind}: unknown field in ${place}`,
      "bad_schema",
      signedBody(changed(minimal[kind], { [`${place}extra`]: 1 })),
    ),
  )
  return [...faults, ...extra]
}

/**
 * What several kinds share is shown in full at one of them, elsewhere by its absence: a profile's common fields, an
 * experiment's run and environment. The forms of links, and what is null, are shown at a few fields.
 */
function isKept(kind: Kind, path: string, what: string): boolean {
  if (what === "missing") return true
  const [first = ""] = path.split(".")
  if (["v", "kind", "author", "created"].includes(first) && kind !== "profile") return false
  if (["run", "env"].includes(first) && kind !== "experiment" && path !== "run.replicates") return false
  if (path === "artifact" || what === "-1e+300" || what === "-1") return path.endsWith("created")
  if (what === "null" || what === "bytes" || what.endsWith("characters"))
    return kind === "profile" || kind === "claim" || kind === "challenge"
  if (/CIDv0|identity hash|cut digest|sha2-512|dag-json|of a link/.test(what)) {
    return kind === "challenge" || path === "bundle"
  }
  return true
}

/** Rules across fields. */
function ruleFaults(): Invalid[] {
  const ok = { "run.outcome": "ok", "run.scores": [1, 2], "run.replicates": [1, 2] }
  const cases: [kind: Kind, what: string, changes: Changes][] = [
    ["task", "metric min equal to max", { "metric.min": 1, "metric.max": 1 }],
    ["task", "metric min above max", { "metric.min": 1, "metric.max": 0.5 }],
    ["task", "exact replay without seeds", { "replay.mode": "exact" }],
    [
      "task",
      "exact replay with a seed too few",
      { "replay.mode": "exact", "replay.replicates": 2, "replay.seeds": [1] },
    ],
    ["task", "exact replay with a seed too many", { "replay.mode": "exact", "replay.seeds": [1, 2] }],
    ["task", "noisy replay with seeds", { "replay.seeds": [1] }],
    ["task", "artifact replay with seeds", { "replay.mode": "artifact", "replay.seeds": [1] }],
    ...(["experiment", "verification", "challenge_response"] as const).flatMap((kind): [Kind, string, Changes][] => [
      [kind, "outcome ok without scores", { "run.outcome": "ok" }],
      ...["incorrect", "crash", "timeout"].map((outcome): [Kind, string, Changes] => [
        kind,
        `outcome ${outcome} with scores`,
        { "run.outcome": outcome, "run.scores": [1] },
      ]),
    ]),
    ...(["verification", "challenge_response"] as const).flatMap((kind): [Kind, string, Changes][] => [
      [kind, "fewer scores than replicate numbers", { ...ok, "run.scores": [1] }],
      [kind, "more scores than replicate numbers", { ...ok, "run.replicates": [1] }],
      [kind, "replicate numbers descend", { ...ok, "run.replicates": [2, 1] }],
      [kind, "a replicate number twice", { ...ok, "run.replicates": [1, 1] }],
      [kind, "replicate numbers of a crash descend", { "run.replicates": [2, 1] }],
    ]),
    ["claim", "expires when it is created", { created: 1000, expires: 1000 }],
    ["claim", "expires before it is created", { created: 1000, expires: 999 }],
    ["claim", "expires 901 s after it is created", { created: 1000, expires: 1901 }],
  ]
  return cases.map(([kind, what, changes]) =>
    invalid(`${kind}: ${what}`, "bad_schema", signedBody(changed(minimal[kind], changes))),
  )
}

/** Kinds and versions of newer nodes: ignored, not refused. */
function newer(): Invalid[] {
  const identityLink = CID.decode(new Uint8Array([1, RAW, 0, 1, 7]))
  const bodies: [what: string, body: Record<string, unknown>][] = [
    ["unknown kind", { ...profile, kind: "poll" }],
    ["unknown kind with nothing else", { kind: "poll", v: 1 }],
    ["unknown kind with another version", { kind: "poll", v: 2 }],
    ["unknown kind with links that no field allows", { kind: "poll", v: 1, link: identityLink }],
    ["kind with a name that objects inherit", { ...profile, kind: "constructor" }],
    ["kind in upper case", { ...profile, kind: "Profile" }],
    ["kind that is a number", { ...profile, kind: 7 }],
    ...KINDS.map((kind): [string, Record<string, unknown>] => [`${kind} of version 2`, { ...minimal[kind], v: 2 }]),
    ["version 2 with fields of its own", { kind: "profile", v: 2, name: "x" }],
    ["version 0", { ...profile, v: 0 }],
    ["version −1", { ...profile, v: -1 }],
    ["version 1.5", { ...profile, v: 1.5 }],
    ["version that is text", { ...profile, v: "1" }],
    ["version that is a list", { ...profile, v: [1] }],
  ]
  const payload = encodeCanonical({ kind: "poll", v: 1 })
  return [
    ...bodies.map(([what, body]) => invalid(what, "unknown_kind", signedBody(body))),
    invalid("unknown kind with a signature that does not fit", "unknown_kind", envelopeOf(payload, new Uint8Array(64))),
    invalid("no kind", "bad_schema", signedBody({ v: 1 })),
    invalid("no version", "bad_schema", signedBody({ kind: "poll" })),
    invalid("an empty map", "bad_schema", signedBody({})),
  ]
}

/** Signatures over something other than the domain of the object's kind. */
function domains(): Invalid[] {
  return Object.values(worked).flatMap((record: AnyRecord) => {
    const { kind, payload } = record
    const key = toHex(record.body.author) === toHex(author.publicKey) ? author : verifier
    const next = KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length] ?? kind
    const over: [what: string, message: Uint8Array][] = [
      [`signed as ${next}`, signedMessage(next, payload)],
      ["signed without a domain", payload],
      ...(kind === "profile" ? odd(record) : []),
    ]
    return over.map(([what, message]) =>
      invalid(`${kind}: ${what}`, "bad_signature", envelopeOf(payload, key.sign(message))),
    )
  })
}

function odd({ kind, payload, cid }: AnyRecord): [what: string, message: Uint8Array][] {
  return [
    ["signed without a line feed", concatBytes(utf8.encode(`spore/1/${kind}`), payload)],
    ["signed for version 2", concatBytes(utf8.encode(`spore/2/${kind}\n`), payload)],
    ["signed over the digest", concatBytes(utf8.encode(`spore/1/${kind}\n`), cid.multihash.digest)],
  ]
}

function signatures(): Invalid[] {
  const { payload, signature, kind } = worked.profile
  const flipped = Uint8Array.from(signature)
  flipped[40] = (flipped[40] ?? 0) ^ 1
  const cases: [what: string, signature: Uint8Array][] = [
    ["a bit changed", flipped],
    ["zeros", new Uint8Array(64)],
    ["of another key", verifier.sign(signedMessage(kind, payload))],
    ["S + L", withL(signature)],
    ["of another payload", worked.task.signature],
  ]
  return cases.map(([what, by]) => invalid(`signature: ${what}`, "bad_signature", envelopeOf(payload, by)))
}

function authors(): Invalid[] {
  // R = the neutral point and S = 0 fit every message when the key has small order.
  const neutral = concatBytes(littleEndian(1n), new Uint8Array(32))
  const withKey = (key: Uint8Array): Uint8Array => encodeCanonical({ ...profile, author: key })
  return [
    ...smallOrderKeys.map((key) =>
      invalid(`author of small order: ${toHex(key)}`, "bad_author", envelopeOf(withKey(key), neutral)),
    ),
    invalid("author that is no point", "bad_signature", envelopeOf(withKey(notPoint), neutral)),
  ]
}

function envelopes(): Invalid[] {
  const { payload, signature } = worked.profile
  const cases: [what: string, value: unknown][] = [
    ["a map", { payload, signature }],
    ["an empty list", []],
    ["a payload alone", [payload]],
    ["something after the signature", [payload, signature, null]],
    ["signature first", [signature, payload]],
    ["an empty signature", [payload, new Uint8Array()]],
    ["a signature of 63 bytes", [payload, signature.subarray(1)]],
    ["a signature of 65 bytes", [payload, concatBytes(signature, new Uint8Array(1))]],
    ["a signature that is text", [payload, "x".repeat(64)]],
    ["a payload that is a map", [profile, signature]],
    ["a payload that is text", ["payload", signature]],
    ["a payload that is null", [null, signature]],
    ["an unknown kind with a signature of 63 bytes", [encodeCanonical({ kind: "poll", v: 1 }), new Uint8Array(63)]],
    ["a number", 1],
    ["a link", worked.profile.cid],
  ]
  const payloads: [what: string, value: unknown][] = [
    ["a list", [1]],
    ["a number", 1],
    ["null", null],
    ["a link", worked.task.cid],
    ["text", "profile"],
  ]
  return [
    ...cases.map(([what, value]) => invalid(`envelope: ${what}`, "bad_envelope", encodeCanonical(value))),
    ...payloads.map(([what, value]) =>
      invalid(`payload: ${what}`, "bad_schema", envelopeOf(encodeCanonical(value), signature)),
    ),
  ]
}

/** What is not canonical, in the envelope and in a payload, which is signed as it stands. */
function encodings(): Invalid[] {
  const { payload, signature } = worked.profile
  const envelope = encodeEnvelope(worked.profile)
  const parts = toHex(envelope).slice(2)
  const text = toHex(payload)
  const envelopeCases: [what: string, hex: string][] = [
    ["nothing", ""],
    ["a byte after it", `${toHex(envelope)}00`],
    ["its last byte missing", toHex(envelope).slice(0, -2)],
    ["a list of indefinite length", `9f${parts}ff`],
    ["a list head in two bytes", `9802${parts}`],
    ["a payload length in three bytes", `825900${toHex(envelope).slice(4)}`],
    ["JSON", toHex(utf8.encode('{"type":"experiment"}'))],
  ]
  const payloadCases: [what: string, hex: string][] = [
    ["nothing", ""],
    ["no CBOR", "ff"],
    ["a byte after it", `${text}00`],
    ["its last byte missing", text.slice(0, -2)],
    ["a map of indefinite length", `bf${text.slice(2)}ff`],
    ["a map head in two bytes", `b809${text.slice(2)}`],
    ["the first two keys exchanged", text.replace("6176016362696f60", "6362696f60617601")],
    ["a key twice", text.replace(/^a9617601/, "aa617601617601")],
    ["version 1.0", text.replace("617601", "6176fb3ff0000000000000")],
    ["`created` in nine bytes", text.replace("1a68e77800", "1b0000000068e77800")],
    ["bytes that are not UTF-8", text.replace("63416461", "63ff6461")],
    ["a tag before it", `d9d9f7${text}`],
    ["a __proto__ key", text.replace("a9", "aa").replace("6a617661", "695f5f70726f746f5f5f006a617661")],
    ["a / key", text.replace("a9", "aa").replace("617601", "612f00617601")],
  ]
  return [
    ...envelopeCases.map(([what, hex]) => invalid(`envelope: ${what}`, "bad_encoding", bytes(hex))),
    ...payloadCases.map(([what, hex]) => {
      if (hex === text) throw new Error(`nothing changed: ${what}`)
      return invalid(`payload: ${what}`, "bad_encoding", signedAs("profile", bytes(hex)))
    }),
    invalid(
      "payload: zeros of a full payload's size",
      "bad_encoding",
      envelopeOf(new Uint8Array(MAX_PAYLOAD), signature),
    ),
  ]
}

function sizes(): Invalid[] {
  const sized = (body: object, size: number): Uint8Array => {
    const grown = (length: number): Uint8Array => encodeCanonical({ ...body, zzz: new Uint8Array(length) })
    const payload = grown(size - (grown(70_000).length - 70_000))
    // Below 65,536 bytes the length takes two bytes less.
    return payload.length === size ? payload : grown(size - (grown(1000).length - 1000))
  }
  const cases: [what: string, kind: string, payload: Uint8Array, code: RecordErrorCode][] = [
    ["task of the full size with a field too many", "task", sized(minimal.task, maxPayload("task")), "bad_schema"],
    ["task one byte larger", "task", sized(minimal.task, maxPayload("task") + 1), "too_large"],
    [
      "experiment of the full size with a field too many",
      "experiment",
      sized(minimal.experiment, MAX_PAYLOAD),
      "bad_schema",
    ],
    ["experiment one byte larger", "experiment", sized(minimal.experiment, MAX_PAYLOAD + 1), "too_large"],
    ["unknown kind of the full size", "poll", sized({ kind: "poll", v: 1 }, MAX_PAYLOAD), "unknown_kind"],
    ["unknown kind one byte larger", "poll", sized({ kind: "poll", v: 1 }, MAX_PAYLOAD + 1), "too_large"],
  ]
  return [
    ...cases.map(([what, kind, payload, code]) => invalid(`size: ${what}`, code, signedAs(kind, payload))),
    invalid("size: zeros of an envelope's greatest size", "bad_encoding", new Uint8Array(MAX_ENVELOPE)),
    invalid("size: zeros, one byte more", "too_large", new Uint8Array(MAX_ENVELOPE + 1)),
  ]
}
