import { spawn } from "node:child_process"

/** The platform's own program for opening a URL, which gets it as an argument: no shell reads it. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
}

/** Opens `url` in the user's browser; false where the platform has no program for that. */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  const [program, ...args] = OPENERS[platform] ?? ["xdg-open"]
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { shell: false, detached: true, stdio: "ignore" })
    child.once("error", () => resolve(false))
    child.once("spawn", () => {
      child.unref()
      resolve(true)
    })
  })
}
