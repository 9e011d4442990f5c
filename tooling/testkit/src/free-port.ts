import { createServer } from "node:net"

/** Below those that systems hand out by themselves, so that nobody is given one by chance. */
const FIRST = 20_000
const COUNT = 10_000

/** A port of loopback that is free, and that only who asks for it by number gets. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false))
      server.listen(port, "127.0.0.1", () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
