import type { Methods } from "@spore/soak"
import type { Pace } from "../paced.ts"

/** A message and the time, as `now()` tells it. */
export interface Moment {
  readonly id: string
  readonly at: number
}

/** What the processes of the gossip suite do, those with our transport and the bare ones alike. */
export interface GossipMethods extends Methods {
  addresses(): Promise<string[]>
  connect(_: { address: string }): Promise<unknown>
  /** Makes messages to be published; gives the bytes of one. */
  make(_: { count: number }): Promise<number>
  /** Publishes what was made, at a rate or as fast as it goes; gives when each began. */
  publish(_: Pace): Promise<Moment[]>
  /** What arrived since the last call, own messages left out. */
  arrivals(): Promise<Moment[]>
}
