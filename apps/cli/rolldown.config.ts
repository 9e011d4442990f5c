import { bundle } from "@spore/bundle"
import { DATABASE_LAYOUT } from "@spore/dag"
import type { RolldownOptions } from "rolldown"

const config: RolldownOptions = bundle({
  app: import.meta.dirname,
  entries: ["main", "cli"],
  database: DATABASE_LAYOUT,
})
export default config
