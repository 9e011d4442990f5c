/** A node that is killed while an experiment is under way; it says so on stdout. */
import { openScene, proposalOf, scripted } from "./support.ts"

const [folder = ""] = process.argv.slice(2)
const endless = "setInterval(() => undefined, 1000)"
const proposer = scripted(() => proposalOf(endless, "endless"))
const { node } = await openScene({ createProposer: () => proposer }, { folder })
node.onEvent((event) => {
  if (event.type === "activity" && event.activity?.title === "endless") {
    // Until the run has begun, which is noted before.
    setTimeout(() => console.log("under way"), 500)
  }
})
