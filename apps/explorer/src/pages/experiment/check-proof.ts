import type { ExperimentDetail, Proof } from "@spore/api/client"
import { type LegacyObject, legacyExperimentRow, parseLegacy, verifyLegacySignatureAsync } from "@spore/legacy/proof"
import {
  type AnyRecord,
  type ExperimentBody,
  mean,
  messageOf,
  nodeIdOf,
  parseRecord,
  signedMessage,
  verifySignatureAsync,
} from "@spore/records"

/** One thing that was checked here, whatever the node says of it. */
export interface Check {
  readonly name: string
  /** What is so where it holds, and what was found where it does not. */
  readonly words: string
  readonly isOk: boolean
}

/** What of an experiment's answer its signed bytes say. */
interface Said {
  readonly task: string
  readonly parent: string | null
  readonly code: string
  readonly scores: readonly number[]
  readonly title: string
  readonly hypothesis: string
  readonly agent: string
  readonly created: number
}

interface Opened {
  readonly id: string
  readonly author: string
  readonly isSigned: boolean
  readonly said: Said
}

/**
 * Checks, from the signed bytes alone, that what a node answers about an experiment is what its author signed. Nothing
 * the node says is taken for granted but the bytes themselves.
 *
 * @param askedId the id by which the experiment was asked for: what the reader has in hand
 */
export async function checkProof(askedId: string, experiment: ExperimentDetail, proof: Proof): Promise<Check[]> {
  let opened: Opened
  try {
    opened = await open(experiment, proof)
  } catch (error) {
    return [check("Bytes", false, "", `The bytes are no signed experiment: ${messageOf(error)}`)]
  }
  const { id, author, isSigned, said } = opened
  const isId = id === experiment.id && id.startsWith(askedId)
  return [
    check("Id", isId, "It is the hash of the signed bytes.", `The bytes are those of another record, ${id}.`),
    check(
      "Signature",
      isSigned,
      "Ed25519, valid for these bytes and the author’s key.",
      "It does not fit the bytes and the author’s key.",
    ),
    check("Author", author === experiment.node, "The key that signed is the one shown.", `The bytes name ${author}.`),
    same("Task", said.task, experiment.task),
    same("Parent", said.parent ?? "none", experiment.parent ?? "none"),
    same("Code", said.code, experiment.code),
    checkScore(said.scores, experiment),
    checkWords(said, experiment),
  ]
}

async function open(experiment: ExperimentDetail, proof: Proof): Promise<Opened> {
  const payload = bytesOf(proof.payload)
  const signature = bytesOf(proof.signature)
  return experiment.network === "spore"
    ? openSpore(parseRecord(payload, signature))
    : openLegacy(parseLegacy(proof.kind, payload, signature), experiment.task)
}

async function openSpore(record: AnyRecord): Promise<Opened> {
  if (record.kind !== "experiment") throw new Error(`they are a ${record.kind}`)
  const { id, kind, body, payload, signature } = record
  const isSigned = await verifySignatureAsync(body.author, signedMessage(kind, payload), signature)
  return { id, author: nodeIdOf(body.author), isSigned, said: saidBy(body) }
}

function saidBy({ task, parent, code, run, proposal, created }: ExperimentBody): Said {
  const { title, hypothesis, agent } = proposal
  const ids = { task: task.toString(), parent: parent?.toString() ?? null, code: code.toString() }
  return { ...ids, scores: run.scores, title, hypothesis, agent, created }
}

/** Of the 0.6 network: the task of an old object may be that of its lineage, which nobody signed. */
async function openLegacy(object: LegacyObject, task: string): Promise<Opened> {
  if (object.kind !== "legacy_experiment") throw new Error(`they are a ${object.kind}`)
  const { id, author, publicKey, payload, signature, body, created } = object
  const isSigned = await verifyLegacySignatureAsync(publicKey, payload, signature)
  const row = legacyExperimentRow(object, task)
  const { parent, code, scores, title, agent } = row
  // The explorer shows the field as it was signed; the graph keeps the beginning.
  const said = { task: body.task_id ?? task, parent, code, scores, title, hypothesis: body.hypothesis, agent, created }
  return { id, author, isSigned, said }
}

function checkScore(scores: readonly number[], { claim }: ExperimentDetail): Check {
  const signed = scores.length === 0 ? null : mean(scores)
  return check(
    "Score",
    signed === claim,
    signed === null ? "No score is signed, and none is claimed." : "The claim is the mean of the signed scores.",
    `The signed scores give ${signed ?? "none"}; shown is ${claim ?? "none"}.`,
  )
}

function checkWords(said: Said, experiment: ExperimentDetail): Check {
  const wrong = (["title", "hypothesis", "agent", "created"] as const).filter((name) => said[name] !== experiment[name])
  return check(
    "Words",
    wrong.length === 0,
    "Title, hypothesis, agent and time are as signed.",
    `Shown otherwise than signed: ${wrong.join(", ")}.`,
  )
}

function same(name: string, signed: string, shown: string): Check {
  return check(name, signed === shown, "As signed.", `Signed is ${signed}.`)
}

function check(name: string, isOk: boolean, good: string, bad: string): Check {
  return { name, isOk, words: isOk ? good : bad }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0)
}
