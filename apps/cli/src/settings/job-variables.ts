import type { Context } from "../context.ts"

/** Variables of the user's that jobs see. */
const JOB = ["SPORE_DISABLE_COMPILE"]
/** Those by which pip finds packages, and its way to them; none that changes what is done with them. */
const PIP = [
  "HOME",
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE"],
  ...["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_CERT"],
]

/** What of the user's environment every job gets. */
export function jobVariables(env: Context["env"]): Record<string, string> {
  return pick(env, JOB)
}

/** What of the user's environment pip gets where it downloads packages. */
export function pipVariables(env: Context["env"]): Record<string, string> {
  return pick(env, PIP)
}

function pick(env: Context["env"], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name]
      return value === undefined || value === "" ? [] : [[name, value]]
    }),
  )
}
