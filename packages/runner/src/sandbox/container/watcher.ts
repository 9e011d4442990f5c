/**
 * Pid 1 of a container: a shell that runs the program and waits for the end of its input. Signals from within cannot
 * end it, and with it the kernel ends whatever else runs in the container. It talks on stderr, the program's own
 * output goes to stdout alone. A program could write there as well, and only end itself sooner by it.
 *
 * @packageDocumentation
 */

/** Arguments: PATH; the program; variables and the program again with its arguments, for env(1). */
export const WATCHER = `
PATH=$1
command -v "$2" >/dev/null 2>&1 || { echo missing >&2; exit 127; }
shift 2
report() {
  for file in memory.peak memory.current memory.events cpu.stat \\
    memory/memory.max_usage_in_bytes memory/memory.oom_control cpuacct/cpuacct.usage; do
    [ -r "/sys/fs/cgroup/$file" ] || continue
    while read -r line; do echo "$file $line"; done <"/sys/fs/cgroup/$file"
  done
  written=0
  for io in /proc/[0-9]*/io; do
    while read -r key value; do [ "$key" != write_bytes: ] || written=$((written + value)); done <"$io"
  done 2>/dev/null
  echo "written $written"
}
echo ready >&2
read -r go || exit 125
{ env -i "$@" 2>&1 3>&- </dev/null; echo "exit $?" >&3; } 3>&2 &
{ while sleep 0.2; do report >&2; done; } >/dev/null </dev/null &
read -r end
report >&2
exit 0
`

/** What the watcher told so far. */
export interface WatcherReport {
  ready: boolean
  /** The program is not in the image. */
  missing: boolean
  exitCode: number | null
  peakBytes: number | null
  cpuSeconds: number | null
  /** Processes of the container that the kernel ended for memory. */
  oomKills: number
  /** By the processes that were there at the last look, and their ended children. */
  writtenBytes: number
  /** What is no word of the watcher: messages of the engine. */
  rest: string
}

const MAX_REST = 4096

/** Reads the watcher's lines; `onWord` is called after each chunk that had some. */
export function createWatcherReader(onWord: (report: Readonly<WatcherReport>) => void): {
  push: (chunk: Buffer) => void
  report: () => Readonly<WatcherReport>
} {
  const report: WatcherReport = {
    ready: false,
    missing: false,
    exitCode: null,
    peakBytes: null,
    cpuSeconds: null,
    oomKills: 0,
    writtenBytes: 0,
    rest: "",
  }
  let text = ""
  return {
    push(chunk) {
      const lines = (text + chunk.toString()).split("\n")
      text = (lines.pop() ?? "").slice(-MAX_REST)
      for (const line of lines) readLine(report, line)
      onWord(report)
    },
    report: () => ({ ...report, rest: (report.rest + text).trim() }),
  }
}

function readLine(report: WatcherReport, line: string): void {
  const value = Number(/ (\d+)$/.exec(line)?.[1] ?? Number.NaN)
  const word = Number.isNaN(value) ? line : line.slice(0, line.lastIndexOf(" "))
  if (word === "ready") report.ready = true
  else if (word === "missing") report.missing = true
  else if (word === "exit") report.exitCode ??= value
  else if (/^memory\/?\S*(?:peak|current|max_usage_in_bytes)$/.test(word)) {
    report.peakBytes = Math.max(report.peakBytes ?? 0, value)
  } else if (word === "cpu.stat usage_usec") report.cpuSeconds = value / 1e6
  else if (word === "cpuacct/cpuacct.usage") report.cpuSeconds = value / 1e9
  else if (/^memory\S* oom_kill$/.test(word)) report.oomKills = value
  else if (word === "written") report.writtenBytes = value
  else if (!/^(?:memory|cpu)\S* /.test(line) && report.rest.length < MAX_REST) report.rest += `${line}\n`
}
