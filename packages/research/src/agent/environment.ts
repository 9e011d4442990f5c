import type { AgentCommand } from "./command.ts"

/** What every agent gets of its keeper's environment. */
const USUAL = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "TERM",
  "COLORTERM",
  "LANG",
  "LANGUAGE",
  "TZ",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
]

/** Git as it comes: none of the keeper's settings, hooks or helpers, and no question. */
export const PLAIN_GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
} as const

/** An agent's whole environment: named variables of the keeper's, and nothing else of it. */
export function agentEnvironment(
  command: AgentCommand,
  keepers: Readonly<Record<string, string | undefined>>,
  folders: { home: string | null; temporary: string; dir: string },
): Record<string, string> {
  const named = new Set([...USUAL, ...command.keys, ...command.variables])
  const names = Object.keys(keepers).filter((name) => named.has(name) || name.startsWith("LC_"))
  const passed: Record<string, string> = {}
  for (const name of names) {
    const value = keepers[name]
    if (value !== undefined) passed[name] = value
  }
  return {
    ...passed,
    ...PLAIN_GIT,
    ...command.settings,
    ...(folders.home === null ? {} : { HOME: folders.home }),
    TMPDIR: folders.temporary,
    PWD: folders.dir,
    NO_COLOR: "1",
  }
}
