/** The constants a proposal changes. */
export type Settings = Readonly<Record<string, number>>

export const START: Settings = {
  LEARNING_RATE: 0.01,
  CONTEXT: 8,
  EMBEDDING: 16,
  HIDDEN: 64,
  BATCH: 16,
  WARMUP: 40,
  WEIGHT_DECAY: 0.1,
  BETA2: 0.99,
}

/** A candidate as long as a small real one, so that diffs have context. */
export function trainScript(settings: Settings): string {
  const constants = Object.entries(settings).map(([name, value]) => `const ${name} = ${value} // tunable`)
  return `import { readText, stream } from "./harness.mjs"

${constants.join("\n")}

const text = readText()
const vocabulary = [...new Set(text)].toSorted()
const indexOf = new Map(vocabulary.map((character, i) => [character, i]))

/** Gaussian initial weights, scaled by the fan-in. */
function weights(rows, columns, random) {
  const matrix = new Float32Array(rows * columns)
  for (let i = 0; i < matrix.length; i++) matrix[i] = gaussian(random) / Math.sqrt(rows)
  return matrix
}

export function train(steps, random) {
  const embedding = weights(vocabulary.length, EMBEDDING, random)
  const hidden = weights(CONTEXT * EMBEDDING, HIDDEN, random)
  const output = weights(HIDDEN, vocabulary.length, random)
  const optimizer = adam({ rate: LEARNING_RATE, beta2: BETA2, decay: WEIGHT_DECAY, warmup: WARMUP })
  for (let step = 0; step < steps; step++) {
    const batch = sample(text, BATCH, CONTEXT, random)
    const { loss, gradients } = backward(batch, embedding, hidden, output)
    optimizer.step([embedding, hidden, output], gradients)
    if (step % 50 === 0) console.log(\`step \${step} loss \${loss.toFixed(4)}\`)
  }
  return (context) => forward(context, embedding, hidden, output)
}

await stream(train)
`
}
