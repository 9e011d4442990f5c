import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { access } from "node:fs/promises"
import { promisify } from "node:util"
import { messageOf, type Random, systemRandom } from "@spore/records"
import { until } from "@spore/testkit"
import type { Fabric } from "./fabric.ts"
import { openRouter, type Router } from "./router.ts"

const exec = promisify(execFile)
const PORT = 7470

export interface NamespacesInit {
  /** Milliseconds one way. */
  delayMs: number
  /** Part of packets that are dropped. */
  loss: number
  random?: Random
}

/** Why network namespaces cannot be used here, with what to do about it; null where they can. */
export async function namespaceObstacle(): Promise<string | null> {
  if (process.getuid?.() !== 0) return "only root may open network namespaces"
  try {
    await exec("ip", ["-V"])
    await exec("socat", ["-V"])
  } catch {
    return "apt-get install iproute2 socat"
  }
  const probe = `spore-probe-${process.pid}`
  try {
    await access("/dev/net/tun")
    await exec("ip", ["netns", "add", probe])
    await exec("ip", ["netns", "del", probe])
    return null
  } catch (error) {
    return `this kernel or container does not allow them: ${messageOf(error)}`
  }
}

/**
 * A network namespace for each node, with one interface whose packets this process carries, late and not all of them:
 * the kernel's own TCP on a poor line. Many small kernels come without `netem`, a TUN device is in nearly all of them.
 *
 * @throws Error where `namespaceObstacle` names one
 */
export async function openNamespaces(size: number, init: NamespacesInit): Promise<Fabric> {
  const { delayMs, loss, random = systemRandom } = init
  const router = await openRouter({ size, delayMs, loss, random })
  const places: Place[] = []
  const close = async (): Promise<void> => {
    for (const place of places) await place.close()
    await router.close()
  }
  try {
    for (let n = 0; n < size; n++) places.push(await openPlace(n, router))
  } catch (error) {
    await close()
    throw error
  }
  return {
    name: `namespaces with ${delayMs} ms delay and ${loss * 100} % loss`,
    listen: (n) => `/ip4/${addressOf(n)}/tcp/${PORT}`,
    within: (n) => ["ip", "netns", "exec", places[n]?.name ?? ""],
    placed: () => undefined,
    route: (_from, to) => `${addressOf(to)}:${PORT}`,
    part: (group) => router.part(group),
    heal: () => router.part(new Set()),
    [Symbol.asyncDispose]: close,
  }
}

interface Place {
  /** The namespace and its interface. */
  readonly name: string
  close(): Promise<void>
}

/** The interface is made outside, where `socat` ties it to the router, and then moved into the namespace. */
async function openPlace(n: number, router: Router): Promise<Place> {
  const name = `sp${process.pid}n${n}`
  const { routerPort, ownPort } = await router.lineOf(n)
  const tun = `TUN,tun-name=${name},tun-type=tun,iff-no-pi`
  const udp = `UDP4-DATAGRAM:127.0.0.1:${routerPort},bind=127.0.0.1:${ownPort}`
  const carrier = spawn("socat", [tun, udp], { stdio: "ignore" })
  const close = async (): Promise<void> => {
    await stop(carrier)
    await exec("ip", ["netns", "del", name]).catch(() => undefined)
  }
  try {
    await exec("ip", ["netns", "add", name])
    await until(async () => (await exec("ip", ["link", "set", name, "netns", name])) !== undefined, {
      what: `the interface ${name}`,
    })
    await exec("ip", ["-n", name, "addr", "add", `${addressOf(n)}/24`, "dev", name])
    await exec("ip", ["-n", name, "link", "set", name, "up"])
    await exec("ip", ["-n", name, "link", "set", "lo", "up"])
  } catch (error) {
    await close()
    throw error
  }
  return { name, close }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  child.kill("SIGTERM")
  await exited
}

function addressOf(n: number): string {
  return `10.74.70.${n + 1}`
}
