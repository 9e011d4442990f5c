/** `program.md`: what the keeper of a node wants proposers to try, theirs to change. */
export const PROGRAM: string = `# What to try

- Prefer one small, clear change an experiment, whose effect can be told from noise.
- Prefer ideas that nobody tried from this parent; learn from what failed before.
- Simple code that is as good is better.
`
