import type { Multiaddr } from "@multiformats/multiaddr"
import { messageOf } from "@spore/records"
import { transportError } from "../errors.ts"
import type { TransportInit } from "../transport.ts"

export type ExplainFailure = NonNullable<TransportInit["explainFailure"]>

export interface DialFailure {
  /** The address as it was given. */
  text: string
  address: Multiaddr
  error: unknown
  explain: ExplainFailure | undefined
  /** For the explanation. */
  limitMs: number
}

/** What went wrong at an address, in words and with what to do about it. */
export async function dialFailed({ text, address, error, explain, limitMs }: DialFailure): Promise<Error> {
  const [first = error] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  const message = messageOf(first)
  if (message.includes("dial self")) return transportError("bad_address", `${text} is this node itself`)
  const explained = explain !== undefined && answers(first) ? await within(limitMs, ask(explain, address)) : null
  if (explained !== null) {
    return transportError("dial_failed", `${text} ${explained.what}`, { cause: error, next: explained.next })
  }
  return transportError("dial_failed", `cannot connect to ${text}: ${message}`, {
    cause: error,
    next: "check that the other node runs, that its port is open, and the address it shows",
  })
}

/** Whether something answers there: the system has no complaint about the connection itself. */
function answers(error: unknown): boolean {
  return !(error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code))
}

function ask(explain: ExplainFailure, address: Multiaddr): ReturnType<ExplainFailure> {
  const [host, port] = address.getComponents()
  return explain(host?.value ?? "", Number(port?.value))
}

/** What it gives in time, else null: an explanation is a help, never needed. */
async function within<T>(limitMs: number, work: Promise<T | null>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(resolve, limitMs, null)
  try {
    return await Promise.race([work, promise])
  } catch {
    return null
  } finally {
    clearTimeout(timer)
  }
}
