/**
 * Moves the focus along the results below `list`, for the keys that do so; from the first it goes back to the search box.
 *
 * @returns whether it moved
 */
export function moveAmongHits(key: string, list: ParentNode): boolean {
  const links = [...list.querySelectorAll<HTMLElement>("[data-hit]")]
  const at = links.findIndex((link) => link === document.activeElement)
  if (key === "ArrowUp" && at === 0) {
    document.querySelector<HTMLElement>('input[type="search"]')?.focus()
    return true
  }
  const to = key === "ArrowDown" ? links[at + 1] : key === "ArrowUp" ? links[at - 1] : undefined
  to?.focus()
  return to !== undefined
}
