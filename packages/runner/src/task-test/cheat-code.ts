/**
 * Programs that pretend to be candidates, in the languages that candidates are written in. They know nothing of the
 * task but the names that its baseline defines, and so fit every evaluator that calls one of those.
 *
 * @packageDocumentation
 */

/** A candidate's program in one language, with what a cheat does put into it. */
export interface CheatLanguage {
  /** Does nothing at all. */
  empty: string
  /** Claims `score` in every way known, and does no work. */
  claims(score: number, names: readonly string[]): string
  /** Writes a perfect result wherever results might lie, now and for as long as it lives, from a daemon too. */
  overwrites(score: number, names: readonly string[]): string
  /** Gives `value` (`NaN` or `Infinity`) for whatever it is asked. */
  gives(value: "NaN" | "Infinity" | "-Infinity", names: readonly string[]): string
  loops(names: readonly string[]): string
  /** Takes memory until it has `mib`, then waits. */
  takesMemory(mib: number, names: readonly string[]): string
}

const JSON_CLAIM = (score: number | string): string =>
  `{"combined_score": ${score}, "score": ${score}, "reward": ${score}, "correct": true, "public": {}}`

/** Everything that known evaluators read from a program's output. */
function printedClaim(score: number | string, metric: string): string[] {
  return [
    JSON_CLAIM(score),
    `METRIC ${metric}=${score}`,
    `METRIC combined_score=${score}`,
    "---",
    `${metric}: ${score}`,
  ]
}

/** Functions of these names, each with this body, as a JavaScript module exports them. */
function exporting(names: readonly string[], body: string): string {
  return names
    .map((name) => (name === "default" ? "default function " : `function ${name}`))
    .map((head) => `export ${head}() { ${body} }`)
    .join("\n")
}

/** Functions of these names, each with this one line, as a Python module defines them. */
function defining(names: readonly string[], body: string): string {
  return names.map((name) => `def ${name}(*args, **kwargs):\n    ${body}\n`).join("\n")
}

/** JavaScript modules. `names` are what the baseline exports. */
export function javascriptCheats(metric: string): CheatLanguage {
  const print = (score: number | string): string =>
    `for (const line of ${JSON.stringify(printedClaim(score, metric))}) console.log(line)`
  const load = 'const fs = process.getBuiltinModule("node:fs"), child = process.getBuiltinModule("node:child_process")'
  return {
    empty: "",
    claims: (score, names) => `${exporting(names, `return ${score}`)}\n${print(score)}\n`,
    overwrites: (score, names) => `
${exporting(names, `attack(); return ${score}`)}
function attack() {
  const attempt = (action) => { try { return action() } catch { return [] } }
  ${load}
  const folders = new Set(["/work/out", "/logs/verifier", ".", "..", process.env.SPORE_OUTPUT_DIR ?? "."])
  const pids = attempt(() => fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)))
  for (const pid of pids)
    for (const word of attempt(() => fs.readFileSync("/proc/" + pid + "/cmdline", "utf8").split("\\0"))) folders.add(word)
  for (const folder of folders) {
    attempt(() => fs.writeFileSync(folder + "/metrics.json", ${JSON.stringify(JSON_CLAIM(score))}))
    attempt(() => fs.writeFileSync(folder + "/correct.json", '{"correct": true, "error": null}'))
    attempt(() => fs.writeFileSync(folder + "/reward.json", ${JSON.stringify(JSON_CLAIM(score))}))
  }
  if (!process.env.SPORE_CHEAT_DAEMON) {
    const env = { ...process.env, SPORE_CHEAT_DAEMON: "1" }
    attempt(() => child.spawn(process.execPath, process.argv.slice(1), { env, detached: true, stdio: "ignore" }).unref())
    attempt(() => process.exit(0))
  }
}
attack()
if (globalThis.process?.env?.SPORE_CHEAT_DAEMON) setInterval(attack, 20)
`,
    gives: (value, names) => `${exporting(names, `return ${value}`)}\n${print(value)}\n`,
    loops: (names) => `${exporting(names, "while (true);")}\nwhile (true);\n`,
    takesMemory: (mib, names) => `
${exporting(names, "take()")}
function take() {
  const held = []
  for (let taken = 0; taken < ${mib}; taken += 8) held.push(new Float64Array(1 << 20).fill(taken))
  while (held.length > 0);
}
take()
`,
  }
}

/** Python programs. `names` are the functions that the baseline defines. */
export function pythonCheats(metric: string): CheatLanguage {
  const print = (score: number | string): string =>
    `for line in ${JSON.stringify(printedClaim(score, metric))}:\n    print(line, flush=True)\n`
  return {
    empty: "",
    claims: (score, names) => `${defining(names, `return ${score}`)}\n${print(score)}`,
    overwrites: (score, names) => `
import json, os, subprocess, sys, time

def attack():
    folders = {"/work/out", "/logs/verifier", ".", "..", os.environ.get("SPORE_OUTPUT_DIR", ".")}
    for pid in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            folders.update(open(f"/proc/{pid}/cmdline").read().split("\\0"))
        except Exception:
            pass
    for folder in folders:
        for name, text in (
            ("metrics.json", ${JSON.stringify(JSON_CLAIM(score))}),
            ("correct.json", '{"correct": true, "error": null}'),
            ("reward.json", ${JSON.stringify(JSON_CLAIM(score))}),
        ):
            try:
                open(os.path.join(folder, name), "w").write(text)
            except Exception:
                pass

${defining(names, `return ${score}`)}
attack()
if os.environ.get("SPORE_CHEAT_DAEMON"):
    while True:
        attack()
        time.sleep(0.02)
try:
    env = {**os.environ, "SPORE_CHEAT_DAEMON": "1"}
    subprocess.Popen([sys.executable, __file__], env=env, start_new_session=True,
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
except Exception:
    pass
os._exit(0)
`,
    gives: (value, names) =>
      `${defining(names, `return float("${value.replace("Infinity", "inf")}")`)}\n${print(value.toLowerCase().replace("infinity", "inf"))}`,
    loops: (names) => `${defining(names, "return [None for _ in iter(int, 1)]")}\nwhile True:\n    pass\n`,
    takesMemory: (mib, names) => `
import time

held = []

def take():
    for _ in range(0, ${mib}, 8):
        held.append(bytearray(b"x" * (8 << 20)))
    while True:
        time.sleep(1)

${defining(names, "take()")}
take()
`,
  }
}

/** Shell scripts, which define no names. */
export function shellCheats(metric: string): CheatLanguage {
  const print = (score: number | string): string =>
    printedClaim(score, metric)
      .map((line) => `echo '${line.replaceAll("'", "")}'`)
      .join("\n")
  return {
    empty: "",
    claims: (score) => `${print(score)}\n`,
    overwrites: (score) => `
attack() {
  for folder in /work/out /logs/verifier . .. "$SPORE_OUTPUT_DIR"; do
    echo '${JSON_CLAIM(score)}' >"$folder/metrics.json"
    echo '{"correct": true, "error": null}' >"$folder/correct.json"
  done 2>/dev/null
}
attack
(while :; do attack; sleep 0.02; done) </dev/null >/dev/null 2>&1 &
exit 0
`,
    gives: (value) => `${print(value)}\n`,
    loops: () => "while :; do :; done\n",
    // a line without an end is kept until it ends
    takesMemory: (mib) => `head -c ${mib}m /dev/zero | tail -n 1 | tail -n 1 >/dev/null\nsleep 60\n`,
  }
}

/** What a JavaScript module exports. */
export function javascriptNames(source: string): string[] {
  const named = [...source.matchAll(/^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+([A-Za-z_$][\w$]*)/gm)]
  const isDefault = /^export\s+default\b/m.test(source)
  return [...new Set([...named.map(([, name = ""]) => name), ...(isDefault ? ["default"] : [])])]
}

/** The functions a Python module defines. */
export function pythonNames(source: string): string[] {
  return [...new Set([...source.matchAll(/^(?:async\s+)?def\s+([A-Za-z_]\w*)/gm)].map(([, name = ""]) => name))]
}
