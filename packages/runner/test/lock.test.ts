import { describe, expect, it } from "vitest"
import { formatLock, parseLock } from "../src/environment/lock.ts"

const A = "a".repeat(64)
const B = "b".repeat(64)

describe("a lock file", () => {
  it("is packages pinned by version and hash, however they are written", () => {
    const text = [
      "# made by a tool",
      "",
      "Typing_Extensions==4.12.2 \\",
      `    --hash=sha256:${B} \\`,
      `    --hash=sha256:${A}`,
      "    # via torch",
      `numpy == 1.26.4 ; python_version >= "3.9" and python_version < "3.13" --hash=sha256:${A} # pinned`,
      `uvicorn[standard]==0.30.0 --hash=sha256:${A}`,
    ].join("\r\n")
    const packages = parseLock(text)
    expect(packages).toEqual([
      { name: "numpy", version: "1.26.4", marker: 'python_version >= "3.9" and python_version < "3.13"', hashes: [A] },
      { name: "typing-extensions", version: "4.12.2", marker: "", hashes: [A, B] },
      { name: "uvicorn", version: "0.30.0", marker: "", hashes: [A] },
    ])
    expect(parseLock(formatLock(packages))).toEqual(packages)
  })

  it("may be empty", () => {
    expect(parseLock("# nothing\n\n")).toEqual([])
    expect(formatLock([])).toBe("")
  })

  it.each([
    ["numpy==1.26.4", "no --hash"],
    [`numpy>=1.26 --hash=sha256:${A}`, "expected NAME==VERSION"],
    [`numpy --hash=sha256:${A}`, "expected NAME==VERSION"],
    [`numpy==1.* --hash=sha256:${A}`, "expected NAME==VERSION"],
    ["numpy==1.26.4 --hash=md5:d41d8cd98f00b204e9800998ecf8427e", "is no --hash"],
    [`numpy==1.26.4 --hash=sha256:${A.toUpperCase()}`, "is no --hash"],
    [`numpy==1.26.4 --hash=sha256:${A} --global-option=x`, "is no --hash"],
    [`numpy==1.26.4 --hash=sha256:${A} --config-settings=x`, "is no --hash"],
    [`numpy @ https://example.org/numpy.whl --hash=sha256:${A}`, "expected NAME==VERSION"],
    [`https://example.org/numpy.whl --hash=sha256:${A}`, "expected NAME==VERSION"],
    [`git+https://example.org/numpy --hash=sha256:${A}`, "expected NAME==VERSION"],
    [`./numpy.whl --hash=sha256:${A}`, "expected NAME==VERSION"],
    [`/tmp/numpy.whl --hash=sha256:${A}`, "expected NAME==VERSION"],
    ["-e .", "expected NAME==VERSION"],
    ["--editable .", "expected NAME==VERSION"],
    ["-r other.txt", "expected NAME==VERSION"],
    ["-c other.txt", "expected NAME==VERSION"],
    ["--index-url https://example.org/simple", "expected NAME==VERSION"],
    ["--extra-index-url=https://example.org/simple", "expected NAME==VERSION"],
    ["--find-links /tmp", "expected NAME==VERSION"],
    ["--trusted-host example.org", "expected NAME==VERSION"],
    ["--no-binary :all:", "expected NAME==VERSION"],
    ["-i https://example.org/simple", "expected NAME==VERSION"],
    [`numpy==1.26.4 \\\n--index-url https://example.org --hash=sha256:${A}`, "is no --hash"],
    [`numpy==1.26.4 --hash=sha256:${A} \\`, "after the end"],
    [`foo==1.0 ; python_version > "3" -r evil --hash=sha256:${A}`, "an option of pip"],
    [`foo==1.0 ; python_version > "3" -revil --hash=sha256:${A}`, "an option of pip"],
    [`foo==1.0 ; -e . --hash=sha256:${A}`, "an option of pip"],
    [`foo==1.0 ;-e . --hash=sha256:${A}`, "an option of pip"],
    [`foo==1.0 ; python_version > "3" -fC --hash=sha256:${A}`, "an option of pip"],
    [`foo==1.0 ; python_version > "3" \\\n-c evil --hash=sha256:${A}`, "an option of pip"],
    [`foo==1.0 ; python_version > "3"\t-i x --hash=sha256:${A}`, "an option of pip"],
    [`\${NAME}==1 --hash=sha256:${A}`, "expected NAME==VERSION"],
  ])("with %j is refused", (text, reason) => {
    expect(() => parseLock(`# first\n${text}`)).toThrow(expect.objectContaining({ code: "lock_refused" }))
    expect(() => parseLock(`# first\n${text}`)).toThrow("line 2: ")
    expect(() => parseLock(text)).toThrow(reason)
  })

  it("has bounds", () => {
    const many = Array.from({ length: 513 }, (_, index) => `p${index}==1 --hash=sha256:${A}`).join("\n")
    expect(() => parseLock(many)).toThrow("more than 512 packages")
    expect(() => parseLock("#".repeat(600_000))).toThrow("bytes")
  })
})
