import type { Activity } from "@spore/api/client"
import { activityLine } from "../output/activity.ts"

/**
 * What is shown of a node that was asked for one thing: how far that is, or what it waits for.
 *
 * @param otherwise where nothing has the device
 */
export function progressWords(
  activities: readonly Activity[],
  isOwn: (activity: Activity) => boolean,
  otherwise: string,
): string {
  const own = activities.find(isOwn)
  if (own !== undefined) return activityLine(own)
  // Proposals are made without the device.
  const before = activities.find(({ kind }) => kind !== "proposal")
  return before === undefined ? otherwise : `waiting for its turn after ${activityLine(before)}`
}
