import type { ResearchStatus } from "@spore/api/client"
import type { ControlRow, ExperimentRow, RerunRow, Standing, TaskRow } from "@spore/dag"
import type { Activity, Notice, NodeStatus, Peer, ResearchEnd } from "@spore/node"

/** An experiment with what a reader compares it with. */
export interface SeenExperiment {
  readonly row: ExperimentRow
  readonly taskName: string
  readonly metric: string
  readonly goal: "minimize" | "maximize"
  readonly minEffect: number
  /** The baseline's value in its class. */
  readonly baseline: number | null
  /** The value of the nearest kept ancestor. */
  readonly parentValue: number | null
  /** Whether this node ran it. */
  readonly own: boolean
}

/** Where the followed task stands in this machine's class. */
export interface Place {
  readonly task: TaskRow
  readonly hardwareClass: string | null
  readonly standing: Standing | null
}

/** What a run tells whoever watches it: the live view, plain lines, or a program. */
export type RunEvent =
  | {
      readonly type: "ready"
      readonly status: NodeStatus
      readonly url: string
      readonly place: Place | null
      readonly research: ResearchStatus | null
      /** The last experiments of earlier runs, oldest first. */
      readonly recent: readonly SeenExperiment[]
    }
  | { readonly type: "started"; readonly activity: Activity }
  | { readonly type: "progress"; readonly activity: Activity }
  | { readonly type: "idle"; readonly worker: number }
  | { readonly type: "experiment"; readonly experiment: SeenExperiment }
  | {
      readonly type: "rerun"
      readonly rerun: RerunRow
      readonly experiment: SeenExperiment
      /** Whether this node made it. */
      readonly own: boolean
    }
  | { readonly type: "control"; readonly control: ControlRow; readonly experiment: SeenExperiment }
  | { readonly type: "task"; readonly task: TaskRow }
  /** Many facts at once, as in a first sync; told as a number. */
  | { readonly type: "synced"; readonly facts: number }
  | {
      readonly type: "place"
      readonly place: Place | null
      readonly verifyQueue: number
      readonly research: ResearchStatus | null
    }
  /** All that it found is told by then. */
  | { readonly type: "research_ended"; readonly reason: ResearchEnd; readonly research: ResearchStatus | null }
  | { readonly type: "peer"; readonly change: "connected" | "lost"; readonly peer: Peer }
  | { readonly type: "peers"; readonly peers: readonly Peer[]; readonly addresses: readonly string[] }
  | { readonly type: "notice"; readonly notice: Notice }
  | { readonly type: "notice_over"; readonly code: string }
  | { readonly type: "stopping" }
  | { readonly type: "stopped"; readonly summary: Summary }

/** What a run did. */
export interface Summary {
  readonly seconds: number
  readonly experiments: number
  readonly kept: number
  /** Reruns of others' claims. */
  readonly reruns: number
  readonly place: Place | null
  /** Null where none was to be done. */
  readonly research: ResearchStatus | null
  readonly dataDir: string
}

/** Shows a run. */
export interface RunView {
  show(event: RunEvent): void
  /** Leaves the terminal as it was. */
  close(): void
}
