import { writeFile } from "node:fs/promises"
import { sessionVectors } from "./session-vectors.ts"

const about =
  "Sessions of /spore/sync/1: what both sides hold (envelopes, hex), and the messages of the asking and the answering side in order. An implementation of the answering side SHOULD give these answers; an asking side may ask otherwise and end with the same union."

await writeFile(
  new URL("../../../vectors/negentropy/sessions.json", import.meta.url),
  `${JSON.stringify({ about, sessions: await sessionVectors() }, undefined, 2)}\n`,
)
