import { expect, it } from "vitest"
import { shortId } from "../src/views.ts"

it("shortens ids to what tells them apart", () => {
  expect(shortId("bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")).toBe("hdwdcefg")
  expect(shortId("bafkreico3kw5fk6var7wnm4vjdw2dv5y4kmg2yn7iibm72jyata3brr2ki")).toBe("co3kw5fk")
  expect(shortId("12D3KooWADsgK3SM6d3yi8t1yfeovVWLoAMUKPrY1tD8HCKC84NP")).toBe("ADsgK3SM")
  expect(shortId("34cd".repeat(16))).toBe("34cd34cd")
  expect(shortId("short")).toBe("short")
})
