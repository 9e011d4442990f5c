import type { ThemeRegistrationRaw } from "@shikijs/primitive"
import { TOKEN_KINDS } from "./tokens.ts"

type Kind = (typeof TOKEN_KINDS)[number]

const SCOPES: readonly (readonly [Kind, readonly string[]])[] = [
  ["string", ["string", "punctuation.definition.string", "markup.inline.raw", "markup.fenced_code"]],
  ["constant", ["constant", "support.constant", "variable.language", "keyword.other.unit", "markup.bold"]],
  [
    "keyword",
    [
      "keyword",
      "storage.type",
      "storage.modifier",
      "punctuation.definition.heading",
      "markup.heading",
      "entity.name.tag",
    ],
  ],
  ["plain", ["keyword.operator", "storage.type.function.arrow"]],
  ["keyword", ["keyword.operator.new", "keyword.operator.expression", "keyword.operator.logical.python"]],
  [
    "function",
    ["entity.name.function", "support.function", "meta.function-call.generic", "entity.name.function.decorator"],
  ],
  [
    "type",
    [
      "entity.name.type",
      "entity.name.class",
      "entity.other.inherited-class",
      "support.type",
      "support.class",
      "support.type.property-name",
      "entity.name.namespace",
    ],
  ],
  ["comment", ["comment", "punctuation.definition.comment", "string.quoted.docstring"]],
]

/** A theme whose colours are the numbers of the kinds: what they look like is the page's own style sheet's. */
export const theme: ThemeRegistrationRaw = {
  name: "kinds",
  type: "light",
  settings: [
    { settings: { foreground: colorOf("plain"), background: "#FFFFFF" } },
    ...SCOPES.map(([kind, scope]) => ({ scope: [...scope], settings: { foreground: colorOf(kind) } })),
  ],
}

/** The number of the kind that a colour of the theme stands for. */
export function kindOf(color: string | undefined): number {
  const number = color === undefined ? 0 : Number.parseInt(color.slice(1), 16)
  return number < TOKEN_KINDS.length ? number : 0
}

function colorOf(kind: Kind): string {
  return `#${TOKEN_KINDS.indexOf(kind).toString(16).padStart(6, "0")}`
}
