import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { isSporeError, messageOf } from "@spore/records"
import { Command, InvalidArgumentError } from "commander"
import { z } from "zod"
import { addSignatures, decode, type Document, encode, merged } from "./document.ts"
import { readKeys, writeKeys } from "./key-files.ts"
import { createKey, type Keys, type Role, ROLES } from "./keys.ts"
import { createRepository, openRepository, type ReleaseOptions } from "./repository.ts"
import { statusOf } from "./status.ts"
import { instructionSchema } from "@spore/operator"

const clock = { now: () => Date.now() }
const program = new Command("pnpm release")
  .description("Makes and keeps a release channel of Spore (docs/releasing.md).")
  .addHelpText(
    "after",
    `
Private keys come from the folder of --keys (ROLE-N.pem), or from SPORE_RELEASE_KEY_ROOT, _TARGETS, _SNAPSHOT and
_TIMESTAMP (PEM text). What is to be signed elsewhere is written by --draft, signed there by \`sign\`, and taken in by \`accept\`.`,
  )

interface KeyOption {
  keys?: string
}
interface DraftOption extends KeyOption {
  draft?: string
}
const KEYS = ["--keys <folder>", "folder of keys"] as const
const DRAFT = ["--draft <folder>", "write what is to be signed there, and publish nothing"] as const

program
  .command("keys <folder>")
  .description("create keys: three of the root, one of each other role")
  .option("--role <role...>", `only these: ${ROLES.join(", ")}`, asRole)
  .action(async (folder: string, { role = [...ROLES] }: { role?: Role[] }) => {
    const keys = role.map((one) => [
      one,
      { keys: one === "root" ? [createKey(), createKey(), createKey()] : [createKey()], threshold: 1 },
    ])
    say(
      ...(await writeKeys(folder, Object.fromEntries(keys))),
      "Each root key belongs to another person, on a medium of its own.",
    )
  })

program
  .command("init <repository>")
  .description("begin a channel in an empty folder")
  .option(...KEYS)
  .action(async (folder: string, options: KeyOption) => {
    const repository = await createRepository({ folder, clock, keys: await keysOf(options) })
    say(...statusOf(repository.current(), clock.now()))
  })

program
  .command("publish <repository> <archive>")
  .description("publish a packed @spore/cli")
  .option(...KEYS)
  .option(...DRAFT)
  .option("--notes <file>", "Markdown for users")
  .option("--instructions <file>", "JSON: what nodes do once when they switch to it")
  .action(async (folder: string, archive: string, options: DraftOption & { notes?: string; instructions?: string }) => {
    const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
    const release = await releaseOptions(options)
    if (options.draft !== undefined) return writeDraft(options.draft, await repository.draftRelease(archive, release))
    const { version } = await repository.publish(archive, release)
    say(`${version} is published in ${folder}.`)
  })

program
  .command("refresh <repository>")
  .description("sign the timestamp anew, and what is past half its time")
  .option(...KEYS)
  .action(async (folder: string, options: KeyOption) => {
    const repository = await openRepository({ folder, clock, keys: await keysOf(options) })
    await repository.refresh()
    say(...statusOf(repository.current(), clock.now()))
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
    say(...statusOf(repository.current(), clock.now()))
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
      return say(...statusOf(repository.current(), clock.now()))
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
    say(...statusOf(repository.current(), clock.now()))
  })

program
  .command("status <repository>")
  .description("versions, ends and keys of what is published")
  .action(async (folder: string) => {
    const repository = await openRepository({ folder, clock, keys: await readKeys(undefined) })
    say(...statusOf(repository.current(), clock.now()))
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  if (isSporeError(error) && error.next !== undefined) process.stderr.write(`→ ${error.next}\n`)
  process.exitCode = 1
}

function keysOf({ keys }: KeyOption): Promise<Keys> {
  const texts = ROLES.flatMap((role) => {
    const text = process.env[`SPORE_RELEASE_KEY_${role.toUpperCase()}`]
    return text === undefined ? [] : [[role, text] as const]
  })
  return readKeys(keys, Object.fromEntries(texts))
}

async function releaseOptions(files: { notes?: string; instructions?: string }): Promise<ReleaseOptions> {
  const { notes, instructions } = files
  return {
    ...(notes !== undefined && { notes: await readFile(notes, "utf8") }),
    ...(instructions !== undefined && {
      instructions: z.array(instructionSchema).parse(JSON.parse(await readFile(instructions, "utf8"))),
    }),
  }
}

async function writeDraft(folder: string, ...documents: Document[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const document of documents) {
    const path = join(folder, `${document.signed.type}.json`)
    await writeFile(path, encode(document))
    say(`${path}: to be signed by \`pnpm release sign ${path} --keys …\`, then \`pnpm release accept\``)
  }
}

function asRole(text: string, before: Role[] = []): Role[] {
  const role = ROLES.find((one) => one === text)
  if (role === undefined) throw new InvalidArgumentError(`expected one of ${ROLES.join(", ")}`)
  return [...before, role]
}

function say(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""))
}
