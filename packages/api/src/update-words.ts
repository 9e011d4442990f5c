import type { NewestRelease, UpdateStatus } from "./dto/index.ts"

/** What is to say of a node's updates in a line: what is newest, and what is done about it. */
export function updateWords(update: UpdateStatus): string {
  const { newest, automatic, doing } = update
  const parts = [newest === null ? "no release is known yet" : newestWords(newest, isOld(update))]
  if (doing === "idle") parts.push(...idleWords(update))
  else parts.push(DOING[doing])
  if (!automatic) parts.push(`by hand only (${update.why_not ?? "turned off"})`)
  return parts.join(", ")
}

/** @param old whether what is known is not what the channel says by now */
export function newestWords({ version, standing, reason }: NewestRelease, old: boolean): string {
  switch (standing) {
    case "current":
      return old ? "nothing newer was out at the last good look" : "nothing newer is out"
    case "newer":
      return `${version} is out`
    case "refused":
      return `${version} is out and not taken: ${reason ?? "it was refused here"}`
    case "needs_node":
      return `${version} is out and not taken: ${reason ?? "it wants a newer Node.js"}`
  }
}

/** Whether the channel may have something newer than what is known of it. */
export function isOld({ stale, problem }: Pick<UpdateStatus, "stale" | "problem">): boolean {
  return stale || (problem?.code.startsWith("channel_") ?? false)
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
