import { createHash, randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { seededRandom } from "@spore/records"
import { describe, expect, it } from "vitest"
import { openLink } from "../src/index.ts"

describe("a link", () => {
  it.each([
    ["as it is", {}],
    ["late and with stalls", { delayMs: 5, loss: 0.2, stallMs: 7, random: seededRandom(1) }],
  ])("passes all bytes in order, %s", async (_, init) => {
    await using link = await openLink(init)
    const hash = createHash("sha256")
    const server = createServer((socket) => {
      socket.on("data", (chunk) => hash.update(chunk))
      socket.on("end", () => socket.end("done"))
    })
    link.target = await listening(server)
    const content = randomBytes(3 * 1024 * 1024)
    const socket = connect(link.port, "127.0.0.1")
    for (let at = 0; at < content.length; at += 10_000) socket.write(content.subarray(at, at + 10_000))
    socket.end()
    expect(await textOf(socket)).toBe("done")
    expect(hash.digest("hex")).toBe(createHash("sha256").update(content).digest("hex"))
    expect(link.bytes()).toBe(content.length + "done".length)
    server.close()
  })

  it("that is cut ends what runs over it and refuses more, until it is joined", async () => {
    await using link = await openLink()
    const server = createServer((socket) => {
      socket.on("error", () => undefined)
      socket.write("hello")
    })
    link.target = await listening(server)
    const first = connect(link.port, "127.0.0.1").on("error", () => undefined)
    await once(first, "data")
    link.cut()
    await textOf(first)
    const refused = connect(link.port, "127.0.0.1").on("error", () => undefined)
    expect(await textOf(refused)).toBe("")
    link.join()
    const again = connect(link.port, "127.0.0.1").on("error", () => undefined)
    expect(String((await once(again, "data"))[0])).toBe("hello")
    again.destroy()
    server.close()
  })
})

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

async function textOf(socket: Socket): Promise<string> {
  let text = ""
  socket.on("data", (chunk) => (text += String(chunk)))
  await new Promise<void>((resolve) => socket.once("close", () => resolve()))
  return text
}
