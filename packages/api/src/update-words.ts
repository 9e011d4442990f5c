import type { NewestRelease, UpdateStatus } from "./dto/index.ts"

/** What is to say of a node's updates in a line: what is newest, and what is done about it. */
export function updateWords(update: UpdateStatus): string {
  const { newest, automatic, doing } = update
  const parts = [newest === null ? "no release is known yet" : newestWords(newest)]
  if (doing === "idle") parts.push(...idleWords(update))
  else parts.push(DOING[doing])
  if (!automatic) parts.push(`by hand only (${update.why_not ?? "turned off"})`)
  return parts.join(", ")
}

export function newestWords({ version, standing, reason }: NewestRelease): string {
  switch (standing) {
    case "current":
      return "nothing newer is out"
    case "newer":
      return `${version} is out`
    case "refused":
      return `${version} is out and not taken: ${reason ?? "it was refused here"}`
    case "needs_node":
      return `${version} is out and not taken: ${reason ?? "it wants a newer Node.js"}`
  }
}

const DOING = {
  looking: "asking the channel",
  downloading: "downloading it",
  waiting: "installed, and waiting for the running job to end",
  switching: "switching to it",
}

function idleWords({ problem, reached_at: reached, looked_at: looked }: UpdateStatus): string[] {
  if (problem !== null) return [problem.message]
  return looked !== null && reached === null ? ["the channel was never reached"] : []
}
