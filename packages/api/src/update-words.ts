import type { NewestRelease, UpdateStatus } from "./dto/index.ts"

/** What is to say of a node's updates in a line: what is newest, and what is done about it. */
export function updateWords(update: UpdateStatus): string {
  const { newest, automatic, doing } = update
  const parts: string[] = []
  if ((doing === "waiting" || doing === "switching") && newest?.standing !== "newer") parts.push(ANOTHER[doing])
  else {
    parts.push(newest === null ? "no release is known yet" : newestWords(newest, isOld(update)))
    parts.push(...(doing === "idle" ? idleWords(update) : [DOING[doing]]))
  }
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

/** It goes back, or on as what another node of this user found good. */
const ANOTHER = {
  waiting: "goes on as another version when the running job has ended",
  switching: "goes on as another version now",
}

function idleWords({ trial, problem, reached_at: reached, looked_at: looked }: UpdateStatus): string[] {
  const undecided = trial === null ? [] : [`${trial} is on trial and undecided (spore update apply)`]
  if (problem !== null) return [...undecided, problem.message]
  return [...undecided, ...channelWords(looked, reached)]
}

function channelWords(looked: number | null, reached: number | null): string[] {
  return looked !== null && reached === null ? ["the channel was never reached"] : []
}
