import { createPrivateKey, type KeyObject, sign } from "node:crypto"
import {
  type AnyRecord,
  cidOf,
  encodeCanonical,
  encodeEnvelope,
  type Identity,
  parseRecord,
  type Random,
  RAW,
  seededRandom,
  signedMessage,
  type SporeRecord,
} from "@spore/records"
import { makeExperiment, makeTask, makeVerification, testIdentity, TEST_EPOCH } from "@spore/testkit"

const AUTHORS = 20
const WORDS = (
  "learning rate warmup cosine schedule attention head dropout width depth batch momentum decay optimizer rotary " +
  "embedding layer norm gelu relu swiglu residual scale init tied loss bits byte token sequence length window cache"
).split(" ")
// The DER prefix of an Ed25519 PKCS #8 private key (RFC 8410); the 32 seed bytes follow.
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex")

/** A task with a growing graph of records of about 2 KB: the same seed gives the same. */
export interface Corpus {
  readonly task: SporeRecord<"task">
  /** The task and a baseline of each hardware class. */
  readonly first: readonly AnyRecord[]
  /** The next experiments. */
  experiments(count: number): AnyRecord[]
  /** A rerun of an experiment, by another key than its author's, that agrees. */
  verification(experiment: SporeRecord<"experiment">): AnyRecord
}

export interface CorpusInit {
  signed: boolean
  /** Different codes among all experiments; by default each has its own. */
  codes?: number
  /** Length of each code's file; as long as its text by default. */
  codeBytes?: number
}

/**
 * Most experiments change one of the last few, some an older one; values fall slowly with noise around them, one in
 * twelve crashes. Hypotheses are of common words, with one rare word each.
 */
export function createCorpus({ signed, codes = Infinity, codeBytes = 0 }: CorpusInit): Corpus {
  const random = seededRandom(1)
  const signers = Array.from({ length: AUTHORS }, (_, n) => createSigner(testIdentity(n), signed))
  const [first = createSigner(testIdentity(0), signed)] = signers
  const task = makeTask(first.identity, {
    metric: { min: 0, max: 1000, minEffect: 0 },
    replay: { mode: "artifact" },
    classKeys: ["arch"],
  })
  const roots = ["x64", "arm64"].map((arch) => makeExperiment(first.identity, { task, score: 500, env: { arch } }))
  const [root] = roots
  if (root === undefined) throw new TypeError("no root")
  // The parts of a body that do not change, taken from one that the test kit made.
  const template = root.body
  const recent: { cid: typeof root.cid; arch: string }[] = roots.map(({ cid, body }) => ({ cid, arch: body.env.arch }))
  let made = 0
  let reruns = 0

  const experiment = (): AnyRecord => {
    const n = ++made
    const parent = pick(random, recent)
    const signer = pick(random, signers)
    const outcome = random.next() < 1 / 12 ? "crash" : "ok"
    const score = 500 - 400 * (1 - 1 / (1 + n / 20_000)) - random.next() * 5
    const record = signer.sign("experiment", {
      ...template,
      author: signer.identity.publicKey,
      created: TEST_EPOCH + 1_000 + n,
      parent: parent.cid,
      code: cidOf(RAW, candidate(n % codes, codeBytes)),
      run: { ...template.run, outcome, scores: outcome === "ok" ? [score] : [], seconds: 300 },
      env: { ...template.env, arch: parent.arch },
      proposal: { title: sentence(random, 6), hypothesis: `${sentence(random, 170)} rare${n}`, agent: "bench" },
    })
    recent[Math.floor(random.next() * (recent.length < 200 ? recent.length + 1 : 200))] = {
      cid: record.cid,
      arch: parent.arch,
    }
    return record
  }

  return {
    task,
    first: [task, ...roots],
    experiments: (count) => Array.from({ length: count }, experiment),
    verification: (target) => {
      reruns++
      const other = signers.find(({ identity }) => identity.publicKey[0] !== target.body.author[0]) ?? first
      const created = target.body.created + reruns
      const env = { arch: target.body.env.arch }
      return makeVerification(other.identity, { task, experiment: target, score: target.body.run.scores, env, created })
    },
  }
}

/** File of the n-th code of a corpus, padded to a length. */
export function candidate(n: number, bytes = 0): Uint8Array {
  return new TextEncoder().encode(`candidate ${n}`.padEnd(bytes))
}

/** Envelopes as peers send them. */
export function envelopesOf(records: readonly AnyRecord[]): Uint8Array[] {
  return records.map(encodeEnvelope)
}

interface Signer {
  readonly identity: Identity
  sign(kind: AnyRecord["kind"], body: object): AnyRecord
}

/** Signs natively, ten times as fast as the portable code; or not at all, where nobody checks. */
function createSigner(identity: Identity, signed: boolean): Signer {
  const der = Buffer.concat([PKCS8, identity.exportSeed()])
  const key: KeyObject = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  return {
    identity,
    sign: (kind, body) => {
      const payload = encodeCanonical(body)
      const signature = signed ? new Uint8Array(sign(null, signedMessage(kind, payload), key)) : new Uint8Array(64)
      return parseRecord(payload, signature)
    },
  }
}

function sentence(random: Random, words: number): string {
  return Array.from({ length: words }, () => pick(random, WORDS)).join(" ")
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random.next() * list.length)]
  if (item === undefined) throw new RangeError("nothing to pick from")
  return item
}
