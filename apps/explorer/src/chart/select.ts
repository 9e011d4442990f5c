/** The value that would stand at `k` if the numbers were sorted; reorders them (Hoare's quickselect). */
export function selectNth(numbers: Float64Array, k: number): number {
  let low = 0
  let high = numbers.length - 1
  while (low < high) {
    const pivot = numbers[(low + high) >>> 1] ?? 0
    let i = low
    let j = high
    while (i <= j) {
      while ((numbers[i] ?? 0) < pivot) i++
      while ((numbers[j] ?? 0) > pivot) j--
      if (i > j) break
      const swapped = numbers[i] ?? 0
      numbers[i++] = numbers[j] ?? 0
      numbers[j--] = swapped
    }
    if (k <= j) high = j
    else if (k >= i) low = i
    else break
  }
  return numbers[k] ?? NaN
}

/** Value at share `q` of numbers in any order, which it reorders; NaN of none. Linear, where sorting is not. */
export function quantileOf(numbers: Float64Array, q: number): number {
  return selectNth(numbers, Math.round((numbers.length - 1) * q))
}
