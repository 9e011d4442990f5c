import { createJavaScriptRegexEngine } from "@shikijs/engine-javascript"
import {
  codeToTokensBase,
  createShikiPrimitiveAsync,
  type LanguageInput,
  type ShikiPrimitive,
} from "@shikijs/primitive"
import type { Language } from "./languages.ts"
import { kindOf, theme } from "./theme.ts"
import type { LineTokens } from "./tokens.ts"

/** Longer lines are nobody's reading, and cost the most. */
const MAX_LINE = 1000

const GRAMMARS: Readonly<Record<Language, LanguageInput>> = {
  python: () => import("@shikijs/langs/python"),
  javascript: () => import("@shikijs/langs/javascript"),
  typescript: () => import("@shikijs/langs/typescript"),
  c: () => import("@shikijs/langs/c"),
  cpp: () => import("@shikijs/langs/cpp"),
  rust: () => import("@shikijs/langs/rust"),
  json: () => import("@shikijs/langs/json"),
  toml: () => import("@shikijs/langs/toml"),
  yaml: () => import("@shikijs/langs/yaml"),
  shellscript: () => import("@shikijs/langs/shellscript"),
  markdown: () => import("@shikijs/langs/markdown"),
}

let shiki: Promise<ShikiPrimitive> | undefined

/** The tokens of each line. Its time has no bound: whoever calls it must be able to end it. */
export async function highlightCode(code: string, language: Language): Promise<LineTokens[]> {
  shiki ??= createShikiPrimitiveAsync({
    themes: [theme],
    langs: [],
    // Needs neither `eval` nor WebAssembly, which the page's policy forbids.
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  })
  const primitive = await shiki
  await primitive.loadLanguage(GRAMMARS[language])
  const options = { lang: language, theme: theme.name ?? "", tokenizeMaxLineLength: MAX_LINE, tokenizeTimeLimit: 0 }
  return codeToTokensBase(primitive, code, options).map((line) =>
    line.flatMap(({ content, color }) => [content.length, kindOf(color)]),
  )
}
