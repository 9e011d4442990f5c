import { type Clock, type Projection, systemClock, unixSeconds } from "@spore/records"
import { checkStore } from "./check.ts"
import type { Database } from "./database/dialect.ts"
import { databaseError } from "./database/errors.ts"
import { readLocal, writeLocal } from "./database/local.ts"
import { withholdFacts } from "./ingest/blocked.ts"
import { createIngest } from "./ingest/ingest.ts"
import { createIngestQueue } from "./ingest/ingest-queue.ts"
import { DEFAULT_PENDING, type PendingLimits } from "./ingest/pending.ts"
import { createDictionaries, openSession } from "./ingest/session.ts"
import { countAll, findAuthor, listAuthorIds, listAuthors } from "./query/authors.ts"
import {
  controlsBySeq,
  listControls,
  listDisputes,
  listOpenChallenges,
  listReruns,
  listVerifications,
  rerunsBySeq,
} from "./query/controls.ts"
import { derivationName, derivedDigest } from "./query/digest.ts"
import {
  descendantsOf,
  experimentsById,
  experimentsBySeq,
  findExperiment,
  frontierOf,
  lineageOf,
  listExperiments,
  pageAncestors,
} from "./query/experiments.ts"
import {
  findProfile,
  getObject,
  getRecord,
  listActivity,
  listBlocks,
  listChanges,
  listEnvelopes,
  listKnown,
  listLogEntries,
  listLogs,
  listObjects,
  listWithheld,
  newestSeq,
  resolvePrefix,
} from "./query/facts.ts"
import { graphVersion, listGraphPoints } from "./query/graph.ts"
import { listImprovements } from "./query/improvements.ts"
import { listNames } from "./query/names.ts"
import { listActiveVerifiers, listStateRuns, listStreaks } from "./query/scheduling.ts"
import { searchFacts } from "./query/search.ts"
import { findState } from "./query/state.ts"
import { findStanding, findTask, listTasks, pageTasks } from "./query/tasks.ts"
import { assertDerived, assertOwnRules, catchUp, leaveUnderived, rebuild } from "./rebuild.ts"
import { sporeProjection } from "./spore-projection.ts"
import type { Change, Store } from "./store.ts"
import { claimsOnly, type Verdicts } from "./verdicts.ts"

/** What any store may be given, whatever its database. */
export interface StoreOptions {
  verdicts?: Verdicts
  /** How objects become facts and rows; Spore's own records by default. */
  projections?: readonly Projection[]
  clock?: Clock
  pending?: PendingLimits
  /**
   * False keeps facts alone, as a node does that only passes them on: nothing is ranked, listed or found by words, and
   * a store that is opened with `true` later derives everything then, as does one that is told to block something:
   * tombstones take their place from the graph. True by default.
   */
  derive?: boolean
}

/**
 * The store on an open database; `name` says which in errors. Derives anew what other rules derived, or where the
 * database is open for reading only or must stay as it is, refuses it.
 */
export async function createSqlStore(database: Database, name: string, options: StoreOptions): Promise<Store> {
  const { db, dialect, readOnly = false, upgrade = true } = database
  const verdicts = options.verdicts ?? claimsOnly
  const projections = options.projections ?? [sporeProjection]
  const clock = options.clock ?? systemClock
  const limits = options.pending ?? DEFAULT_PENDING
  const derivation = { database, projections, verdicts }
  const derive = options.derive ?? true
  const ingest = createIngest({ ...derivation, clock, limits })
  const listeners = new Set<(changes: readonly Change[]) => void>()

  /** Writers of this process go one after the other. */
  let writing: Promise<unknown> = Promise.resolve()
  const write = <T>(work: () => Promise<T>): Promise<T> => {
    const done = writing.then(work).catch((error: unknown) => {
      throw databaseError(error, name)
    })
    writing = done.catch(() => undefined)
    return done
  }
  const makeReady = async (): Promise<void> => {
    if (readOnly) return assertDerived(derivation, name)
    if (!upgrade) await assertOwnRules(derivation, name)
    return derive ? catchUp(derivation) : leaveUnderived(derivation)
  }
  await write(makeReady).catch(async (error: unknown) => {
    await db.destroy()
    throw error
  })

  return {
    ingest: createIngestQueue({
      write,
      ingest: (offers, isDurable) =>
        ingest(offers, isDurable, (stored) => {
          for (const listener of listeners) listener(stored)
        }).catch((error: unknown) => {
          throw databaseError(error, name)
        }),
    }),
    get: (id) => getRecord(database, id),
    object: (id) => getObject(database, projections, id),
    objects: (ids) => listObjects(database, ids),
    resolve: (prefix, kind) => resolvePrefix(database, prefix, kind),

    tasks: () => listTasks(database, projections),
    taskPage: (page = {}) => pageTasks(database, projections, page),
    task: (id) => findTask(database, projections, id),
    standing: (task, hardwareClass) => findStanding(database, task, hardwareClass),

    experiment: (id) => findExperiment(database, id),
    experimentsBySeq: (seqs) => experimentsBySeq(database, seqs),
    experiments: (filter, page = {}) => listExperiments(database, filter, page),
    experimentsById: (ids) => experimentsById(database, ids),
    graphPoints: (filter) => listGraphPoints(database, filter),
    graphVersion: (task, hardwareClass) => graphVersion(database, task, hardwareClass),
    lineage: (id) => lineageOf(database, id),
    ancestors: (id, page = {}) => pageAncestors(database, id, page),
    descendants: (id, limit) => descendantsOf(database, id, limit),
    reruns: (experiment) => listReruns(database, experiment),
    controls: (experiment) => listControls(database, experiment),
    openChallenges: (author) => listOpenChallenges(database, author),
    stateRuns: (seqs) => listStateRuns(database, seqs),
    activeVerifiers: (task, hardwareClass, since) => listActiveVerifiers(database, task, hardwareClass, since),
    streaks: (task, hardwareClass) => listStreaks(database, task, hardwareClass),
    rerunsBySeq: (seqs) => rerunsBySeq(database, seqs),
    controlsBySeq: (seqs) => controlsBySeq(database, seqs),
    verifications: (filter, page = {}) => listVerifications(database, filter, page),
    disputes: (filter, page = {}) => listDisputes(database, filter, page),
    improvements: (filter) => listImprovements(database, filter),
    state: (named) => findState(database, named),
    frontier: (task, hardwareClass, limit = Number.MAX_SAFE_INTEGER) =>
      frontierOf(database, task, hardwareClass, verdicts, limit),

    authors: (task, page = {}) => listAuthors(database, task, page),
    author: (nodeId) => findAuthor(database, nodeId),
    authorIds: (prefix, limit) => listAuthorIds(database, prefix, limit),
    counts: () => countAll(database),
    profile: (nodeId) => findProfile(database, nodeId),
    displayNames: (nodeIds) => listNames(database, nodeIds),
    search: (text, filter = {}, page = {}) => searchFacts(database, text, filter, page),
    activity: (task, page = {}) => listActivity(database, task, page),
    changes: (afterSeq, limit, task) => listChanges(database, afterSeq, limit, task),
    lastSeq: () => newestSeq(database),
    onStored: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    wanted: async () => {
      const rows = await db.selectFrom("pending").select("missing").distinct().execute()
      return rows.map((row) => row.missing)
    },
    logs: () => listLogs(database),
    logEntries: (log) => listLogEntries(database, log),
    envelopes: (ids) => listEnvelopes(database, ids),
    known: (ids) => listKnown(database, ids),

    getLocal: (key) => readLocal(db, key),
    setLocal: (key, value) => write(() => writeLocal(db, key, value)),

    block: (scope, value, reason) =>
      write(async () => {
        // Tombstones take their place in the graph from derived rows: a rebuild that was cut off is finished first.
        await catchUp(derivation)
        await db.transaction().execute(async (tx) => {
          const session = await openSession(tx, dialect, createDictionaries())
          // A task without its manifest is none.
          const isTask =
            (await tx.selectFrom("tasks").select("key").where("id", "=", value).executeTakeFirst()) !== undefined
          const blocked = scope === "id" && isTask ? "task" : scope
          await tx
            .insertInto("blocked")
            .values({ scope: blocked, value, reason, since: unixSeconds(clock) })
            .onConflict((conflict) => conflict.columns(["scope", "value"]).doUpdateSet({ reason }))
            .execute()
          await withholdFacts(session, blocked, value, reason, derivation)
        })
      }),
    unblock: async (scope, value) => {
      const rows = await db
        .deleteFrom("blocked")
        .where("scope", "=", scope)
        .where("value", "=", value)
        .returning("value")
        .execute()
      return rows.length > 0
    },
    blocks: () => listBlocks(database),
    isBlocked: async (scope, value) => {
      const blocked = db.selectFrom("blocked").select("value").where("scope", "=", scope).where("value", "=", value)
      return (await blocked.executeTakeFirst()) !== undefined
    },
    withheld: (page = {}) => listWithheld(database, page),

    rebuild: (progress) => write(() => rebuild(derivation, progress)),
    check: (progress) => write(() => checkStore(derivation, progress)),
    digest: () => derivedDigest(db, derivationName(projections, verdicts.policy)),
    close: async () => {
      await writing
      await db.destroy()
    },
  }
}
