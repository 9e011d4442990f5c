import type { Clock } from "@spore/records"
import type { JobReport } from "./job.ts"
import type { Activity } from "./node.ts"

const MAX_LOG_LINES = 200
const MAX_LINE = 4_096

/** What an activity is, without when and where. */
export type Doing = Omit<Activity, "worker" | "startedAt" | "progress">

/** What the workers of a node are doing, and the last lines of each. */
export interface Activities {
  /** @param worker the first without a place of its own, where it is left out */
  begin(doing: Doing, worker?: number): JobReport & { end(): void }
  /** By worker. */
  list(): readonly Activity[]
  /** Of the first that does something, where no worker is named. */
  lines(worker?: number): readonly string[]
}

export interface ActivitiesInit {
  clock: Clock
  /** So many workers have places of their own: 0, 1, … */
  reserved: number
  onActivity(worker: number, activity: Activity | null): void
}

export function createActivities({ clock, reserved, onActivity }: ActivitiesInit): Activities {
  const current = new Map<number, Activity>()
  const logs = new Map<number, string[]>()

  function firstFree(): number {
    let worker = reserved
    while (current.has(worker)) worker++
    return worker
  }

  const list = (): Activity[] => [...current.values()].toSorted((a, b) => a.worker - b.worker)

  return {
    begin: (doing, worker = firstFree()) => {
      const begun: Activity = { ...doing, worker, startedAt: clock.now(), progress: null }
      const lines: string[] = []
      const show = (activity: Activity): void => {
        current.set(worker, activity)
        onActivity(worker, activity)
      }
      logs.set(worker, lines)
      show(begun)
      return {
        progress: (progress) => show({ ...begun, progress }),
        line: (line) => {
          lines.push(line.slice(0, MAX_LINE))
          if (lines.length > MAX_LOG_LINES) lines.shift()
        },
        end: () => {
          current.delete(worker)
          onActivity(worker, null)
        },
      }
    },
    list,
    lines: (worker = list()[0]?.worker ?? 0) => logs.get(worker) ?? [],
  }
}
