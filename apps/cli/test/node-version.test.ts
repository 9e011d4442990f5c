import { expect, test } from "vitest"
import { nodeProblem } from "../src/node-version.ts"

test.each(["22.16.0", "22.17.1", "24.0.0", "26.10.0"])("Node.js %s will do", (version) => {
  expect(nodeProblem(version)).toBeNull()
})

test.each(["20.19.0", "22.9.0", "22.15.1", "8.0.0"])("Node.js %s is told what is needed", (version) => {
  expect(nodeProblem(version)).toMatch(new RegExp(`needs Node.js 22.16.0 or newer; this is ${version}\nnext: `))
})
