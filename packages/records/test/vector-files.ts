import { encodingVectors } from "./vector-encoding.ts"
import { jsonText } from "./vector-format.ts"
import { identifierVectors } from "./vector-identifiers.ts"
import { invalidObjectVectors } from "./vector-invalid-objects.ts"
import { objectVectors } from "./vector-objects.ts"
import { signatureVectors } from "./vector-signatures.ts"
import { examplesText } from "./spec-examples.ts"

/** Each generated file with its text; paths are relative to vectors/. */
export function vectorFiles(): [path: string, text: string][] {
  return [
    ["objects.json", jsonText(objectVectors())],
    ["invalid-objects.json", jsonText(invalidObjectVectors())],
    ["encoding.json", jsonText(encodingVectors())],
    ["signatures.json", jsonText(signatureVectors())],
    ["identifiers.json", jsonText(identifierVectors())],
    ["../docs/spec/10-examples.md", examplesText()],
  ]
}
