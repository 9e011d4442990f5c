/** What can be highlighted; the names are Shiki's. */
export const LANGUAGES = [
  "python",
  "javascript",
  "typescript",
  "c",
  "cpp",
  "rust",
  "json",
  "toml",
  "yaml",
  "shellscript",
  "markdown",
] as const
export type Language = (typeof LANGUAGES)[number]

const BY_EXTENSION: Readonly<Record<string, Language>> = {
  py: "python",
  pyi: "python",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "javascript",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  c: "c",
  h: "c",
  cc: "cpp",
  cpp: "cpp",
  cxx: "cpp",
  hpp: "cpp",
  hh: "cpp",
  // CUDA is C++ with a few words more.
  cu: "cpp",
  cuh: "cpp",
  rs: "rust",
  json: "json",
  toml: "toml",
  yaml: "yaml",
  yml: "yaml",
  sh: "shellscript",
  bash: "shellscript",
  md: "markdown",
}

/** What a task calls its artifact begins with one of these where it is in that language. */
const BY_ARTIFACT: readonly (readonly [string, Language])[] = [
  ["python", "python"],
  ["javascript", "javascript"],
  ["typescript", "typescript"],
  ["cuda", "cpp"],
  ["cpp", "cpp"],
  ["rust", "rust"],
]

/**
 * The language of a file by its name; null where it is shown as plain text.
 *
 * @param path empty where the candidate is one file, which has no name
 * @param artifact what the task says its candidates are
 */
export function languageOf(path: string, artifact: string | undefined): Language | null {
  if (path === "") return BY_ARTIFACT.find(([prefix]) => artifact?.startsWith(prefix) === true)?.[1] ?? null
  const [, extension] = /\.([a-z0-9]{1,5})$/i.exec(path) ?? []
  return extension !== undefined && Object.hasOwn(BY_EXTENSION, extension.toLowerCase())
    ? (BY_EXTENSION[extension.toLowerCase()] ?? null)
    : null
}
