/** User and system seconds of the ended children, from the second line of the shell's `times`; null where it is missing. */
export function readCpuSeconds(times: string): number | null {
  const [, children = ""] = times.split("\n")
  const spent = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  )
  return spent.length === 2 ? spent.reduce((total, part) => total + part, 0) : null
}
