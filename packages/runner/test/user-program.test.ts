import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Cgroups } from "../src/sandbox/cgroups.ts"
import { createTemporaryFolder } from "../src/owned-folder.ts"
import { createUserPrograms, type UserProgram } from "../src/user-program/index.ts"

const found = await (async () => {
  await using folder = await createTemporaryFolder()
  return await createUserPrograms().viewProblem(folder.path)
})()
/** A shell script in a folder, with all rights. */
function createPlainProgram(folder: string, script: string): UserProgram {
  return {
    command: ["/bin/sh", "-c", script],
    cwd: folder,
    folder,
    env: { PATH: "/usr/bin:/bin" },
    limits: { wallSeconds: 60, memoryMb: 64, processes: 64, outputBytes: 1024 * 1024 },
    view: null,
  }
}

const skipped = found !== null && process.env["CI"] !== "true"

describe.runIf(process.platform === "linux")("a program of the keeper's own", () => {
  it("is put in its cgroup before it begins, and ended by it", async () => {
    const events: string[] = []
    await using folder = await createTemporaryFolder()
    const began = join(folder.path, "began")
    const cgroups: Cgroups = {
      hardness: { memory: "hard", processes: "hard", cpu: "hard" },
      create: ({ memoryMb }) => ({
        add: (pid) => void events.push(`add ${pid > 0} ${memoryMb} ${existsSync(began)}`),
        kill: () => void events.push("kill"),
        usage: () => ({ peakBytes: null, cpuSeconds: null, outOfMemory: null }),
        [Symbol.dispose]: () => void events.push("dispose"),
      }),
    }
    const program = createPlainProgram(folder.path, `: >'${began}'`)
    const result = await createUserPrograms({ cgroups }).run(program)
    expect(result).toMatchObject({ outcome: "ok", exitCode: 0 })
    expect(events).toEqual(["add true 64 false", "kill", "dispose"])
  })

  it("is not started where its cgroup cannot have it", async () => {
    await using folder = await createTemporaryFolder()
    const began = join(folder.path, "began")
    const cgroups: Cgroups = {
      hardness: { memory: "hard", processes: "hard", cpu: "hard" },
      create: () => ({
        add: () => {
          throw new Error("no room")
        },
        kill: () => undefined,
        usage: () => ({ peakBytes: null, cpuSeconds: null, outOfMemory: null }),
        [Symbol.dispose]: () => undefined,
      }),
    }
    const result = await createUserPrograms({ cgroups }).run(createPlainProgram(folder.path, `: >'${began}'`))
    expect(result).toMatchObject({ outcome: "infra", detail: "cannot put the job in its cgroup: no room" })
    expect(existsSync(began)).toBe(false)
  })

  it("is not waited for by a process that got away and holds its output", async () => {
    await using folder = await createTemporaryFolder()
    // without its mark, in a session of its own, its parent gone
    const script = `(env -i /usr/bin/setsid /bin/sleep 15 &) ; sleep 0.2`
    const began = performance.now()
    const result = await createUserPrograms({ cgroups: null }).run(createPlainProgram(folder.path, script))
    expect(result).toMatchObject({ outcome: "ok" })
    expect(performance.now() - began).toBeLessThan(14_000)
  })
})

describe.skipIf(process.platform !== "linux" || skipped)(
  `a view${skipped ? ` (skipped: ${found?.reason ?? ""})` : ""}`,
  () => {
    const run = async (program: UserProgram): Promise<string> => {
      const result = await createUserPrograms().run(program)
      return result.outputTail.trim()
    }

    it("keeps what is hidden so within what is shown", async () => {
      await using folder = await createTemporaryFolder()
      const shown = join(folder.path, "shown")
      const hidden = join(shown, "hidden")
      await mkdir(hidden, { recursive: true })
      await writeFile(join(shown, "open"), "open\n")
      await writeFile(join(hidden, "secret"), "secret\n")
      const script = `cat '${shown}/open' '${hidden}/secret'; echo x >'${shown}/new' && echo wrote; echo x >'${hidden}/new' && echo wrote`
      const view = { shown: [{ from: shown, to: shown, writable: false }], hidden: [hidden], cwd: "/" }
      const output = await run({ ...createPlainProgram(folder.path, script), view })
      expect(output.startsWith("open\n")).toBe(true)
      expect(output).not.toMatch(/^(secret|wrote)$/m)
    })

    it("shows what is given where it is wanted, parents first, and nothing else of the disk", async () => {
      await using folder = await createTemporaryFolder()
      const [outer, inner] = [join(folder.path, "outer"), join(folder.path, "inner")]
      await mkdir(join(outer, "sub"), { recursive: true })
      await mkdir(inner)
      const view = {
        shown: [
          { from: inner, to: "/work/sub", writable: false },
          { from: outer, to: "/work", writable: true },
        ],
        hidden: [],
        cwd: "/work",
      }
      const script = `pwd; echo a >a && echo wrote; echo b >sub/b && echo wrote; ls -d '${folder.path}' /root /home /etc/shadow 2>/dev/null`
      const output = await run({ ...createPlainProgram(folder.path, script), view })
      expect(output.split("\n").filter((line) => !line.includes("sub/b"))).toEqual(["/work", "wrote"])
    })

    it("gives no right that its user has outside", async () => {
      await using folder = await createTemporaryFolder()
      const script = `grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; [ -w /proc/sys/vm/swappiness ] && echo writable; ls /proc | grep -c '^[0-9]'`
      const output = await run({
        ...createPlainProgram(folder.path, script),
        view: { shown: [], hidden: [], cwd: "/" },
      })
      expect(output).toMatch(/^CapEff:\s+0+\nNoNewPrivs:\s+1\n[1-9]$/)
    })
  },
)
