import { cliError } from "../errors.ts"
import type { ServiceUnit } from "./systemd.ts"

/**
 * An agent of launchd, which starts it at login, and after a crash where it is to be started again.
 *
 * @param output the file that takes what it prints
 * @throws SporeError `bad_usage` for text that a property list cannot hold
 */
export function launchdPlist(label: string, { words, path, restarts }: ServiceUnit, output: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  ${text(label)}
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    ${text(word)}`).join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>PATH</key>
    ${text(path)}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
${restarts ? AFTER_FAILURE : "  <false/>"}
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  ${text(output)}
  <key>StandardErrorPath</key>
  ${text(output)}
</dict>
</plist>
`
}

const AFTER_FAILURE = `  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>`

function text(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\ufffe\uffff]/.test(value)) {
    throw cliError("bad_usage", `a property list cannot hold ${JSON.stringify(value)}`, {
      next: "use a folder without control characters in its name",
    })
  }
  return `<string>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</string>`
}
