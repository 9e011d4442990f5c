import { EXIT } from "../errors.ts"
import { plain } from "../output/plain.ts"

/** What a service manager is to run. */
export interface ServiceUnit {
  /** The data folder, for people. */
  readonly folder: string
  /** Absolute path of the program, then its arguments. */
  readonly words: readonly string[]
  /** Where programs are found: agents, Python, tools of tasks. */
  readonly path: string
  /** Whether it is started again after a failure. */
  readonly restarts: boolean
}

/** Exit code of the supervisor of a run with limits that crashed: started anew, it would count from nothing. */
export const LIMITED_CRASH = 10

/** Written first in a unit, so that another's file of the same name is told from it. */
export const UNIT_MARK = "# Written by spore service install."

/**
 * A user unit. Only the supervisor is told to stop (it ends its node), and a run that the kernel kills for its memory
 * ends nobody else.
 *
 * @param noNewPrivileges whether the sandbox of this machine works without setuid programs
 */
export function systemdUnit({ folder, words, path, restarts }: ServiceUnit, noNewPrivileges: boolean): string {
  const [program = "", ...args] = programIsTaken(words[0] ?? "") ? words : [...BY_SHELL, ...words]
  return `${UNIT_MARK} spore service uninstall removes it.
[Unit]
Description=Spore node (${plain(folder).replaceAll("%", "%%")})
StartLimitIntervalSec=600
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${[quoted(program), ...args.map(argument)].join(" ")}
Environment=${quoted(`PATH=${path}`)}
WorkingDirectory=~
Restart=${restarts ? "on-failure" : "no"}
RestartSec=10
RestartPreventExitStatus=${EXIT.usage} ${LIMITED_CRASH}
KillMode=mixed
TimeoutStopSec=30
OOMPolicy=continue
UMask=0077
LimitCORE=0
${noNewPrivileges ? "NoNewPrivileges=yes\n" : ""}
[Install]
WantedBy=default.target
`
}

/** Runs the words behind it. */
const BY_SHELL = ["/bin/sh", "-c", 'exec "$0" "$@"']

/** Whether systemd runs a program of that name: however it is written, it refuses quotation marks and backslashes. */
function programIsTaken(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return !/[\u0000-\u001f\u007f"'\\]/.test(path)
}

/** A word of ExecStart behind the program: there, systemd looks for variables too. */
function argument(word: string): string {
  return quoted(word).replaceAll("$", "$$$$")
}

/** A word in which systemd finds neither an end, nor an escape, nor a specifier. */
function quoted(word: string): string {
  const escaped = word.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll("%", "%%")
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return `"${escaped.replaceAll(/[\u0000-\u001f\u007f]/g, hex)}"`
}

function hex(character: string): string {
  return String.raw`\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
}
