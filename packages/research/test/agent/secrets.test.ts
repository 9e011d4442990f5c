import { describe, expect, it } from "vitest"
import { createSecrets, secretsOf } from "../../src/agent/secrets.ts"
import { parseAgentCommand } from "../../src/agent/index.ts"

describe("secrets", () => {
  const secrets = createSecrets(["sk-0123456789abcdef", "sk-0123456789abcdef-longer", "short"])

  it("are masked, the longest first, and where the end cuts one off", () => {
    expect(secrets.mask("a sk-0123456789abcdef-longer b sk-0123456789abcdef c short")).toBe(
      "a [secret] b [secret] c short",
    )
    expect(secrets.mask("sk-0123456789abcde")).toBe("[secret]")
    expect([secrets.isIn("x=sk-0123456789abcdefy"), secrets.isIn("sk-0123456789 abcdef")]).toEqual([true, false])
  })

  it("are in a command too, but models are none", async () => {
    const key = "0123456789abcdef0123456789abcdef"
    const command = parseAgentCommand(`my-agent --api-key=${key} --model some/model-of-a-rather-long-name-0123456789`)
    expect(await secretsOf(command, {}, null)).toEqual([key])
  })
})
