import { bundledPackage, type Package, textOf } from "./bench.ts"
import { evaluateAlone, type Evaluation } from "./evaluation.ts"

export interface CharLmChoice {
  /** Files that stand in for the package's own. */
  files?: Record<string, string>
  steps?: number
  /** Held-out characters, a multiple of 32. */
  heldOut?: number
  /** Wall seconds that a candidate may take. */
  seconds?: number
}

/** char-lm with a smaller budget, which no candidate can change. */
export async function charLm({ files = {}, steps = 2, heldOut = 128 }: CharLmChoice = {}): Promise<Package> {
  const whole = await bundledPackage("char-lm")
  return bundledPackage("char-lm", {
    "spore.task.json": textOf(whole, "spore.task.json").replace('"value": 1000', `"value": ${steps}`),
    "heldout.txt": textOf(whole, "heldout.txt").slice(0, heldOut),
    "train.txt": textOf(whole, "train.txt").slice(0, 50_000),
    ...files,
  })
}

export async function evaluate(choice: CharLmChoice): Promise<Evaluation> {
  return evaluateAlone(await charLm(choice), choice.seconds)
}

/** A program whose model predicts the same for every symbol, with statements put into it. */
export function program({ top = "", create = "", step = "", predict = "", observe = "" } = {}): string {
  return `${top};
export function createModel(shape) {
  const distributions = new Float32Array(shape.streams * shape.vocab).fill(1);
  ${create};
  return {
    parameters: 1,
    step(symbols) { ${step}; return 4 },
    predict() { ${predict}; return distributions },
    observe(symbols) { ${observe}; },
  }
}
`
}
