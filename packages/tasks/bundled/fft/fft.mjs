// A complex forward FFT in place: X[k] = Σ x[n]·e^(−2πi·kn/size). This is the file to improve.
// createTransform is called once for each size, outside of what is timed; what it gives is called with new numbers
// every time. There is ECMAScript and nothing else: no Node, no clock, no WebAssembly.
// After `@tune` stands the words that a constant may be.

/** Whether the roots of unity are computed when they are needed, or kept. */
const ROOTS = "computed" // @tune computed | kept
/** Whether each place of the bit-reversed order is computed when it is needed, or kept. */
const ORDER = "computed" // @tune computed | kept
/** How many transforms are joined to a larger one at a time. */
const RADIX = "two" // @tune two | four
/** Where two are joined: whether all joins with the same root follow each other, or all within the same transform. */
const OUTER = "roots" // @tune roots | transforms
/** Whether the first joins, whose root is 1, are done without it. */
const FIRST = "general" // @tune general | special

export function createTransform(size) {
  const bits = Math.log2(size)
  const plan = {
    size,
    bits,
    reversed: Uint16Array.from({ length: size }, (_, i) => reverse(i, bits)),
    cosines: Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size)),
    sines: Float64Array.from({ length: size }, (_, i) => -Math.sin((2 * Math.PI * i) / size)),
  }
  return (re, im) => transform(plan, re, im)
}

function transform(plan, re, im) {
  const { size } = plan
  reorder(plan, re, im)
  let done = 1
  if (FIRST === "special") {
    joinPairs(re, im, size)
    done = 2
  }
  while (done < size) {
    if (RADIX === "four" && 4 * done <= size) {
      joinFour(plan, re, im, done)
      done *= 4
    } else {
      joinTwo(plan, re, im, done)
      done *= 2
    }
  }
}

function reorder({ size, bits, reversed }, re, im) {
  for (let i = 0; i < size; i++) {
    const j = ORDER === "kept" ? reversed[i] : reverse(i, bits)
    if (j <= i) continue
    const x = re[i]
    const y = im[i]
    re[i] = re[j]
    im[i] = im[j]
    re[j] = x
    im[j] = y
  }
}

/** The lowest `bits` bits of a number in the opposite order. */
function reverse(number, bits) {
  let reversed = 0
  for (let bit = 0; bit < bits; bit++) reversed |= ((number >> bit) & 1) << (bits - 1 - bit)
  return reversed
}

function joinPairs(re, im, size) {
  for (let a = 0; a < size; a += 2) {
    const x = re[a + 1]
    const y = im[a + 1]
    re[a + 1] = re[a] - x
    im[a + 1] = im[a] - y
    re[a] += x
    im[a] += y
  }
}

/** Joins two transforms of `half` points each. */
function joinTwo({ size, cosines, sines }, re, im, half) {
  const whole = 2 * half
  const stride = size / whole
  if (OUTER === "roots") {
    for (let k = 0; k < half; k++) {
      const c = ROOTS === "kept" ? cosines[k * stride] : Math.cos((2 * Math.PI * k) / whole)
      const s = ROOTS === "kept" ? sines[k * stride] : -Math.sin((2 * Math.PI * k) / whole)
      for (let a = k; a < size; a += whole) butterfly(re, im, a, a + half, c, s)
    }
  } else {
    for (let start = 0; start < size; start += whole) {
      for (let k = 0; k < half; k++) {
        const c = ROOTS === "kept" ? cosines[k * stride] : Math.cos((2 * Math.PI * k) / whole)
        const s = ROOTS === "kept" ? sines[k * stride] : -Math.sin((2 * Math.PI * k) / whole)
        butterfly(re, im, start + k, start + k + half, c, s)
      }
    }
  }
}

function butterfly(re, im, a, b, c, s) {
  const x = c * re[b] - s * im[b]
  const y = c * im[b] + s * re[b]
  re[b] = re[a] - x
  im[b] = im[a] - y
  re[a] += x
  im[a] += y
}

/** Joins four transforms of `quarter` points each, as two rounds of joinTwo would. */
function joinFour({ size, cosines, sines }, re, im, quarter) {
  const whole = 4 * quarter
  const stride = size / whole
  for (let start = 0; start < size; start += whole) {
    for (let k = 0; k < quarter; k++) {
      const i = k * stride
      const angle = (2 * Math.PI * k) / whole
      const cos1 = ROOTS === "kept" ? cosines[i] : Math.cos(angle)
      const sin1 = ROOTS === "kept" ? sines[i] : -Math.sin(angle)
      const cos2 = ROOTS === "kept" ? cosines[2 * i] : Math.cos(2 * angle)
      const sin2 = ROOTS === "kept" ? sines[2 * i] : -Math.sin(2 * angle)
      const cos3 = ROOTS === "kept" ? cosines[3 * i] : Math.cos(3 * angle)
      const sin3 = ROOTS === "kept" ? sines[3 * i] : -Math.sin(3 * angle)
      // in bit-reversed order the even ones of the odd half come second
      const a = start + k
      const b = a + quarter
      const c = b + quarter
      const d = c + quarter
      const bRe = cos2 * re[b] - sin2 * im[b]
      const bIm = cos2 * im[b] + sin2 * re[b]
      const cRe = cos1 * re[c] - sin1 * im[c]
      const cIm = cos1 * im[c] + sin1 * re[c]
      const dRe = cos3 * re[d] - sin3 * im[d]
      const dIm = cos3 * im[d] + sin3 * re[d]
      const sumRe = re[a] + bRe
      const sumIm = im[a] + bIm
      const lessRe = re[a] - bRe
      const lessIm = im[a] - bIm
      re[a] = sumRe + cRe + dRe
      im[a] = sumIm + cIm + dIm
      re[b] = lessRe + cIm - dIm
      im[b] = lessIm + dRe - cRe
      re[c] = sumRe - cRe - dRe
      im[c] = sumIm - cIm - dIm
      re[d] = lessRe - cIm + dIm
      im[d] = lessIm - dRe + cRe
    }
  }
}
