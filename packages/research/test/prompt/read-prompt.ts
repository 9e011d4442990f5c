/** The parts of a prompt's data, as a reader finds them who knows the boundary alone. */
export function readParts(data: string, boundary: string): { label: string; text: string }[] {
  const parts: { label: string; lines: string[]; isOpen: boolean }[] = []
  for (const line of data.split("\n")) {
    const current = parts.at(-1)
    if (line.startsWith(`<<<BEGIN ${boundary} `)) {
      if (current?.isOpen === true) throw new Error(`a part begins inside of ${current.label}`)
      parts.push({ label: line.slice(`<<<BEGIN ${boundary} `.length), lines: [], isOpen: true })
    } else if (line === `>>>END ${boundary}`) {
      if (current?.isOpen !== true) throw new Error("an end without a part")
      current.isOpen = false
    } else if (current?.isOpen === true) current.lines.push(line)
    else if (line !== "") throw new Error(`outside of all parts: ${line}`)
  }
  return parts.map(({ label, lines }) => ({ label, text: lines.join("\n") }))
}

/** The boundary that the instructions tell. */
export function boundaryOf(instructions: string): string {
  const boundary = /<<<BEGIN ([0-9a-f]{24}) /.exec(instructions)?.[1]
  if (boundary === undefined) throw new Error("the instructions tell no boundary")
  return boundary
}
