import { describeBeside } from "./beside.ts"
import { describeCounts } from "./counts.ts"
import type { DatabaseKind } from "./database.ts"
import { describeGraph } from "./graph.ts"
import { describeIngest } from "./ingest.ts"
import { describeLists } from "./lists.ts"
import { describeOrder } from "./order.ts"
import { describeScheduling } from "./scheduling.ts"
import { describeSearch } from "./search.ts"
import { describeSharing } from "./sharing.ts"
import { describeSound } from "./sound.ts"
import { describeWeaknesses } from "./weaknesses.ts"
import { describeWithhold } from "./withhold.ts"

/** What every `Store` must do, whatever its database. */
export function describeStore(kind: DatabaseKind): void {
  describeIngest(kind)
  describeGraph(kind)
  describeCounts(kind)
  describeLists(kind)
  describeScheduling(kind)
  describeSearch(kind)
  describeWithhold(kind)
  describeSound(kind)
  describeSharing(kind)
  describeBeside(kind)
  describeOrder(kind)
  describeWeaknesses(kind)
}
