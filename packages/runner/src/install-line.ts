import { readFileSync } from "node:fs"

/** The line that installs a package on the system that this text of /etc/os-release describes. */
export function installLine(name: string, osRelease: string): string {
  const ids = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap(([, value = ""]) => value.split(" "))
  if (ids.some((id) => id === "debian" || id === "ubuntu")) return `sudo apt install ${name}`
  if (ids.some((id) => id === "fedora" || id === "rhel" || id === "centos")) return `sudo dnf install ${name}`
  if (ids.includes("arch")) return `sudo pacman -S ${name}`
  return `install the package ${name}`
}

/** The line that installs a package here, to be shown to people. */
export function installHere(name: string): string {
  if (process.platform === "darwin") return `brew install ${name}`
  try {
    return installLine(name, readFileSync("/etc/os-release", "utf8"))
  } catch {
    return installLine(name, "")
  }
}
