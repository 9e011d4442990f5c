/** What a job may reach on macOS, by absolute and resolved paths. */
export interface SeatbeltPaths {
  /** Files and folders shown read-only. */
  readable: readonly string[]
  /** Folders that may be written to. */
  writable: readonly string[]
}

/** Where the keeper installs programs. Their settings and data, in `etc` and `var`, may hold secrets. */
const INSTALLED = ["/usr/local", "/opt/homebrew"]
/** The system itself: programs, libraries, and what they look up when they start. */
const SYSTEM = [
  ...below("/usr", ["bin", "lib", "libexec", "sbin", "share"]),
  "/bin",
  "/sbin",
  "/System",
  "/Library/Apple",
  "/Library/Developer/CommandLineTools",
  ...INSTALLED.flatMap((folder) => below(folder, ["bin", "Cellar", "lib", "opt", "share", "Frameworks"])),
]
const SYSTEM_FILES = [
  "/private/etc/localtime",
  "/private/var/db/timezone",
  "/private/var/db/dyld",
  "/dev/urandom",
  // Homebrew's Node does not start where these settings are there and cannot be read
  ...INSTALLED.map((folder) => `${folder}/etc/openssl@3/openssl.cnf`),
]
const DEVICES = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"]
const SERVICES = ["com.apple.system.opendirectoryd.libinfo", "com.apple.system.logger"]

/**
 * A profile for sandbox-exec: what is not allowed by name is refused. No network, no files of the user, no other
 * processes; macOS has no namespaces, so a job can still see that other processes exist.
 */
export function seatbeltProfile({ readable, writable }: SeatbeltPaths): string {
  const ancestors = [...new Set([...SYSTEM, ...SYSTEM_FILES, ...readable, ...writable].flatMap(foldersAbove))]
  return [
    "(version 1)",
    "(deny default)",
    "(allow process-fork)",
    "(allow signal (target same-sandbox))",
    "(allow process-info* (target same-sandbox))",
    "(allow sysctl-read)",
    `(allow mach-lookup ${SERVICES.map((name) => `(global-name ${quoted(name)})`).join(" ")})`,
    // programs look up each folder on the way to their files
    `(allow file-read-metadata ${[...ancestors, "/"].map(literal).join(" ")})`,
    `(allow file-read* ${[...SYSTEM, ...SYSTEM_FILES, ...readable, ...writable].map(subpath).join(" ")} ${literal("/")})`,
    `(allow process-exec* ${[...SYSTEM, ...readable, ...writable].map(subpath).join(" ")})`,
    `(allow file-write* ${writable.map(subpath).join(" ")})`,
    `(allow file-read* file-write-data ${DEVICES.map(literal).join(" ")})`,
    "(deny file-write-setugid)",
    "(deny network*)",
    "",
  ].join("\n")
}

function below(folder: string, names: readonly string[]): string[] {
  return names.map((name) => `${folder}/${name}`)
}

function subpath(path: string): string {
  return `(subpath ${quoted(path)})`
}

function literal(path: string): string {
  return `(literal ${quoted(path)})`
}

/** A string of the profile's language, a Scheme. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`
}

function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(1, -1)
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`)
}
