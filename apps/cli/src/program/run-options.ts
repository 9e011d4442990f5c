import { type Command, Option } from "commander"
import { amount, collect, collectMultiaddr, modelName, percent, portNumber, someText, upTo } from "../option-values.ts"

/** Adds the options of `spore run` to a command that runs a node, or has one run. */
export function withRunOptions(command: Command): Command {
  for (const option of runOptions()) command.addOption(option)
  return command
}

/** The options of `spore run`, each time anew: commander keeps them for one command. */
export function runOptions(): Option[] {
  return [
    new Option("--task <task>", "work on this task (name or id) instead of the pinned or most active one (SPORE_TASK)"),
    new Option("--peer <address>", "dial this peer, a multiaddr or HOST:PORT; may be repeated (SPORE_PEERS)")
      .argParser(collect)
      .default([]),
    new Option("--solo", "dial nobody and listen on this machine only"),
    new Option("--mdns", "find peers in this network segment").conflicts("solo"),
    new Option("--lan", "take peers' word on loopback and private addresses too").conflicts("solo"),
    new Option("--announce <address>", "tell peers this multiaddr; may be repeated (SPORE_ANNOUNCE)")
      .argParser(collectMultiaddr)
      .default([]),
    new Option("--relay <role>", "in circuit relay (SPORE_RELAY; default client)")
      .choices(["client", "none", "server"])
      .conflicts("solo"),
    new Option("--no-train", "run no code; only carry facts and code between peers").conflicts("verifyOnly"),
    new Option("--verify-only", "rerun what others claim, start no experiments of one's own"),
    new Option(
      "--verify-rate <percent>",
      "share of a research node's time that reruns may take (default 50)",
    ).argParser(percent),
    new Option("--no-verify", "research only: rerun nothing of others").conflicts(["verifyOnly", "verifyRate"]),
    new Option("--port <port>", "TCP port for peers, 0 for any (SPORE_PORT; default 7470)").argParser(portNumber),
    new Option("--web-port <port>", "port of explorer and API, 0 for any (SPORE_WEB_PORT; default 8470)").argParser(
      portNumber,
    ),
    new Option("--web-host <host>", "address the explorer listens on (SPORE_WEB_HOST; default 127.0.0.1)"),
    new Option("--resource <percent>", "share of the machine that experiments may use (SPORE_RESOURCE)").argParser(
      percent,
    ),
    new Option("--gpu", "let sandboxed experiments use the GPUs"),
    new Option("--unsandboxed <what>", "where no sandbox works, run bundled and own code without one").choices(["own"]),
    new Option("--no-auto-update", "leave new releases of spore to spore update (SPORE_AUTO_UPDATE)"),
    ...researchOptions().map((option) => option.conflicts(["verifyOnly", "train"])),
  ]
}

/** Who proposes what to try, and when that is enough. */
function researchOptions(): Option[] {
  return [
    new Option(
      "--proposer <kind>",
      "who proposes: auto is the model that spore set chose, else the tuner (SPORE_PROPOSER)",
    ).choices(["auto", "tuner", "llm", "agent"]),
    new Option(
      "--model <provider/model>",
      "have this model propose, such as groq or anthropic/NAME (SPORE_MODEL)",
    ).argParser(modelName),
    new Option("--agent <name>", "have this command-line agent propose, such as claude or codex (SPORE_AGENT)")
      .argParser(someText)
      .conflicts(["model", "agentCmd"]),
    new Option("--agent-cmd <command>", "have a command of your own propose (SPORE_AGENT_CMD)")
      .argParser(someText)
      .conflicts("model"),
    new Option("--workers <number>", "research loops side by side (SPORE_WORKERS; default 1)").argParser(upTo(64)),
    new Option("--max-experiments <number>", "end after so many experiments of this run").argParser(upTo(1_000_000)),
    new Option("--max-cost <usd>", "end when proposals of this run cost so much (SPORE_MAX_COST)").argParser(
      amount(1_000_000),
    ),
    new Option(
      "--max-tokens <number>",
      "end when proposals of this run took so many tokens (SPORE_MAX_TOKENS)",
    ).argParser(upTo(1_000_000_000_000)),
    new Option("--until <time>", "end at a time (07:00, 2026-11-30T07:00) or after a while (8h)"),
    new Option(
      "--program <file>",
      "your words to proposers, read anew each time (default program.md of the data folder)",
    ).argParser(someText),
  ]
}
