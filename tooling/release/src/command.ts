import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Instruction, instructionSchema } from "@spore/operator"
import { type Clock, messageOf } from "@spore/records"
import { Command, InvalidArgumentError } from "commander"
import { z } from "zod"
import { addSignatures, decode, type Document, encode, merged } from "./document.ts"
import { problem } from "./errors.ts"
import { readKeys, writeKeys } from "./key-files.ts"
import { createKeys, type Keys, type Role, type RoleKeys, ROLES } from "./keys.ts"
import { createRepository, openRepository, type ReleaseOptions, type Repository } from "./repository.ts"
import { newestOf, statusOf } from "./status.ts"

interface KeyOption {
  keys?: string
}
interface DraftOption extends KeyOption {
  draft?: string
}
const KEYS = ["--keys <folder>", "folder of keys"] as const
const DRAFT = ["--draft <folder>", "write what is to be signed there, and publish nothing"] as const

export interface CommandInit {
  /** Keys may come from here. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** What it has to say. */
  readonly write: (text: string) => void
}

/** The command line of the maintainers' tool. */
export function createCommand({ env, clock, write }: CommandInit): Command {
  const program = new Command("pnpm release")
    .exitOverride()
    .configureOutput({ writeOut: write })
    .description("Makes and keeps a release channel of Spore (docs/releasing.md).")
    .addHelpText(
      "after",
      `
Private keys come from the folder of --keys (ROLE-N.pem), or from SPORE_RELEASE_KEY_ROOT, _TARGETS, _SNAPSHOT and
_TIMESTAMP (PEM text). What is to be signed elsewhere is written by --draft, signed there by \`sign\`, and taken in
by \`accept\`.`,
    )

  program
    .command("keys <folder>")
    .description("create keys: three of the root, one of each other role")
    .option("--role <role...>", `only these: ${ROLES.join(", ")}`, asRole)
    .action(async (folder: string, { role = [...ROLES] }: { role?: Role[] }) => {
      const keys: Partial<Record<Role, RoleKeys>> = {}
      for (const one of role) keys[one] = createKeys()[one]
      say(...(await writeKeys(folder, keys)), "Each root key belongs to another person, on a medium of its own.")
    })

  program
    .command("init <repository>")
    .description("begin a channel in an empty folder")
    .option(...KEYS)
    .action(async (folder: string, options: KeyOption) => {
      const repository = await createRepository({ folder, clock, keys: await keysOf(options) })
      await sayStatus(repository)
    })

  program
    .command("publish <repository> <archive>")
    .description("publish a packed @spore/cli")
    .option(...KEYS)
    .option(...DRAFT)
    .option("--notes <file>", "Markdown for users")
    .option("--instructions <file>", "JSON: what nodes do once when they switch to it")
    .action(
      async (folder: string, archive: string, options: DraftOption & { notes?: string; instructions?: string }) => {
        const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
        const release = await releaseOptions(options)
        if (options.draft !== undefined)
          return writeDraft(options.draft, await repository.draftRelease(archive, release))
        const { version } = await repository.publish(archive, release)
        say(`${version} is published in ${folder}.`)
      },
    )

  program
    .command("refresh <repository>")
    .description("sign the timestamp anew, and what is past half its time")
    .option(...KEYS)
    .action(async (folder: string, options: KeyOption) => {
      const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
      await repository.refresh()
      await sayStatus(repository)
    })

  program
    .command("renew <repository>")
    .description("give the targets a later end, without a release")
    .option(...KEYS)
    .option(...DRAFT)
    .action(async (folder: string, options: DraftOption) => {
      const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
      if (options.draft !== undefined) return writeDraft(options.draft, repository.draftTargets())
      await repository.accept(repository.draftTargets())
      await sayStatus(repository)
    })

  program
    .command("rotate <repository>")
    .description("replace keys: the next root is signed by old keys and new")
    .option(...KEYS)
    .option(...DRAFT)
    .requiredOption("--to <folder>", "all keys from now on; public halves do")
    .action(async (folder: string, options: DraftOption & { to: string }) => {
      const to = await readKeys(options.to)
      const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
      if (options.draft === undefined) {
        await repository.rotateRoot(to)
        return sayStatus(repository)
      }
      const after = await openRepository({ folder, clock, keys: to })
      await writeDraft(options.draft, repository.draftRoot(to), after.draftTargets())
    })

  program
    .command("sign <files...>")
    .description("add the signatures of the keys that are here to drafts")
    .option(...KEYS)
    .action(async (files: string[], options: KeyOption) => {
      const keys = await keysOf(options)
      for (const file of files) {
        const document = decode(await readFile(file))
        const { type, version, expires } = document.signed
        const role: Role = type
        addSignatures(document, keys[role].keys)
        await writeFile(file, encode(document))
        const count = Object.keys(document.signatures).length
        say(
          `${file}: ${type} version ${version}, until ${expires}, now with ${count} ${count === 1 ? "signature" : "signatures"}`,
        )
      }
    })

  program
    .command("accept <repository> <files...>")
    .description("publish drafts that were signed elsewhere; signatures of several copies add up")
    .option(...KEYS)
    .action(async (folder: string, files: string[], options: KeyOption) => {
      const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
      const documents = await Promise.all(files.map(async (file) => decode(await readFile(file))))
      await repository.accept(...merged(documents))
      await sayStatus(repository)
    })

  program
    .command("status <repository>")
    .description("the newest release; versions, ends and keys of what is signed")
    .action(async (folder: string) => {
      const repository = await openRepository({ folder, clock, keys: await readKeys(undefined) })
      await sayStatus(repository)
    })

  return program

  function keysOf({ keys }: KeyOption): Promise<Keys> {
    const texts = ROLES.flatMap((role) => {
      const text = env[`SPORE_RELEASE_KEY_${role.toUpperCase()}`]
      return text === undefined ? [] : [[role, text] as const]
    })
    return readKeys(keys, Object.fromEntries(texts))
  }

  async function writeDraft(folder: string, ...documents: Document[]): Promise<void> {
    await mkdir(folder, { recursive: true })
    for (const document of documents) {
      const path = join(folder, `${document.signed.type}.json`)
      await writeFile(path, encode(document))
      say(`${path}: to be signed by \`pnpm release sign ${path} --keys …\`, then \`pnpm release accept\``)
    }
  }

  async function sayStatus(repository: Repository): Promise<void> {
    say(newestOf(await repository.newest()), ...statusOf(repository.current(), clock.now()))
  }

  function say(...lines: string[]): void {
    write(lines.map((line) => `${line}\n`).join(""))
  }
}

async function releaseOptions(files: { notes?: string; instructions?: string }): Promise<ReleaseOptions> {
  const { notes, instructions } = files
  return {
    ...(notes !== undefined && { notes: await readFile(notes, "utf8") }),
    ...(instructions !== undefined && { instructions: await readInstructions(instructions) }),
  }
}

async function readInstructions(path: string): Promise<Instruction[]> {
  const text = await readFile(path, "utf8")
  const next = "docs/releasing.md shows each of them"
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw problem("bad_instructions", `${path} is no JSON: ${messageOf(error)}`, next)
  }
  const read = z.array(instructionSchema).safeParse(json)
  if (!read.success) throw problem("bad_instructions", `${path}: ${z.prettifyError(read.error)}`, next)
  return read.data
}

function asRole(text: string, before: Role[] = []): Role[] {
  const role = ROLES.find((one) => one === text)
  if (role === undefined) throw new InvalidArgumentError(`expected one of ${ROLES.join(", ")}`)
  return [...before, role]
}
