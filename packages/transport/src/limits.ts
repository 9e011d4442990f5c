import { type ExchangeLimits, HOME_EXCHANGE, RELAY_EXCHANGE } from "./artifacts/limits.ts"
import { type GossipLimits, HOME_GOSSIP, RELAY_GOSSIP } from "./gossip/limits.ts"
import { HOME_PEERS, type PeerLimits, RELAY_PEERS } from "./peers/limits.ts"
import { HOME_SYNC, RELAY_SYNC, type SyncLimits } from "./sync/limits.ts"

/** Every bound on what peers may cost. Times in milliseconds, sizes in bytes, counts per peer unless said otherwise. */
export interface TransportLimits extends PeerLimits, GossipLimits, SyncLimits, ExchangeLimits {}

/** For a node at home: a few dozen peers, memory for other work. */
export const HOME_LIMITS: TransportLimits = { ...HOME_PEERS, ...HOME_GOSSIP, ...HOME_SYNC, ...HOME_EXCHANGE }

/** For a public relay: a thousand strangers. */
export const RELAY_LIMITS: TransportLimits = { ...RELAY_PEERS, ...RELAY_GOSSIP, ...RELAY_SYNC, ...RELAY_EXCHANGE }
