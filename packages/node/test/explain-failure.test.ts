import type { Socket } from "node:net"
import { encodeFrame, takeFrame, parseMessage } from "@spore/legacy"
import { startTcpServer } from "@spore/testkit"
import { expect, it } from "vitest"
import { explainFailure } from "../src/explain-failure.ts"

it("knows a node of the 0.6 network by its answer to a ping, also in parts", async () => {
  const asked: string[] = []
  await using server = await startTcpServer((socket) =>
    socket.on("data", (received) => {
      asked.push(parseMessage(takeFrame(Buffer.from(String(received)))?.body ?? new Uint8Array()).type)
      const pong = encodeFrame("pong", "{}")
      socket.write(pong.subarray(0, 5), () => socket.write(pong.subarray(5)))
    }),
  )
  expect(await explainFailure("127.0.0.1", server.port)).toEqual({
    what: "is a node of sporemesh 0.6, which speaks another protocol",
    next: `add "127.0.0.1:${server.port}" to [legacy] peers in config.toml`,
  })
  expect(asked).toEqual(["ping"])
})

it.each<[string, (socket: Socket) => void]>([
  ["speaks HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["hangs up", (socket) => socket.destroy()],
  ["sends another frame", (socket) => socket.write(Uint8Array.of(0, 0, 0, 2, 0x5b, 0x5d))],
  ["announces a frame too large for 0.6", (socket) => socket.write(Uint8Array.of(0xff, 0, 0, 0))],
  ["sends and sends", (socket) => socket.write(new Uint8Array(100_000).fill(0, 0, 1).fill(0x9f, 1, 2))],
])("does not take for one what %s", async (_, answer) => {
  await using server = await startTcpServer(answer)
  expect(await explainFailure("127.0.0.1", server.port)).toBeNull()
})

it("knows nothing of an address where nobody listens", async () => {
  const server = await startTcpServer(() => undefined)
  await server[Symbol.asyncDispose]()
  expect(await explainFailure("127.0.0.1", server.port)).toBeNull()
})
