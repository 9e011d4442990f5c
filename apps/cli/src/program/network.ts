import type { Command } from "commander"
import type { AddCommand } from "./add-command.ts"

/** Peers of the running node, and how it is shown to them. */
export function addNetwork(program: Command, add: AddCommand): void {
  add(program, "peers", "whom the running node is connected with", () => import("../commands/peers.ts"))
  add(program, "connect", "have the running node dial a peer", () => import("../commands/connect.ts")).argument(
    "<address>",
    "a multiaddr or HOST:PORT",
  )
  add(program, "disconnect", "have the running node let a peer go", () => import("../commands/disconnect.ts")).argument(
    "<peer>",
    "its node id or its beginning, or an address",
  )
  const profile = program.command("profile").description("what your key says of itself, shown in explorers")
  add(profile, "show", "how a node wants to be shown", () => import("../commands/profile-show.ts")).argument(
    "[node]",
    "its node id or its beginning; by default this node",
  )
  add(
    profile,
    "set",
    "sign how this node is to be shown; the newest counts",
    () => import("../commands/profile-set.ts"),
  )
    .addHelpText("after", "\nWhat is not given stays as it is; an empty text takes it away.")
    .option("--display-name <text>", "at most 64 bytes")
    .option("--bio <text>", "at most 2048 bytes")
    .option("--website <url>", "at most 256 bytes")
    .option("--avatar-url <url>", "at most 512 bytes")
    .option("--donation-address <text>", "at most 256 bytes")
}
