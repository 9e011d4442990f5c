import { existsSync } from "node:fs"
import { join } from "node:path"
import { silentLogger } from "@spore/records"
import { makeEnv, temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { createTaskFolder, readTaskFolder, TASK_TEMPLATES, testTask } from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"

describeIsolated("the template", (sandbox) => {
  it.each(TASK_TEMPLATES)(
    "%s is a task that passes its test",
    async (template) => {
      if (template === "python" && !existsSync("/usr/bin/python3") && process.env["CI"] !== "true") return
      await using folder = await temporaryFolder()
      const root = join(folder.path, "task")
      await createTaskFolder({ template, folder: root, name: 'odd "name"' })
      const { package: taskPackage, files } = await readTaskFolder(root)
      expect(taskPackage.name).toBe('odd "name"')
      const report = await testTask({
        package: taskPackage,
        files,
        sandbox: sandbox(),
        env: makeEnv(),
        workDir: join(folder.path, "jobs"),
        log: silentLogger,
        runs: 2,
        cheatSeconds: 2,
      })
      expect(report.problems).toEqual([])
      expect(report).toMatchObject({ passed: true, judge: "separate", advice: [] })
    },
    180_000,
  )
})
