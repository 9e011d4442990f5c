import { config } from "zod"

// zod's compiled parsers need `eval`, which the page's policy forbids; even the probe for it would be reported.
config({ jitless: true })
