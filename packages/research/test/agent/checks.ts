/**
 * What must hold of agents whatever they do, as plain functions: run by a test runner, and by an ordinary user's
 * process where the tests are root's.
 *
 * @packageDocumentation
 */
import { listPids, readText } from "./processes.ts"
import { until } from "@spore/testkit"
import assert from "node:assert/strict"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { parseAgentCommand } from "../../src/agent/index.ts"
import {
  agentContext,
  ask,
  attempt,
  type Attempted,
  BEFORE,
  createPlace,
  EDITABLE,
  type Place,
  textOf,
  writeAgent,
} from "./scripted.ts"

export type SandboxName = "files" | "none"

export interface AgentCheck {
  name: string
  run(sandbox: SandboxName): Promise<void>
}

const GOOD = `echo 'export const RATE = 2' >candidate/main.js`
const ANSWER = `printf 'Doubles RATE\\n\\nIt was too small.\\n' >ANSWER.md`

function check(name: string, run: AgentCheck["run"]): AgentCheck {
  return { name, run }
}

/** Refused, with nothing of the attempt left. */
function assertRefused({ proposal, error, left }: Attempted, expected: RegExp): void {
  assert.match(error, expected)
  assert.equal(proposal, null)
  assert.deepEqual(left, [])
}

/** Processes that carry this text in their command line. */
function running(mark: string): number[] {
  return listPids().filter((pid) => pid !== process.pid && readText(`/proc/${pid}/cmdline`).includes(mark))
}

export const AGENT_CHECKS: AgentCheck[] = [
  check("what it made of the editable file is the answer, with its own words", async (sandbox) => {
    await using place = await createPlace()
    const found = await attempt(place, `${GOOD}; ${ANSWER}; echo thinking; echo done >&2`, { sandbox })
    assert.equal(found.error, "")
    assert.equal(textOf(found), "export const RATE = 2\n")
    assert.equal(found.proposal?.title, "Doubles RATE")
    assert.equal(found.proposal?.hypothesis, "It was too small.")
    assert.match(found.proposal?.agent ?? "", /^agent-/)
    assert.deepEqual([...found.lines].toSorted(), ["done", "thinking"])
    assert.deepEqual(found.left, [])
    assert.equal(found.usage.length, 1)
    assert.equal(found.usage[0]?.requests, 1)
    assert.equal(found.usage[0]?.costUsd, null)
  }),

  check("it finds the prompt on stdin and in a file, the task, and others' work as data", async (sandbox) => {
    await using place = await createPlace()
    const script = `cat >stdin; cmp stdin PROMPT.md && cat candidate/README.md program.md context/experiments.jsonl
git log --oneline | wc -l; [ -w candidate/main.js ] && echo writable; ${GOOD}`
    const found = await attempt(
      place,
      script,
      { sandbox },
      {
        program: "Try RATE.",
        history: [
          {
            id: "bafyone",
            parent: null,
            author: "z6",
            code: "c",
            status: "discard",
            value: 3,
            title: "old\u202E",
            files: null,
          },
        ],
      },
    )
    assert.equal(found.error, "")
    const said = found.lines.join("\n")
    for (const expected of ["A task.", "Try RATE.", '"title":"old⟨U+202E⟩"', "1", "writable"]) {
      assert.ok(said.includes(expected), `${expected} in ${said}`)
    }
  }),

  check("it is told where its prompt and folder are", async (sandbox) => {
    await using place = await createPlace()
    const found = await attempt(place, `[ "$PWD" = "$(pwd)" ] && ls PROMPT.md && ${GOOD}`, { sandbox })
    assert.equal(found.error, "")
  }),

  check("without words of its own the change is described", async (sandbox) => {
    await using place = await createPlace()
    const found = await attempt(place, GOOD, { sandbox })
    assert.equal(found.proposal?.title, "Changes main.js (+1 -1 lines)")
  }),

  check("one that does nothing has failed", async (sandbox) => {
    await using place = await createPlace()
    assertRefused(
      await attempt(place, `echo nothing comes to mind`, { sandbox }),
      /^proposer_failed: .* changed nothing; it said: nothing comes to mind$/,
    )
  }),

  check("changes to frozen files and new files are ignored, and told", async (sandbox) => {
    await using place = await createPlace()
    const script = `${GOOD}; rm -f candidate/README.md; echo easy >candidate/README.md; echo x >candidate/new.js; echo y >other`
    const found = await attempt(place, script, { sandbox })
    assert.deepEqual([...(found.proposal?.files.keys() ?? [])], [EDITABLE])
    assert.ok(found.lines.includes("ignored changes to frozen files: README.md; new files: new.js"), found.lines.join())
  }),

  check("a link in place of the editable file is not followed", async (sandbox) => {
    await using place = await createPlace()
    for (const target of ["/etc/passwd", place.key, "../PROMPT.md"]) {
      const found = await attempt(place, `ln -sf ${target} candidate/main.js; ${ANSWER}`, { sandbox })
      assertRefused(found, /^proposer_failed: main.js is a symbolic link/)
    }
  }),

  check("nor a link in place of a folder above it", async (sandbox) => {
    await using place = await createPlace()
    const path = "src/main.js"
    const files = new Map([[path, new TextEncoder().encode(BEFORE)]])
    const context = {
      candidate: { editable: [path], entry: path, language: "javascript" },
      parent: { ...agentContext().parent, files },
    }
    const script = `mkdir elsewhere; echo stolen >elsewhere/main.js; rm -r candidate/src; ln -s ../elsewhere candidate/src`
    assertRefused(
      await attempt(place, script, { sandbox }, context),
      /^proposer_failed: src\/main.js lies behind a symbolic link/,
    )
  }),

  check("nor a link in place of the folder of the answer, nor are names behind it told", async (sandbox) => {
    await using place = await createPlace()
    await writeFile(join(place.dataDir, EDITABLE), "stolen")
    const script = `mv candidate aside; ln -s ${place.dataDir} candidate; ${ANSWER}`
    const found = await attempt(place, script, { sandbox })
    assertRefused(found, /^proposer_failed: main.js lies behind a symbolic link/)
    assert.ok(!found.lines.join().includes("identity.pem"), found.lines.join())
    if (sandbox === "files") return
    const all = await attempt(place, `mv "$PWD" ../aside; ln -s aside "../$(basename "$PWD")"; ${ANSWER}`, { sandbox })
    assertRefused(all, /^proposer_failed: main.js lies behind a symbolic link/)
  }),

  check("nor a hard link, a pipe, a file that is too large or gone", async (sandbox) => {
    await using place = await createPlace()
    const tricks: [string, RegExp][] = [
      [`ln -f PROMPT.md candidate/main.js`, /main.js is a hard link/],
      [`rm candidate/main.js; mkfifo candidate/main.js`, /main.js is no plain file/],
      [`rm candidate/main.js`, /removed main.js/],
      [`head -c 2000000 /dev/zero >candidate/main.js`, /main.js is larger than 1048576 bytes/],
    ]
    for (const [script, expected] of tricks) {
      assertRefused(await attempt(place, `${script}; ${ANSWER}`, { sandbox }), expected)
    }
  }),

  check("one that prints without end is ended", async (sandbox) => {
    await using place = await createPlace()
    const found = await attempt(place, `head -c 1000000000 /dev/zero | tr '\\0' x`, { sandbox })
    assertRefused(found, /^proposer_failed: .* did not finish: printed more than 16 MiB$/)
    assert.ok(found.lines.join("").length < 10_000)
  }),

  check("one that hangs is ended at its time, with what it started", async (sandbox) => {
    await using place = await createPlace()
    const mark = `600.${Math.floor(Math.random() * 1e9)}`
    const script = `setsid sleep ${mark} & (setsid sh -c 'trap "" TERM HUP; sleep ${mark}' &) ; ${GOOD}; sleep ${mark}`
    const attempted = attempt(place, script, { sandbox, limits: { wallSeconds: 8 } })
    await until(() => running(mark).length >= 3)
    assertRefused(await attempted, /^proposer_failed: .* did not finish: not finished after 8 s$/)
    await until(() => running(mark).length === 0)
  }),

  check("what it leaves behind is ended with it", async (sandbox) => {
    await using place = await createPlace()
    const mark = `600.${Math.floor(Math.random() * 1e9)}`
    const script = `setsid sleep ${mark} & (setsid nohup sleep ${mark} >/dev/null 2>&1 &) ; ${GOOD}`
    const found = await attempt(place, script, { sandbox })
    assert.equal(found.error, "")
    assert.equal(textOf(found), "export const RATE = 2\n")
    await until(() => running(mark).length === 0)
  }),

  check("an edit counts after a failure only where it had said that it was done", async (sandbox) => {
    await using place = await createPlace()
    assertRefused(
      await attempt(place, `${GOOD}; echo 'Error: rate limited' >&2; exit 1`, { sandbox }),
      /^proposer_failed: .* did not finish: exit code 1: Error: rate limited$/,
    )
    const found = await attempt(place, `${GOOD}; ${ANSWER}; exit 1`, { sandbox })
    assert.equal(found.proposal?.title, "Doubles RATE")
    assert.match(found.lines.join("\n"), /had answered before it ended: exit code 1/)
  }),

  check("what it says of its use is counted, also where it failed", async (sandbox) => {
    await using place = await createPlace()
    const usage = `{"type":"result","result":"Title","total_cost_usd":0.25,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}`
    for (const script of [`echo '${usage}'; ${GOOD}`, `echo '${usage}'; exit 1`]) {
      const found = await attempt(place, script, { sandbox })
      const [used] = found.usage
      assert.deepEqual(
        { ...used, seconds: 0 },
        { requests: 1, inputTokens: 15, outputTokens: 7, costUsd: 0.25, seconds: 0 },
      )
    }
  }),

  check("one that spends more than it may is ended", async (sandbox) => {
    await using place = await createPlace()
    const found = await attempt(place, `echo '{"total_cost_usd":0.6}'; ${GOOD}; sleep 600`, {
      sandbox,
      limits: { costUsd: 0.5 },
    })
    assertRefused(found, /^proposer_failed: .* did not finish: spent \$0\.6000 of \$0\.5$/)
    assert.equal(found.usage[0]?.costUsd, 0.6)
  }),

  check("what is left to spend is its cap, and where nothing is left it is not asked", async (sandbox) => {
    await using place = await createPlace()
    const program = await writeAgent(place, `echo "cap $1"; echo '{"total_cost_usd":0.4}'; ${GOOD}; sleep 600`)
    const command = { ...parseAgentCommand(program), costWords: ["{max_cost}"] }
    const found = await ask(place, {
      command,
      sandbox,
      limits: { costUsd: 10 },
      remaining: () => ({ costUsd: 0.3000001, tokens: null }),
    })
    assert.ok(found.lines.includes("cap 0.3"), found.lines.join())
    assertRefused(found, /did not finish: spent \$0\.4000 of \$0\.3/)
    const usage = `{"usage":{"input_tokens":900,"output_tokens":200}}`
    const tokens = { sandbox, remaining: () => ({ costUsd: null, tokens: 1000 }) }
    assertRefused(
      await attempt(place, `echo '${usage}'; ${GOOD}; sleep 600`, tokens),
      /did not finish: used 1100 of 1000 tokens$/,
    )
    for (const remaining of [
      { costUsd: 0, tokens: null },
      { costUsd: null, tokens: -1 },
    ]) {
      const refused = await attempt(place, GOOD, { sandbox, remaining: () => remaining })
      assertRefused(refused, /^budget_spent: /)
      assert.deepEqual(refused.usage, [])
    }
  }),

  check("one that is ended before it names its cost is charged its cap", async (sandbox) => {
    await using place = await createPlace()
    const event = `{"type":"assistant","message":{"id":"1","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}`
    const init = { sandbox, limits: { costUsd: 0.5, wallSeconds: 3 } }
    for (const script of [`echo '${event}'; sleep 600`, "sleep 600", `echo '${event}'; exit 1`]) {
      const found = await attempt(place, script, init)
      assert.equal(found.usage[0]?.costUsd, 0.5)
      assert.match(found.lines.join("\n"), /its cap of \$0\.5 counts as spent/)
    }
    // finished, or never begun
    for (const script of [`echo '${event}'; ${GOOD}`, "exit 1"]) {
      assert.equal((await attempt(place, script, { sandbox, limits: { costUsd: 0.5 } })).usage[0]?.costUsd, null)
    }
    assert.equal((await attempt(place, "sleep 600", { sandbox, limits: { wallSeconds: 3 } })).usage[0]?.costUsd, null)
  }),

  check("its environment is what it needs, and nothing else of the node's", async (sandbox) => {
    await using place = await createPlace()
    const found = await attempt(place, `env; ${GOOD}`, {
      sandbox,
      env: {
        PATH: "/usr/bin:/bin",
        HOME: "/nowhere",
        ANTHROPIC_API_KEY: "sk-test",
        AWS_SECRET_ACCESS_KEY: "no",
        LC_ALL: "C",
      },
    })
    const names = found.lines.filter((line) => line.includes("=")).map((line) => line.split("=")[0])
    const expected = ["ANTHROPIC_API_KEY", "GIT_CONFIG_GLOBAL", "HOME", "LC_ALL", "PATH", "TMPDIR"]
    for (const name of expected) assert.ok(names.includes(name), `${name} in ${names.join()}`)
    assert.ok(!found.lines.join().includes("AWS_SECRET"))
  }),

  check("one that fills its folder is ended", async (sandbox) => {
    await using place = await createPlace()
    const script = `while :; do head -c 4000000 /dev/urandom >>"\${TMPDIR}/more" || exit; done`
    assertRefused(
      await attempt(place, script, { sandbox, limits: { diskBytes: 16 * 1024 * 1024 } }),
      /^proposer_failed: .* did not finish: (left more than 16384 KiB|wrote more than 16 times)/,
    )
  }),

  check("an answer with a key in it is thrown away", async (sandbox) => {
    await using place = await createPlace()
    const key = "sk-ant-0123456789abcdef"
    const env = { PATH: "/usr/bin:/bin", HOME: "/nowhere", ANTHROPIC_API_KEY: key }
    const found = await attempt(place, `echo "// $ANTHROPIC_API_KEY" >>candidate/main.js`, { sandbox, env })
    assertRefused(found, /holds a key or login of yours/)
    assert.ok(!found.error.includes(key))
    const pem = `echo '// -----BEGIN PRIVATE KEY-----' >>candidate/main.js`
    assertRefused(await attempt(place, pem, { sandbox }), /holds a key or login of yours/)
  }),

  check("neither do its lines, failures and name give a key away, and a model is no key", async (sandbox) => {
    await using place = await createPlace()
    const key = "sk-ant-0123456789abcdef"
    const env = {
      PATH: "/usr/bin:/bin",
      HOME: join(place.folder, "home"),
      ANTHROPIC_API_KEY: key,
      AIDER_MODEL: "openrouter/anthropic/claude-opus-4",
    }
    const filler = "x".repeat(180)
    for (const script of [
      `echo "key $ANTHROPIC_API_KEY"; echo "$ANTHROPIC_API_KEY" >&2; exit 1`,
      `echo "${filler} $ANTHROPIC_API_KEY"`,
      `echo x >"candidate/$ANTHROPIC_API_KEY"; ${GOOD}`,
    ]) {
      const found = await attempt(place, script, { sandbox, env })
      const told = [found.error, ...found.lines].join("\n")
      assert.ok(told.includes("[secret]"), told)
      assert.ok(!told.includes(key.slice(0, 16)), told)
    }
    const named = `echo "{\\"type\\":\\"system\\",\\"model\\":\\"$ANTHROPIC_API_KEY\\"}"; ${GOOD}`
    assertRefused(await attempt(place, named, { sandbox, env }), /holds a key or login of yours/)
    const found = await attempt(place, `echo "// by $AIDER_MODEL" >>candidate/main.js`, { sandbox, env })
    assert.equal(found.error, "")
    assert.match(textOf(found), /by openrouter\/anthropic\/claude-opus-4/)
  }),

  check("keys in its settings are its keeper's secrets too", async (sandbox) => {
    await using place = await createPlace()
    const home = join(place.folder, "home")
    const key = "gsk_0123456789abcdefABCDEF0123456789"
    const settings = [
      `model: openrouter/some/model-0123456789abcdef0123456789\nset-env:\n  - GROQ_API_KEY=${key}\n`,
      JSON.stringify({ provider: { groq: { options: { apiKey: key } } } }),
    ]
    const program = await writeAgent(place, `cat ~/.agent-settings >>candidate/main.js; cat ~/.agent-settings`)
    const command = { ...parseAgentCommand(program), config: [".agent-settings"] }
    for (const text of settings) {
      await writeFile(join(home, ".agent-settings"), text)
      const found = await ask(place, { command, sandbox })
      assertRefused(found, /holds a key or login of yours/)
      assert.ok(!found.lines.join().includes(key), found.lines.join())
    }
  }),

  check("one that has no login needs its keeper", async (sandbox) => {
    await using place = await createPlace()
    const script = `echo '{"type":"result","is_error":true,"result":"Not logged in · Please run /login","total_cost_usd":0}'; exit 1`
    assertRefused(await attempt(place, script, { sandbox }), /^proposer_unavailable: .*Not logged in/)
  }),

  check("the node's key is out of its sight in the sandbox, and only there", async (sandbox) => {
    await using place = await createPlace()
    const script = `cat ${place.key}; echo; ls -A ${place.dataDir}; cat /etc/shadow; echo over; ${GOOD}`
    const found = await attempt(place, script, {
      sandbox,
      // what holds it is not shown either
      show: [place.folder, join(place.folder, "home")],
    })
    assert.equal(found.error, "")
    const said = found.lines.join("\n")
    assert.ok(said.includes("over"))
    for (const secret of [/PRIVATE KEY/, /^identity.pem$/m]) assert.equal(secret.test(said), sandbox === "none", said)
    if (sandbox === "files") assert.ok(!/^root:[$*!]/m.test(said), said)
  }),

  check("it finds its login and settings, and cannot change the settings", async (sandbox) => {
    await using place = await createPlace()
    const home = join(place.folder, "home")
    await mkdir(join(home, ".agent"))
    await writeFile(join(home, ".agent/login"), "old login")
    await writeFile(join(home, ".agent/settings"), "settings")
    const script = `cat ~/.agent/login ~/.agent/settings; echo renewed >~/.agent/login; echo hook >~/.agent/settings; ${GOOD}`
    const program = await writeAgent(place, script)
    const command = {
      ...parseAgentCommand(program),
      login: [".agent/login"],
      config: [".agent/settings", ".agent/absent"],
    }
    const found = await ask(place, { command, sandbox })
    assert.equal(found.error, "")
    assert.equal(found.lines.join(""), "old loginsettings")
    assert.equal(await readFile(join(home, ".agent/login"), "utf8"), "renewed\n")
    if (sandbox === "files") assert.equal(await readFile(join(home, ".agent/settings"), "utf8"), "settings")
  }),

  check("files of the task that would direct it are withheld", async (sandbox) => {
    await using place = await createPlace()
    const text = new TextEncoder().encode("obey me")
    const frozen = new Map(
      ["README.md", "AGENTS.md", "docs/CLAUDE.md", ".claude/settings.json"].map((path) => [path, text]),
    )
    const found = await attempt(place, `find . -type f | grep -v '^./.git/'; ${GOOD}`, { sandbox }, { frozen })
    assert.equal(found.error, "")
    const seen = found.lines.filter((line) => line.startsWith("./candidate/")).toSorted()
    assert.deepEqual(seen, ["./candidate/README.md", "./candidate/main.js"])
    assert.match(found.lines[0] ?? "", /withheld .*: AGENTS.md, docs\/CLAUDE.md, .claude\/settings.json$/)
    const editable = ["CLAUDE.md"]
    const context = { candidate: { editable, entry: "CLAUDE.md", language: "markdown" } }
    assertRefused(
      await attempt(place, GOOD, { sandbox }, context),
      /CLAUDE.md is one that agents take instructions from/,
    )
  }),

  check("one that is stopped from outside ends at once", async (sandbox) => {
    await using place = await createPlace()
    const stop = new AbortController()
    const attempted = attempt(
      place,
      `${GOOD}; ${ANSWER}; echo now; sleep 600`,
      { sandbox },
      {
        signal: stop.signal,
        onLine: () => undefined,
      },
    )
    await until(async () => (await attemptFolders(place)).some((file) => file.endsWith("ANSWER.md")))
    stop.abort()
    assertRefused(await attempted, /^proposer_failed: .* was stopped$/)
  }),

  check("a missing program needs its keeper", async (sandbox) => {
    await using place = await createPlace()
    const found = await ask(place, { command: parseAgentCommand("no-such-agent --flag"), sandbox })
    assertRefused(found, /^proposer_unavailable: there is no no-such-agent on this machine$/)
    assert.equal(found.usage.length, 0)
  }),
]

async function attemptFolders({ dataDir }: Place): Promise<string[]> {
  return readdir(join(dataDir, "agents"), { recursive: true }).catch(() => [])
}
