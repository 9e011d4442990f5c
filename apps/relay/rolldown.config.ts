import { bundle } from "@spore/bundle"
import type { RolldownOptions } from "rolldown"

const config: RolldownOptions = bundle({ app: import.meta.dirname, entries: ["main"] })
export default config
