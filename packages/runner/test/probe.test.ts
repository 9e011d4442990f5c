import { describe, expect, it } from "vitest"
import { createUnsandboxed, probeSandboxes } from "../src/index.ts"
import { installLine } from "../src/install-line.ts"
import { adviseBubblewrap, type HostFacts } from "../src/sandbox/bubblewrap/advice.ts"
import { runCanary } from "../src/sandbox/canary.ts"
import { describeIsolated } from "./isolated.ts"

const host: HostFacts = { installed: true, osRelease: "", appArmorRestricts: false, userNamespacesOff: false }

describe("the installing line", () => {
  it.each([
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', "sudo apt install bubblewrap"],
    ['NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n', "sudo apt install bubblewrap"],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', "sudo apt install bubblewrap"],
    ["NAME=Fedora Linux\nID=fedora\n", "sudo dnf install bubblewrap"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "sudo dnf install bubblewrap"],
    ["ID=arch\n", "sudo pacman -S bubblewrap"],
    ["ID=endeavouros\nID_LIKE=arch\n", "sudo pacman -S bubblewrap"],
    ["ID=void\n", "install the package bubblewrap"],
    ["", "install the package bubblewrap"],
  ])("for %j is %s", (osRelease, line) => {
    expect(installLine("bubblewrap", osRelease)).toBe(line)
  })
})

describe("the advice", () => {
  it.each<[string, Partial<HostFacts>, RegExp]>([
    ["bubblewrap is not installed", { installed: false, osRelease: "ID=debian" }, /apt install bubblewrap/],
    ["the sandbox failed: bwrap: Unknown option --disable-userns", {}, /0\.8 or newer/],
    ["the sandbox failed: bwrap: setting up uid map: Permission denied", { appArmorRestricts: true }, /AppArmor/],
    [
      "the sandbox failed: bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
      { appArmorRestricts: true },
      /AppArmor/,
    ],
    ["the sandbox failed: bwrap: Creating new namespace failed", { userNamespacesOff: true }, /sysctl/],
    ["the sandbox failed: bwrap: No permissions to create new namespace", {}, /container/],
  ])("on %j", (reason, facts, expected) => {
    expect(adviseBubblewrap(reason, { ...host, ...facts })).toMatch(expected)
  })

  it("is none where nothing is known to help", () => {
    expect(adviseBubblewrap("exit code 127", host)).toBeNull()
  })
})

describe.runIf(process.platform === "linux")("the canary", () => {
  it("sees that there is no wall where there is none", async () => {
    expect(await runCanary(createUnsandboxed())).toMatch(/it reads files of the host, .*it may make any system call/)
  })

  it("says what to install where bubblewrap is missing", async () => {
    const { sandbox, findings } = await probeSandboxes({ bwrapPath: "/usr/bin/spore-no-bwrap" })
    expect(sandbox).toBeNull()
    expect(findings).toMatchObject([
      { backend: "bubblewrap", ok: false },
      { backend: "container", ok: false },
    ])
    expect(findings[0]?.next).toMatch(/install/)
    expect(findings[1]?.reason).toMatch(/installed|image/)
  })

  it("does not take a program of that name for a sandbox", async () => {
    const { sandbox, findings } = await probeSandboxes({ bwrapPath: "/bin/true" })
    expect(sandbox).toBeNull()
    expect(findings[0]?.reason).toMatch(/sandbox/)
  })
})

describeIsolated("the canary in bubblewrap", () => {
  it("finds the wall in place", async () => {
    const { sandbox, findings } = await probeSandboxes()
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ backend: "bubblewrap", ok: true, reason: "", hardness: sandbox?.hardness })
    expect(sandbox).toMatchObject({ backend: "bubblewrap", isolated: true })
  })

  it("goes on to the other backends only where asked to", async () => {
    const { sandbox, findings } = await probeSandboxes({ all: true, image: "localhost/spore-no-such-image" })
    expect(sandbox?.backend).toBe("bubblewrap")
    expect(findings.map(({ backend, ok }) => [backend, ok])).toEqual([
      ["bubblewrap", true],
      ["container", false],
    ])
    expect(findings[1]).toMatchObject({ hardness: null })
    expect(findings[1]?.reason).not.toBe("")
  })
})
