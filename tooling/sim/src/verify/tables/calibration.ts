import { createVerdicts } from "@spore/verify"
import { type Block, cell, type Table, trialsOf } from "../../block.ts"
import { createNetwork, type NetworkInit } from "../network.ts"
import { OWN_BASELINE_TERMS, TERMS } from "../terms.ts"

const NAME = "calibration"
/** A class that is not calibrated by then is given up. */
const MOST_JOBS = 2000

export const calibration: Table = {
  name: NAME,
  title: "Until a class is calibrated",
  about: `So many research nodes begin a new task: the share of classes whose noise estimate reaches 8 degrees of freedom, so
that claims are judged, and the experiments and reruns made until then (mean). How often verdicts err from there on say
the lines "df 8" of the other tables.`,
  corner: "keys",
  blocks: (effort) =>
    [2, 3, 5, 10].flatMap((hosts) => [
      block(`${hosts}`, { terms: TERMS, hosts }, trialsOf(effort, 20)),
      block(`${hosts}, own baseline`, { terms: OWN_BASELINE_TERMS, hosts, offsets: 1 }, trialsOf(effort, 20)),
    ]),
}

function block(name: string, init: Pick<NetworkInit, "terms" | "hosts" | "offsets">, trials: number): Block {
  return {
    name,
    run: (random) => {
      let [experiments, reruns, calibrated] = [0, 0, 0]
      for (let i = 0; i < trials; i++) {
        const network = createNetwork({ ...init, random, verdicts: createVerdicts() })
        let rerunsHere = 0
        for (let jobs = 0; jobs < MOST_JOBS; jobs++) {
          const job = network.next()
          if (job.kind === "rerun") rerunsHere++
          if (!network.isCalibrated()) continue
          experiments += job.experiments
          reruns += rerunsHere
          calibrated++
          break
        }
      }
      return [
        cell(NAME, [name, "calibrated"], "%", (100 * calibrated) / trials),
        cell(NAME, [name, "experiments"], "", experiments / calibrated),
        cell(NAME, [name, "reruns"], "", reruns / calibrated),
      ]
    },
  }
}
