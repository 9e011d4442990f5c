// What a transform should give, by definition and by an algorithm of the judge's own.

/** X[k] = Σ x[n]·e^(−2πi·kn/size), summed term by term. */
export function directTransform(re, im) {
  const size = re.length
  const cosines = Float64Array.from(re, (_, i) => Math.cos((2 * Math.PI * i) / size))
  const sines = Float64Array.from(re, (_, i) => Math.sin((2 * Math.PI * i) / size))
  const out = { re: new Float64Array(size), im: new Float64Array(size) }
  for (let k = 0; k < size; k++) {
    for (let n = 0; n < size; n++) {
      const i = (k * n) % size
      out.re[k] += re[n] * cosines[i] + im[n] * sines[i]
      out.im[k] += im[n] * cosines[i] - re[n] * sines[i]
    }
  }
  return out
}

/** The same by halves, for sizes that are powers of two (Stockham's order: nothing is bit-reversed). */
export function createOracle(size) {
  const cosines = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size))
  const sines = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size))
  return (re, im) => {
    let from = { re: Float64Array.from(re), im: Float64Array.from(im) }
    let to = { re: new Float64Array(size), im: new Float64Array(size) }
    for (let half = size / 2, stride = 1; half >= 1; half /= 2, stride *= 2) {
      for (let p = 0; p < half; p++) {
        const [c, s] = [cosines[p * stride], sines[p * stride]]
        for (let q = 0; q < stride; q++) {
          const a = q + stride * p
          const b = a + stride * half
          const even = q + stride * 2 * p
          const lessRe = from.re[a] - from.re[b]
          const lessIm = from.im[a] - from.im[b]
          to.re[even] = from.re[a] + from.re[b]
          to.im[even] = from.im[a] + from.im[b]
          to.re[even + stride] = lessRe * c - lessIm * s
          to.im[even + stride] = lessRe * s + lessIm * c
        }
      }
      ;[from, to] = [to, from]
    }
    return from
  }
}

/** Root mean square of the difference between `given` and `right`, in units of the latter's; infinite for NaN. */
export function errorOf(given, right) {
  let difference = 0
  let size = 0
  for (let i = 0; i < right.re.length; i++) {
    difference += (given.re[i] - right.re[i]) ** 2 + (given.im[i] - right.im[i]) ** 2
    size += right.re[i] ** 2 + right.im[i] ** 2
  }
  const error = Math.sqrt(difference / (size || 1))
  return Number.isNaN(error) ? Infinity : error
}

/** Fills arrays with numbers from −1 to 1, the same for the same seed (mulberry32). */
export function fillRandom(seed, ...arrays) {
  let state = seed >>> 0
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++) {
      state = (state + 0x6d2b79f5) >>> 0
      let t = Math.imul(state ^ (state >>> 15), state | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      array[i] = ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1
    }
  }
}
