import { describe, expect, it } from "vitest"
import { createKeys, type KeyBinding, type Keys, type KeyScope } from "../src/keys/keys.ts"

function recorded(): { keys: Keys; done: string[]; add: (scope: KeyScope, ...keys: string[]) => object } {
  const keys = createKeys()
  const done: string[] = []
  return {
    keys,
    done,
    add: (scope, ...names) => {
      const owner = {}
      const bindings = names.map((key): KeyBinding => ({ key, label: key, run: () => done.push(`${scope} ${key}`) }))
      keys.set(owner, { scope, bindings })
      return owner
    },
  }
}

describe("keys", () => {
  it("runs a key, and a sequence whose keys follow each other soon", () => {
    const { keys, done, add } = recorded()
    add("everywhere", "/", "g t", "g n")
    expect(keys.press("/", 0)).toBe(true)
    expect(keys.press("x", 1)).toBe(false)
    expect(keys.press("t", 2)).toBe(false)
    expect(keys.press("g", 10)).toBe(true)
    expect(keys.press("t", 900)).toBe(true)
    expect(keys.press("g", 1000)).toBe(true)
    expect(keys.press("t", 9000)).toBe(false)
    expect(done).toEqual(["everywhere /", "everywhere g t"])
  })

  it("takes a key that continues no sequence as a beginning", () => {
    const { keys, done, add } = recorded()
    add("everywhere", "g t", "/")
    keys.press("g", 0)
    keys.press("/", 1)
    keys.press("g", 2)
    keys.press("g", 3)
    keys.press("t", 4)
    expect(done).toEqual(["everywhere /", "everywhere g t"])
  })

  it("prefers a page's key to the frame's, until the page is left", () => {
    const { keys, done, add } = recorded()
    const page = add("page", "n")
    add("everywhere", "n")
    keys.press("n", 0)
    keys.delete(page)
    keys.press("n", 1)
    expect(done).toEqual(["page n", "everywhere n"])
  })

  it("lists each key once, those handled elsewhere too, which it leaves alone", () => {
    const { keys, add } = recorded()
    keys.set({}, { scope: "page", bindings: [{ key: "ArrowUp", label: "parent" }] })
    add("page", "n", "n")
    expect(keys.list("page").map(({ key }) => key)).toEqual(["ArrowUp", "n"])
    expect(keys.list("everywhere")).toEqual([])
    expect(keys.press("ArrowUp", 0)).toBe(false)
  })
})
