/** An answer in the form that is asked for. */
export function editAnswer(search: string, replacement: string, title = "raise the rate"): string {
  return `TITLE: ${title}
HYPOTHESIS: A higher rate converges sooner.

FILE: train.mjs
<<<<<<< SEARCH
${search}
=======
${replacement}
>>>>>>> REPLACE
`
}

export function wholeAnswer(lines: string, title = "rewrite"): string {
  return `TITLE: ${title}
HYPOTHESIS: Simpler is better.

FILE: train.mjs
<<<<<<< WHOLE
${lines}
>>>>>>> WHOLE
`
}
