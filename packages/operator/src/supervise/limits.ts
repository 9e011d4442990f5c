/** How long a supervisor waits for what, in milliseconds. */
export interface SupervisorLimits {
  /** For a version on trial to say something: that it is healthy, or what it is doing. */
  readonly silence: number
  /** For it to become healthy, whatever it says. */
  readonly trial: number
  /** For a program to end in order before it is killed. */
  readonly stop: number
  /** The same once it was asked to end at once. */
  readonly hardStop: number
  /** Before the first restart after a crash; each further pause is twice as long. */
  readonly firstPause: number
  readonly longestPause: number
  /** A program that was healthy for so long crashes for the first time again. */
  readonly steady: number
}

export const SUPERVISOR_LIMITS: SupervisorLimits = {
  silence: 180_000,
  trial: 30 * 60_000,
  stop: 10_000,
  hardStop: 1_000,
  firstPause: 1_000,
  longestPause: 5 * 60_000,
  steady: 10 * 60_000,
}
