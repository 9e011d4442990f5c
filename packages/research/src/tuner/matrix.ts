/** A square matrix, row after row. */
export type Matrix = Float64Array

/**
 * The lower triangular L with L·Lᵀ = `matrix`, which must be symmetric and, but for rounding, positive definite. Above
 * its diagonal stands nothing of meaning.
 */
export function choleskyOf(matrix: Matrix, count: number): Matrix {
  const lower = Float64Array.from(matrix)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let left = lower[i * count + j] ?? 0
      for (let k = 0; k < j; k++) left -= (lower[i * count + k] ?? 0) * (lower[j * count + k] ?? 0)
      lower[i * count + j] = i === j ? Math.sqrt(Math.max(1e-12, left)) : left / (lower[j * count + j] ?? 1)
    }
  }
  return lower
}

/** Puts x with L·x = b in the place of b. */
export function solveLower(lower: Matrix, b: Float64Array): Float64Array {
  const count = b.length
  for (let i = 0; i < count; i++) {
    let left = b[i] ?? 0
    for (let k = 0; k < i; k++) left -= (lower[i * count + k] ?? 0) * (b[k] ?? 0)
    b[i] = left / (lower[i * count + i] ?? 1)
  }
  return b
}

/** Puts x with Lᵀ·x = b in the place of b. */
export function solveUpper(lower: Matrix, b: Float64Array): Float64Array {
  const count = b.length
  for (let i = count - 1; i >= 0; i--) {
    const solved = (b[i] ?? 0) / (lower[i * count + i] ?? 1)
    b[i] = solved
    for (let k = 0; k < i; k++) b[k] = (b[k] ?? 0) - (lower[i * count + k] ?? 0) * solved
  }
  return b
}

/** The inverse of L·Lᵀ. */
export function inverseOf(lower: Matrix, count: number): Matrix {
  const inverse = new Float64Array(count * count)
  for (let column = 0; column < count; column++) {
    const unit = new Float64Array(count)
    unit[column] = 1
    inverse.set(solveUpper(lower, solveLower(lower, unit)), column * count)
  }
  return inverse
}

/** aᵀ·M·a. */
export function quadratic(matrix: Matrix, a: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) {
    let row = 0
    for (let j = 0; j < a.length; j++) row += (matrix[i * a.length + j] ?? 0) * (a[j] ?? 0)
    sum += row * (a[i] ?? 0)
  }
  return sum
}

/** The sum of the products of elements at the same place. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
