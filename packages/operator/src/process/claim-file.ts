import { randomUUID } from "node:crypto"
import { lstatSync, readFileSync, rmSync } from "node:fs"
import { link, readFile, rename, rm, writeFile } from "node:fs/promises"
import { hasErrorCode, SporeError } from "@spore/records"
import { z } from "zod"
import type { OperatorErrorCode } from "../error-codes.ts"
import { livesAs, ownIdentity, type ProcessIdentity } from "./identity.ts"

/** The hold of this process on what a file stands for. */
export interface FileClaim<T> {
  /** Replaces what the file tells others. */
  update(fields: T): Promise<void>
  /** At once, since it may be the last thing that the process does. */
  release(): void
}

export type Claimed<T> = T & ProcessIdentity

/** The living process that holds a claim; null where none does, whatever the file says. */
export async function findClaim<T extends object>(path: string, schema: z.ZodType<T>): Promise<Claimed<T> | null> {
  const isOwn = isOwnedByUser(path)
  const claimed = await readClaim(path, schema)
  return claimed !== null && livesAs(claimed, isOwn) ? claimed : null
}

/**
 * Claims what `path` stands for, for as long as this process lives. The file of a process that is gone is replaced.
 *
 * @throws SporeError `already_claimed`
 */
export async function claimFile<T extends object>(
  path: string,
  schema: z.ZodType<T>,
  fields: T,
): Promise<FileClaim<T>> {
  const identity = ownIdentity()
  const draft = `${path}.${process.pid}.${randomUUID()}`
  await write(draft, { ...fields, ...identity })
  try {
    while (!(await linked(draft, path))) {
      const other = await findClaim(path, schema)
      if (other !== null) {
        throw new SporeError<OperatorErrorCode>("already_claimed", `${path} is held by process ${other.pid}`)
      }
      await removeStale(path)
    }
  } finally {
    await rm(draft, { force: true })
  }

  return {
    update: async (changed) => {
      await write(draft, { ...changed, ...identity })
      await rename(draft, path)
    },
    release: () => {
      if (readOwner(path) === process.pid) rmSync(path, { force: true })
    },
  }
}

/** Moves the file aside before looking once more, so that the file of a process that claims at this moment is kept. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return
    throw error
  }
  if ((await findClaim(aside, z.object({}))) !== null) await linked(aside, path)
  await rm(aside, { force: true })
}

/** Whether the file could be put there; false where there is one. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false
    throw error
  }
}

function write(path: string, value: object): Promise<void> {
  return writeFile(path, `${JSON.stringify(value)}\n`, { mode: 0o600 })
}

const identitySchema = z.object({ pid: z.number().int().positive(), process_start: z.string().nullable() })

async function readClaim<T extends object>(path: string, schema: z.ZodType<T>): Promise<Claimed<T> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"))
    return { ...schema.parse(value), ...identitySchema.parse(value) }
  } catch {
    // None, or not one of ours: those are put in place whole.
    return null
  }
}

function isOwnedByUser(path: string): boolean {
  try {
    return lstatSync(path).uid === process.getuid?.()
  } catch {
    return false
  }
}

function readOwner(path: string): number | undefined {
  try {
    return identitySchema.parse(JSON.parse(readFileSync(path, "utf8"))).pid
  } catch {
    return undefined
  }
}
