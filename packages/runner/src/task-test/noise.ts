/** What repeated runs of the same code say of a task. */
export interface Noise {
  mean: number
  /** Standard deviation of a single run; 0 for one run. */
  sd: number
  /** The largest score less the smallest. */
  spread: number
}

export function noiseOf(scores: readonly number[]): Noise {
  const mean = scores.reduce((sum, score) => sum + score / scores.length, 0)
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
  return {
    mean,
    sd: scores.length < 2 ? 0 : Math.sqrt(squares / (scores.length - 1)),
    spread: Math.max(...scores) - Math.min(...scores),
  }
}
