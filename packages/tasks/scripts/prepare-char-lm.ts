/**
 * Makes `train.txt` and `heldout.txt` of the char-lm task from plain text files, taken in the order given:
 *
 *     node scripts/prepare-char-lm.ts OUTPUT_FOLDER TEXT...
 *
 * The same text gives the same bytes on every machine. bundled/char-lm/README.md says which text was used.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { stdout } from "node:process"

/** The held-out text is the last part: 32 streams of 3,072 characters. */
const HELD_OUT = 32 * 3072

const [folder, ...sources] = process.argv.slice(2)
if (folder === undefined || sources.length === 0) {
  throw new Error("usage: prepare-char-lm.ts OUTPUT_FOLDER TEXT...")
}
const texts = await Promise.all(sources.map((source) => readFile(source, "utf8")))
const text = `${texts.map(normalise).join("\n\n")}\n`
if (text.length < 10 * HELD_OUT) throw new Error(`${text.length} characters are too few`)

await writeFile(join(folder, "train.txt"), text.slice(0, -HELD_OUT))
await writeFile(join(folder, "heldout.txt"), text.slice(-HELD_OUT))
stdout.write(`${text.length - HELD_OUT} characters to train on, ${HELD_OUT} held out, ${new Set(text).size} symbols\n`)

/** Folds to letters, digits, space, newline and the marks `! " ' ( ) , - . : ; ?`; drops everything else. */
function normalise(raw: string): string {
  return raw
    .normalize("NFKD")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”]/g, '"')
    .replaceAll(/[—–]/g, "--")
    .replaceAll("&", "and")
    .replaceAll("[", "(")
    .replaceAll("]", ")")
    .replaceAll(/[^\n !"'(),\-.0-9:;?A-Za-z]/g, "")
    .replaceAll(/ +/g, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim()
}
